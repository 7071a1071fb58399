"""Flip points against closed forms, and against re-solves on a grid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from memo_cases import alive, ends_of, named, starts
from portfolio_cases import HOURS, chip, loaded, tree
from sensitivity_cases import shop, source, spread

import fabopt
from fabopt.analysis.memo.flips import CHOKE, Search, flips
from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.signable import Signable
from fabopt.analysis.memo.tracks import Flips, instead
from fabopt.analysis.memo.weighing import Line, Scales
from fabopt.analysis.replan import Again
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.analysis.sensitivity.verb import tornado_of
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.solve.budget import TimeBudget
from fabopt.solve.matrices import program_of
from fabopt.solve.perturbation import held
from fabopt.solve.session import HighsSession, SolverError

approx = pytest.approx
INSTANCES = Path(__file__).parents[2] / "instances"
A, B = "accelerators:lab:a", "accelerators:lab:b"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A full site of 100 thousand: chip a costs 10,000 USD to make, its rival of the same speed 14,000."""
    result = loaded(tree(b=chip(14_000, 28_000)), tmp_path_factory.mktemp("two")).solve(gap=0.0)
    return ends_of(alive(result))


def asked(ends, *paths, tolerance=0.0, seconds=60.0, workers=1, **more):
    plan = ends.plan
    who, rival = starts(plan, A, "deploy:a:site"), starts(plan, B, "deploy:b:site")
    search = Search(tolerance, TimeBudget(seconds), workers)
    return flips(ends, named(ends.numbers, *paths), [who], search=search, others=[rival], **more)


def found_of(found, path):
    return Flips(tuple(flip for flip in found.found if flip.path == path), found.left_out)


def one(found, recommendation=A):
    (flip,) = [flip for flip in found.found if flip.recommendation == recommendation]
    return flip


def test_the_cheaper_chip_is_bought_until_it_costs_what_its_rival_does(two):
    """Made for 9,000 + 1,000 USD; at 13,000 + 1,000 the rival is as good: beyond its range of 6,300 to 11,700."""
    flip = one(asked(two, "chips.a.assembly_cost"))
    assert flip.at.value == approx(13_000, rel=1e-5)
    assert flip.at.low <= 13_000 <= flip.at.high
    assert flip.at.high - flip.at.low <= 0.01 * 9_000 + 1e-9
    assert (flip.range_low, flip.range_high) == (approx(6_300), approx(11_700))
    assert not flip.inside
    assert flip.distance.value == approx((13_000 - 11_700) / 9_000, rel=1e-5)
    assert flip.to == B
    assert flip.searched == (approx(900), flip.at.high)
    assert (flip.now.value, flip.now.unit_text, flip.recommendation_name) == (9_000, "USD/package", "a")


def test_a_rival_that_falls_to_the_same_cost_turns_it_too(two):
    flip = one(asked(two, "chips.b.assembly_cost"))
    assert flip.at.value == approx(9_000, rel=1e-5)
    assert flip.distance.value == approx((13_000 * 0.7 - 9_000) / 13_000, rel=1e-3)
    assert flip.to == B


def test_a_turn_within_its_range_is_said_to_be_inside(two, tmp_path):
    """The rival costs 11,000: chip a turns at 11,000 too, where its parts but for the die cost 10,000 of 9,000."""
    result = loaded(tree(b=chip(11_000, 28_000)), tmp_path).solve(gap=0.0)
    flip = one(asked(ends_of(alive(result)), "chips.a.assembly_cost"))
    assert flip.at.value == approx(10_000, rel=1e-5)
    assert flip.inside
    assert flip.distance.value == approx((10_000 - 11_700) / 9_000, rel=1e-5)


def test_a_kink_on_the_way_is_followed(two):
    """At an hour's value v both earn 8,766 v: below 14,000 the rival is nothing, and a alone is until 10,000."""
    flip = one(asked(two, "demand_curve.reference_price"))
    assert flip.at.low <= 10_000 / HOURS <= flip.at.high
    assert flip.at.value == approx(10_000 / HOURS, rel=1e-5)
    assert flip.to == ""


def test_a_number_in_the_coefficients_turns_it(two):
    """With p times the speed the rival is worth 17,532 p - 14,000: as good as 7,532 at p = 21,532 / 17,532."""
    flip = one(asked(two, "chips.b.performance.work"))
    assert flip.at.value == approx(21_532 / 17_532, rel=1e-5)


