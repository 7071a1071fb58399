"""What a plan is worth adds up: in the record from its tables, in the text to the million."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from memo_sample import SAMPLE
from waiting_cases import grounded, solved, tree

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Memo
from fabopt.analysis.memo.worth import worth
from fabopt.report.memo.report import MemoReport


def test_the_parts_of_a_plans_worth_add_up_to_it(mine: Ground, aurora: Memo) -> None:
    assert aurora.worth is not None
    parts = {name: amount.value for name, amount in aurora.worth.parts}
    assert sum(parts.values()) == pytest.approx(aurora.standing.value.value)
    costs = mine.read("core/costs").query("term == 'delivery_value' and lab == 'aurora'")
    assert parts["compute"] == pytest.approx(costs["discounted"].sum())
    discount = mine.read("core/periods").set_index("period")["discount"]
    bought = mine.read("domain/transfers").query("payer == 'aurora'")
    assert parts["suppliers"] == pytest.approx(-(bought["amount"] * bought["period"].map(discount)).sum())
    assert aurora.worth.until == mine.net.periods[-1].label


def test_money_is_discounted_as_the_lab_does_it(tmp_path: Path) -> None:
    rates = [
        worth(grounded(solved(raw, tmp_path))).rate for raw in (tree(), tree(parties={"lab": {"discount_rate": 0.3}}))
    ]
    assert [rate.origin for rate in rates] == ["instance: horizon.discount_rate", "instance: parties.lab.discount_rate"]
    assert rates[1].value == 0.3


def test_the_text_says_the_rate_and_adds_up_the_parts() -> None:
    text = MemoReport(SAMPLE).text().markdown
    said = "The plan is worth USD 102 bn to Aurora, discounted at 8 % † a year: its compute to the end of 2033"
    assert said in text.replace("\n", " ")
    table = text.partition("What the plan is worth to Aurora")[2].partition("What is paid after")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("|")][2:]
    *parts, whole = (int(cell.strip().replace(",", "").replace("−", "-")) for cell in rows)
    assert (len(parts), sum(parts)) == (3, whole)


def test_a_record_of_before_it_was_told_is_written_without() -> None:
    text = MemoReport(replace(SAMPLE, worth=None)).text().markdown
    assert "The plan is worth USD 102 bn to Aurora: what its compute is worth, less all that it pays." in text
    assert "What the plan is worth to Aurora" not in text
