"""Wherever a price is told it says of what one unit is worth that, in the words of the family, with unit and period."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from pandas import DataFrame

from fabopt.analysis.choke.records import LimitRecord, Marginal, State, Step, Study, StudyInfo
from fabopt.analysis.choke.sentence import sentence
from fabopt.analysis.explain.records import Gain, NextUnit
from fabopt.model.limits import BOUNDS
from fabopt.model.registry import FAMILIES
from fabopt.model.sums import SUMS
from fabopt.model.words import priced, record_of
from fabopt.report.answer import _holds_back, _obliges
from fabopt.report.choke import step_table, written
from fabopt.report.explain import next_sentence

LIMITS = [f.name for f in FAMILIES if f.soft and f.name != "target"] + [
    f.name for f in (*SUMS.values(), *BOUNDS) if not f.soft
]
INFO = StudyInfo(
    instance="", money="M USD", objective="value", value_lo=1.0, value_hi=1.0, status="optimal", solver="", version="",
    seed=0, threads=1, seconds=0.0, periods=("P1", "P2"), first_counted="P1", last_counted="P2", excluded="",
    held_from="", data_hash="",
)  # fmt: skip


def test_the_families_are_all_that_have_limits():
    assert {"capacity", "order", "survival", "programme", "budget", "policy_share"} <= set(LIMITS)
    assert len(set(LIMITS)) == len(LIMITS)


@pytest.mark.parametrize("family", LIMITS)
def test_a_sentence_says_one_unit_of_what_and_when(family):
    more = priced(family, "Name", "kt", "P1", "P2")
    assert more.count("one more kt") == more.count("Name") == 1
    assert "each period from P1 to P2" in more or family == "total_orders"
    assert priced(family, "Name", "kt", "P1", "P2", less=True) == more.replace("one more", "one less")
    assert "the whole horizon" in priced(family, "Name", "kt", "", "") or family == "total_orders"
    assert priced(family, "Name", "", "P1", "P1").count("one more unit") == 1
    assert record_of(family).per_unit("kt").startswith("kt")


@pytest.mark.parametrize("family", LIMITS)
def test_solve_and_show_tell_it_per_unit_of_what(family):
    row = {
        "family": family, "id": "a", "name": "Name", "owner": "", "kind": "physical", "unit": "kt", "reported": True,
        "limit": 10.0, "years": 0.25,
    }  # fmt: skip
    for side, price, told in (("upper", 3.0, _holds_back), ("lower", -3.0, _obliges)):
        rows = [row | {"side": side, "price": price, "period": period} for period in ("P1", "P2")]
        plan = SimpleNamespace(
            run=SimpleNamespace(money_unit="M USD", ranking=()), table=lambda _, rows=rows: DataFrame(rows)
        )
        table = told(plan)
        (line,) = [line for line in table.lines(100) if "Name" in line]
        assert f"P1 to P2  6.00 per {record_of(family).per_unit('kt')}" in line


@pytest.mark.parametrize("family", LIMITS)
@pytest.mark.parametrize("less", [False, True])
def test_choke_tells_it_in_its_sentence_and_in_its_table(family, less):
    limit = LimitRecord(
        id=f"{family}:a", label="Name", unit="kt", kind="physical", family=family, owner="", stage="", region="",
        relaxable=True, state=State("binding", 1.0, 1.0, 1, 1, 0.0), less=less,
        marginals=(Marginal("integers held", 3.0, 3.0, 1.0, 2.0),),
        steps=(Step("+1", 1.0, 3.0), Step("+10 %", 1.0, 3.0)),
    )  # fmt: skip
    study = Study(info=INFO, limits=(limit,))
    said = priced(family, "Name", "kt", "P1", "P2", less=less)
    assert f"The value of {said}, 3.00 M USD, holds for the next 2.00 kt only." in written(sentence(study))
    ((label, unit, one, *_),) = step_table(study).rows
    assert (label, unit, one) == ("Name", record_of(family).per_unit("kt"), "3.00 / 3.00")


@pytest.mark.parametrize("family", LIMITS)
def test_explain_begins_with_it(family):
    record = NextUnit(
        limit=f"{family}:a", family=family, less=False, name="Name", owner="", unit="kt", periods=("P1",), gain=3.0,
        gain_unit="M USD", gains=(Gain("lab", 3.0, 1.0, "kH100e"),),
    )  # fmt: skip
    said = priced(family, "Name", "kt", "P1", "P1")
    assert next_sentence(record).startswith(f"{said[:1].upper()}{said[1:]} gains the plan 3.00 M USD.")
    assert next_sentence(replace(record, less=True)).lower().startswith(said.replace("one more", "one less").lower())