def test_a_tolerance_turns_it_earlier(two):
    """100 thousand at 14,000 - 1,000 - c USD each: 100 million dollars are left at c = 12,000."""
    flip = one(asked(two, "chips.a.assembly_cost", tolerance=100.0))
    assert flip.at.value == approx(12_000, rel=1e-5)


def test_what_does_not_turn_says_how_far_it_was_searched(two):
    """Power scales both alike; no chip without any, but a tenth of it is left."""
    flip = one(asked(two, "sites.site.power"))
    assert flip.at is None
    assert flip.distance is None
    assert flip.searched == (approx(10), approx(1000))


def test_a_signature_that_rests_on_too_little_is_not_searched(two):
    found = asked(two, "chips.a.assembly_cost", tolerance=401.0)  # it is 100 thousand times 4,000 USD
    assert not [flip for flip in found.found if flip.recommendation == A]
    assert [(left.recommendation, left.why) for left in found.left_out] == [(A, "slight")]


def test_without_time_nothing_is_said_but_that(two):
    found = asked(two, "chips.a.assembly_cost", seconds=0.0)
    assert found.found == ()
    assert {(left.path, left.recommendation, left.why) for left in found.left_out} == {
        ("chips.a.assembly_cost", A, "time"),
        ("chips.a.assembly_cost", CHOKE, "time"),
    }


def test_a_number_that_moves_nothing_turns_nothing(two):
    """Between parties of one system a price is a transfer."""
    found = asked(two, "demand_curve.elasticity", "chips.b.price")
    assert all(flip.at is None for flip in found.found)
    assert one(found_of(found, "chips.b.price")).searched == (approx(2_800), approx(280_000))


# -- the choke point ---------------------------------------------------------------------------------------------------

LINE, WANTED = "network.resources.line.capacity", "network.demands.shop.quantity"


@pytest.fixture(scope="module")
def goods(tmp_path_factory):
    """Six can be made, ten are wanted: the line holds back up to ten, the customer from there on."""
    folder = shop(tmp_path_factory.mktemp("shop"), line=spread(6, 3, 12), wanted=spread(10, 9, 11))
    return source(folder)


@pytest.mark.parametrize("with_tornado", [False, True])
def test_the_choke_point_turns_where_both_limits_meet(goods, with_tornado):
    ends = ends_of(goods)
    found = flips(
        ends,
        named(ends.numbers, LINE, WANTED),
        [],
        search=Search(budget=TimeBudget(60)),
        tornado=tornado_of(goods, TornadoOptions()) if with_tornado else None,
    )
    line, wanted = found.found
    assert (line.path, line.recommendation, line.recommendation_name) == (LINE, CHOKE, "line")
    assert line.at.low <= 10 <= line.at.high
    assert line.at.high - line.at.low <= 0.01 * 6 + 1e-9
    assert line.inside
    assert line.to == "shop (demand)"
    assert (wanted.path, wanted.inside) == (WANTED, False)
    assert wanted.at.low <= 6 <= wanted.at.high
    assert wanted.to == "shop (demand)"


def test_a_turn_that_the_tornado_knows_is_told_as_far_as_the_time_allows(goods):
    ends, tornado = ends_of(goods), tornado_of(goods, TornadoOptions())
    found = flips(ends, named(ends.numbers, LINE), [], search=Search(budget=TimeBudget(0)), tornado=tornado)
    (flip,) = found.found
    assert (flip.at.low, flip.at.high, flip.to) == (6, 12, "shop (demand)")
    assert [(left.recommendation, left.why) for left in found.left_out] == [(CHOKE, "time")]


def test_what_no_plan_does_without_turns_only_where_one_does(tmp_path):
    """At least three goods must be delivered from what is made: without making any there is no plan at all."""
    text = (shop(tmp_path) / "instance.yaml").read_text().replace("value: 5", "value: 5, required: true")
    (tmp_path / "instance.yaml").write_text(text.replace("capacity: 6", "capacity: 12"))
    ends = ends_of(source(tmp_path))
    who = starts(ends.plan, "accelerators:make", "make")
    found = flips(ends, named(ends.numbers, "network.demands.shop.value"), [who], search=Search())
    flip = one(found, "accelerators:make")
    assert flip.at is None
    assert flip.searched == (approx(0.5), approx(50))


