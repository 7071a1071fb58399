"""The sentence from records made by hand: its words, its numbers with unit and origin, what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fabopt.analysis.choke.lead import AfterLead
from fabopt.analysis.choke.owners import (
    BUILD,
    ORDER,
    WAIT,
    Rent,
    controlled_by,
    instrument,
    next_unit,
    rent,
    rent_by_owner,
)
from fabopt.analysis.choke.records import (
    CascadeStep,
    Certified,
    Draws,
    Joint,
    LimitRecord,
    Marginal,
    Owner,
    Stability,
    State,
    Step,
    Study,
    StudyInfo,
)
from fabopt.analysis.choke.sentence import Name, Number, sentence
from fabopt.analysis.choke.timeline import Episode
from fabopt.report.choke import choke_report, limit_table, written
from fabopt.report.choke_method import grouped

PERIODS = tuple(f"2027Q{q}" for q in range(1, 5))
INFO = StudyInfo(
    instance="chips", objective="value", money="M USD", value_lo=14_213.2, value_hi=14_213.2, status="optimal",
    solver="HiGHS", version="1", seed=0, threads=2, seconds=1.0, periods=PERIODS, first_counted="2027Q1",
    last_counted="2027Q4", excluded="", held_from="the optimal plan of chips", data_hash="abc",
)  # fmt: skip
# The numbers of the synthetic chip program of the method: HBM gains 402 to 404 at +10 %, 2,249 lifted; 48 % survives.
HBM = LimitRecord(
    id="capacity:hbm", label="HBM stacking", unit="kstack", kind="physical", family="capacity", owner="memory makers",
    stage="memory", region="", relaxable=True, state=State("binding", 1.0, 0.9, 19, 24, 0.0),
    marginals=(Marginal("integers held", 50.49, 50.49, 0.0495, 0.0495),),
    steps=(Step("+10 %", 2.0, 403.0, Certified(402.0, 404.0, "proven positive", "r7")),),
    episodes=(Episode(0, 2, 1.0),), relief=AfterLead("line", 2, 403.0, 193.0, 1, False),
    handling=Owner("memory maker", ORDER, 120.0, 2, "2027Q3", Rent(900.0, 950.0)),
    stability=Stability(1.0, 1.0, 400.0, 431.0, 646.0), runs=("r7",),
)  # fmt: skip
COWOS = replace(HBM, id="capacity:cowos", label="CoWoS", owner="foundry", steps=(Step("+10 %", 1.0, 134.0),))
STUDY = Study(
    info=INFO,
    limits=(HBM, COWOS),
    cascade=(
        CascadeStep(1, ("HBM stacking",), 14_213.2, 16_462.2, 2_249.0, 120.0, 2),
        CascadeStep(2, ("N3",), 16_462.2, 20_894.2, 1_247.0, None, None),
        CascadeStep(3, ("CoWoS",), 20_894.2, 24_630.2, 527.0, None, None),
    ),
    joint=(
        Joint(
            "+25 %",
            3_553.3,
            (("HBM stacking", "CoWoS"),),
            (("HBM stacking",), ("CoWoS", "N3")),
            True,
            ("HBM stacking", "CoWoS", "N3"),
            "certified",
            (True, True),
        ),
    ),
    draws=Draws(40, 40, 0, None),
)


def test_the_sentence_says_what_the_records_say() -> None:
    assert written(sentence(STUDY)) == (
        "HBM stacking (memory makers) is the choke point from 2027Q1 to 2027Q3: ordering 10 % more adds 403 M USD "
        "(2.84 %), proven to lie between 402 and 404. With it lifted, N3 binds next (4,432 M USD more), then CoWoS. "
        "Without it the other 2 limits searched do not reach +25 % even together. It reaches +25 % only together with "
        "CoWoS. Ordered today it takes effect in 2027Q3 and still earns 193 M USD, 47.89 % of what it would earn now, "
        "for about 120 M USD; order by 2027Q2. First in 40 of 40 draws of the data. The value of one thousand more "
        "stacks of HBM stacking in each period from 2027Q1 to 2027Q4, 50.5 M USD, holds for the next 0.0495 thousand "
        "stacks only."
    )


def test_every_number_has_an_origin_and_a_unit_where_it_has_one() -> None:
    numbers = sentence(STUDY).numbers
    assert len(numbers) == 12
    assert all(number.origin for number in numbers)
    assert {n.unit for n in numbers} == {"M USD", "", "kstack"}
    assert any("r7" in number.origin for number in numbers)


def test_names_are_parts_of_their_own_and_lose_control_characters_in_text() -> None:
    odd = replace(HBM, label="HBM\x1b[31m")
    found = sentence(replace(STUDY, limits=(odd,), cascade=(), joint=()))
    assert Name("HBM\x1b[31m") in found.parts
    assert "\x1b" not in written(found)


def test_only_a_certified_interval_is_called_proven() -> None:
    plain = replace(HBM, steps=(Step("+10 %", 2.0, 403.0),))
    wide = replace(HBM, steps=(Step("+10 %", 2.0, 403.0, Certified(0.0, 900.0, "undecided", "r1")),))
    exact = replace(HBM, steps=(Step("+10 %", 2.0, 403.0, Certified(403.0, 403.0, "proven positive", "r1")),))
    texts = [written(sentence(replace(STUDY, limits=(r,), joint=()))) for r in (plain, wide, exact)]
    assert "proven" not in texts[0]
    assert "proven" not in texts[1]
    assert "certified only as at most 900" in texts[1]
    assert "proven exactly" in texts[2]


def test_what_blocks_only_with_the_whole_numbers_held_is_not_called_more() -> None:
    (joint,) = STUDY.joint
    held = replace(joint, basis="integers held", proven=(False, True))
    text = written(sentence(replace(STUDY, joint=(held,))))
    assert "do not reach +25 % even together, this plan's integers held." in text
    assert "even together." in written(sentence(replace(STUDY, joint=(replace(held, proven=(True, True)),))))


def test_relief_that_comes_too_late_and_relief_that_nobody_sells_are_said() -> None:
    late = replace(HBM, relief=AfterLead("line", 9, 403.0, 0.0, None, True))
    none = replace(HBM, relief=AfterLead("", None, 403.0, None, None, False))
    assert "too late to earn anything (not before 2027Q3)" in written(sentence(replace(STUDY, limits=(late,))))
    assert "Nothing in the data can be ordered to relieve it." in written(sentence(replace(STUDY, limits=(none,))))


def test_a_plan_that_nothing_holds_back_says_so_and_alone_unless_sets_were_searched() -> None:
    idle = replace(HBM, steps=(Step("+10 %", 2.0, 0.0),))
    alone = written(sentence(replace(STUDY, limits=(idle,), joint=())))
    both = written(sentence(replace(STUDY, limits=(idle,), joint=(Joint("any gain", 0.1, (), ((),), True),))))
    assert alone.endswith("alone.")
    assert both.endswith("alone, nor lifted together.")


def test_the_gain_that_ranks_is_the_plans_and_the_relaxations_only_where_the_plan_can_make_nothing_of_it() -> None:
    slot = Step("+10 %", 1.0, 0.0, None, 77.0)
    assert (slot.gain, Step("+10 %", 1.0, 5.0, None, 77.0).gain) == (77.0, 5.0)
    assert Step("+10 %", 1.0, 0.0, Certified(0.0, 60.0, "undecided", ""), 77.0).gain == 60.0
    assert Step("+10 %", 1.0, 0.0, Certified(0.0, 1e-9, "proven zero", ""), 77.0).gain == 0.0
    record = replace(HBM, steps=(slot,))
    assert record.gain_basis == "relaxation"
    assert "77.0*" in limit_table(replace(STUDY, limits=(record,)), 5).rows[0]


def test_lines_stay_within_100_columns() -> None:
    assert max(map(len, choke_report(STUDY).lines())) <= 100


def test_html_escapes_names() -> None:
    sly = replace(HBM, label="<script>alert(1)</script>")
    page = choke_report(replace(STUDY, limits=(sly,)))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_what_was_not_explored_is_put_together_by_its_kind() -> None:
    told = grouped(["finite steps of A", "finite steps of B", "the cascade", "finite steps of C"])
    assert told == ["finite steps of A and 2 more", "the cascade"]


@pytest.mark.parametrize(
    ("kind", "family", "relaxable", "levers", "name"),
    [
        ("physical", "capacity", True, ["order"], "order"),
        ("physical", "capacity", True, ["build"], "build"),
        ("physical", "capacity", True, ["qualification"], "qualification"),
        ("physical", "capacity", True, [], "agreement"),
        ("physical", "order", True, [], "prepay"),
        ("physical", "group_limit", True, [], "redesign"),
        ("physical", "synchronised_load", True, [], "redesign"),
        ("contract", "group_limit", True, [], "agreement"),
        ("policy", "group_limit", True, [], "rule"),
        ("demand", "demand", True, [], "agreement"),
        ("cash", "budget", True, [], "budget"),
        ("law", "group_limit", True, [], "wait"),
        ("physical", "capacity", False, ["order"], "wait"),
    ],
)
def test_the_instrument_follows_from_kind_family_and_levers(
    kind: str, family: str, relaxable: bool, levers: list[str], name: str
) -> None:
    assert instrument(kind, family, relaxable, levers).name == name


def test_what_nobody_controls_has_no_influence() -> None:
    assert controlled_by("physical", "lithography", "anybody") == "tool maker"
    assert controlled_by("law", "site", "anybody") == "regulator"
    assert controlled_by("physical", "lithography", "anybody", relaxable=False) == "nobody"
    assert controlled_by("physical", "", "") == "nobody"
    assert (WAIT.influence, BUILD.influence) == (0, 3)


def test_rent_is_price_times_use_both_ways_and_adds_up_by_owner() -> None:
    import numpy as np

    found = rent(np.array([1.0, 2.0]), np.array([1.5, 2.0]), np.array([10.0, 5.0]))
    assert found == Rent(20.0, 25.0)
    total = rent_by_owner([("a", found), ("", found), ("b", Rent(0.0, 0.0)), ("a", Rent(1.0, 2.0))])
    assert total == (("a", Rent(21.0, 27.0)),)


def test_who_gets_the_next_unit_is_the_difference_of_two_plans() -> None:
    import numpy as np

    from fabopt.network.tables import Demand, Tags, ValueStep

    def demand(id: str, who: str, value: float) -> Demand:
        two = np.ones(2)
        return Demand(id, id, "chip", 9 * two, (ValueStep(9 * two, value * two),), Tags(customer=who), weight=2.0)

    demands = [demand("a1", "lab a", 10.0), demand("a2", "lab a", 1.0), demand("b", "lab b", 5.0)]
    before = [np.zeros((1, 2)), np.ones((1, 2)), np.full((1, 2), 3.0)]
    after = [np.array([[1.0, 2.0]]), np.zeros((1, 2)), np.array([[3.0, 1.0]])]
    found = next_unit(demands, before, after, np.array([1.0, 0.5]))
    # lab a: 10 * (1 + 2 / 2) - 1 * (1 + 1 / 2) = 18.5, and 2 * (3 - 2) of compute; lab b: -5 * 2 / 2.
    assert [(s.customer, s.value, s.amount) for s in found] == [("lab a", 18.5, 2.0), ("lab b", -5.0, -4.0)]


def test_numbers_are_written_with_their_units() -> None:
    assert written(type(sentence(STUDY))((Number(0.5, "", "x", "share"),))) == "50.00 %"