def test_where_no_limit_alone_holds_back_there_is_no_choke_point_to_turn(tmp_path):
    """As many can be made as are wanted: neither more places nor more customers earn anything alone."""
    ends = ends_of(source(shop(tmp_path, line=spread(10, 8, 12))))
    assert ends.choke == ""
    assert flips(ends, named(ends.numbers, LINE), [], search=Search()) == Flips((), ())


def test_where_the_solver_gives_up_nothing_is_said(two, monkeypatch):
    def gives_up(self, data, who, choke):
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(Scales, "at", gives_up)
    found = asked(two, "chips.a.assembly_cost")
    assert found.found == ()
    assert {left.why for left in found.left_out} == {"no plan"}


def test_where_time_ends_a_program_nothing_is_said_of_the_worth(two, monkeypatch):
    """A program that time ended has no plan, but that is no proof that there is none."""
    now = [0.0]
    budget = TimeBudget(60.0, clock=lambda: now[0])
    ends, solve = Ends(two.numbers, two.plan, budget=budget), Scales.at
    who = [starts(two.plan, A, "deploy:a:site")]
    search = Search(budget=budget)
    assert flips(ends, named(ends.numbers, "chips.a.assembly_cost"), who, search=search).found
    ends = Ends(two.numbers, two.plan, budget=budget)  # what was asked before is known without any time

    def late(self, data, who, choke):
        now[0] = 61.0
        return solve(self, data, who, choke)

    monkeypatch.setattr(Scales, "at", late)
    found = flips(ends, named(ends.numbers, "chips.a.assembly_cost"), who, search=search)
    assert found.found == ()
    assert {left.why for left in found.left_out} == {"time"}


LOTS = """
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {a: {}}
  resources: {line: {capacity: 10}}
  activities: {make: {outputs: {a: 1}, uses: {line: 1}}}
  units: {tool: {cost: 1, upper: 4, whole: false, adds: {line: 1}}}
  whole_groups: {pairs: {lot: 2, terms: [{unit: tool}]}}
  demands: {a: {quantity: 12, value: 3}}
"""


def test_what_is_ordered_in_lots_with_others_can_be_done_without(tmp_path):
    """Two tools for 1 each let two more be sold at 3 each; they are ordered in pairs, whose number is an integer."""
    (tmp_path / "instance.yaml").write_text(LOTS, encoding="utf-8")
    source = fabopt.load(tmp_path / "instance.yaml").solve(gap=0.0).plan
    plan, tool = source.solved, Signable("tool", "capacity", "", "tool", "lab", units=("tool",))
    losses, _ = Scales(Ends(numbers_of(source), plan)).now([tool.never(plan, "Tool")])
    assert losses == {"tool": approx(4.0)}
    again = Again(plan, whole=False)
    assert again.base - again.value(tool.forbidden(plan, None)).value == approx(4.0)


@pytest.mark.parametrize(
    ("at", "points"),
    [(100, [100, 40]), (110, [110, 45]), (70, [70, 36]), (120, [120, 50]), (240, [240, 100]), (35, [35, 18])],
)
def test_a_series_moves_by_shares_within_its_range_and_in_proportion_beyond(tmp_path, at, points):
    raw = tree()
    ranged = {"2027": {"value": 100, "low": 70, "high": 120}, "2028": {"value": 40, "low": 36, "high": 50}}
    raw["horizon"] |= {"periods": 2}
    raw["sites"]["site"]["power"] = {"steps": ranged}
    numbers = numbers_of(alive(loaded(raw, tmp_path).solve()))
    moved = Line(numbers, numbers["sites.site.power"], 10.0).data(at)
    assert [point.value for point in moved.sites["site"].power.points] == approx(points)


# -- against a grid ----------------------------------------------------------------------------------------------------


def losses(result, columns, lever, factor):
    """What the tutorial loses without a signature where a lever is scaled: two programs solved from nothing."""
    data = fabopt.load(INSTANCES / "tutorial", set={lever: f"*{factor}"}).data
    tables = model_tables(lower(data, "tutorial"))
    program = held(program_of(tables), result.solved.x)
    upper = program.column_upper.copy()
    upper[columns] = 0.0
    with_it, without = (
        HighsSession(p, threads=1).solve().objective for p in (program, replace(program, column_upper=upper))
    )
    return None if with_it is None else np.inf if without is None else with_it - without


@pytest.fixture(scope="module")
def tutorial():
    return alive(fabopt.load(INSTANCES / "tutorial").solve(threads=1))


LEVERS = (
    "chips.falcon.performance.training",
    "chips.osprey.price",
    "packaging_lines.bridgeworks.capacity",
    "demand_curve.reference_price",
    "labs.aurora.budget",
    "sites.plains.power",
)


@pytest.mark.slow
def test_a_grid_of_re_solves_finds_the_same_turns(tutorial):
    ends, tolerance = ends_of(tutorial), 20.0
    who = {
        f"accelerators:aurora:{c}": starts(ends.plan, f"accelerators:aurora:{c}", f"deploy:{c}:plains")
        for c in ("falcon", "slate")
    }
    found = flips(ends, named(ends.numbers, *LEVERS), list(who.values()), search=Search(tolerance, TimeBudget(120), 2))
    signed = [flip for flip in found.found if flip.recommendation in who]
    assert len(signed) == len(who) * len(LEVERS)
    turns = 0
    for flip in signed:
        at, now = flip.at, flip.now.value
        for value in np.linspace(*flip.searched, 7).tolist():
            if at is not None and at.low <= value <= at.high:
                continue
            turned = at is not None and (value > at.value) == (at.value > now)
            loss = losses(tutorial, who[flip.recommendation].columns, flip.path, value / now)
            assert loss is not None
            assert (loss <= tolerance) == turned, (flip, value, loss)
        if at is not None:  # the two values that enclose it
            turns += 1
            near, far = (at.low, at.high) if at.value > now else (at.high, at.low)
            assert losses(tutorial, who[flip.recommendation].columns, flip.path, near / now) > tolerance
            assert losses(tutorial, who[flip.recommendation].columns, flip.path, far / now) <= tolerance * (1 + 1e-6)
    assert turns == 2


@pytest.mark.slow
def test_workers_change_no_answer(tutorial):
    ends = ends_of(tutorial)
    who = [starts(ends.plan, "accelerators:aurora:slate", "deploy:slate:plains")]
    answers = [flips(ends, named(ends.numbers, *LEVERS), who, search=Search(0.0, TimeBudget(120), n)) for n in (1, 3)]
    assert answers[0] == answers[1]


# -- large programs ----------------------------------------------------------------------------------------------------


def test_a_large_program_is_searched_only_to_where_the_worth_falls(two, monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    found = asked(two, "chips.a.assembly_cost", "chips.b.price")
    flip = one(found)  # a lower cost makes it worth more, and a price moves nothing
    assert flip.at.value == approx(13_000, rel=1e-5)
    assert flip.searched == (9_000, flip.at.high)
    level = [(left.path, left.why) for left in found.left_out if left.recommendation == A]
    assert level == [("chips.b.price", "level")]


def test_where_other_decisions_are_possible_nothing_is_weighed(tmp_path):
    """A lead of no time or of a year: other shipments are possible, which no forbidden column speaks of."""
    raw = tree(b=chip(14_000, 28_000))
    raw["horizon"] |= {"periods": 3}
    for one_ in raw["chips"].values():
        one_["installation_lead"] = 12
    ends = ends_of(alive(loaded(raw, tmp_path).solve(gap=0.0)))
    found = asked(ends, "chips.a.installation_lead")
    assert (A, "structure") in {(left.recommendation, left.why) for left in found.left_out}


def test_what_takes_its_place_is_of_the_same_kind():
    a, b, c = (Forbidden(id, "", id.partition(":")[0], np.array([k])) for k, id in enumerate((A, B, "power:lab:site")))
    for unit in (1e-8, 1.0, 1e8):
        before, after = np.array([5.0, 0.0, 0.0]) * unit, np.array([0.0, 3.0, 9.0]) * unit
        nothing = np.full(3, 1e-6 * unit)
        assert instead(A, [a, b, c], before, after, nothing) == B
        assert instead(A, [a, c], before, after, nothing) == ""
        assert instead(A, [a, b], before, before, nothing) == ""
        assert instead(A, [a, b], before, before + 1e-7 * unit, nothing) == ""
