"""Time to survive, impact and failures at random of a shop with a stock and a second source, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.disruptions.study import disruptions
from fabopt.errors import StudyError
from fabopt.io.problems import InstanceError
from fabopt.plan.plan import Plan

SHOP = """
horizon: {start: '2027', periods: 4, period: quarter, discount_rate: 0}
network:
  materials: {part: {unit: piece, opening: 15, carrying_cost: 0.01}, good: {unit: piece, carrying_cost: 0.01}}
  resources:
    press: {unit: piece, capacity: 10, tags: {owner: alpha, site: hall}}
    bench: {unit: piece, capacity: 2, tags: {owner: beta}}
  activities:
    press-it: {unit: piece, outputs: {part: 1}, uses: {press: 1}, cost: 0.1, tags: {owner: alpha, site: hall}}
    file-it: {unit: piece, outputs: {part: 1}, uses: {bench: 1}, cost: 0.5, tags: {owner: beta}}
    fit: {unit: piece, inputs: {part: 1}, outputs: {good: 1}, tags: {owner: gamma}}
  demands:
    sale: {material: good, quantity: 10, value: 1}
"""
STATED = """
disruptions:
  fire: {of: owner, suppliers: alpha-list, recover: {value: 6, low: 6, high: 6}, frequency: 1}
""".replace("alpha-list", "[alpha]")


def _plan(folder: Path, text: str) -> Plan:
    (folder / "instance.yaml").write_text(text)
    return fabopt.load(folder).solve().plan


def test_stock_and_second_source_keep_the_shop_open_for_a_time_by_hand(tmp_path: Path) -> None:
    # As planned: 40 sold; 10 of the stock in the first quarter, 5 carried (0.05), 25 pressed (2.5): 37.45.
    plan = _plan(tmp_path, SHOP)
    assert plan.objective == pytest.approx(37.45)
    found = {e.supplier: e for e in disruptions(plan, ["owner"]).exposures}
    # Without alpha: 15 + 2 give the 10 of the first quarter; 5 + 2 + 2 are 9 of the second: 3 + 0.9 x 3 months.
    alpha = found["alpha"]
    assert (alpha.survive, alpha.endless) == (pytest.approx(5.7), False)
    # Gone for the whole year (12 months when nothing is stated): 15 + 8 sold, and 8 filed at 0.5.
    # Two of them in the first quarter, so that 7 are carried.
    assert alpha.recover == 12.0
    assert alpha.impact == pytest.approx(37.45 - (23 - 4 - 0.07))
    assert alpha.lost == pytest.approx(17.0)
    # Nobody needs beta as long as alpha is there; without gamma nothing is sold from the first day.
    assert (found["beta"].endless, found["beta"].survive, found["beta"].impact) == (True, pytest.approx(12.0), 0.0)
    assert found["gamma"].survive == 0.0
    assert found["gamma"].lost == pytest.approx(40.0)


def test_failures_at_random_cost_the_mean_of_their_dates_and_what_was_decided_before_stands(tmp_path: Path) -> None:
    record = disruptions(_plan(tmp_path, SHOP + STATED), draws=4000, seed=3)
    alpha = record.exposures[0]
    assert [e.supplier for e in record.exposures] == ["alpha"]
    # Six months from the first quarter: 19 + 20 sold, 4 filed (2), 20 pressed (2), 7 carried: 34.93 of 37.45.
    assert alpha.impact == pytest.approx(2.52)
    assert alpha.lost == pytest.approx(1.0)
    # From the second, when 5 are left and nothing was filed before: 3 + 8 not sold, 4 filed, 15 not pressed. From the
    # third: 16 not sold, 4 filed, 20 not pressed. In the fourth: 8 not sold, 2 filed, 10 not pressed.
    mean = (2.52 + (11 + 2 - 1.5) + (16 + 2 - 2) + (8 + 1 - 1)) / 4
    assert alpha.yearly == pytest.approx(mean, rel=0.05)
    assert record.drawing is not None
    assert record.drawing.mean == pytest.approx(mean, rel=0.05)  # one failure in a year on average
    assert record.drawing.failures == pytest.approx(1.0, abs=0.05)
    assert record.drawing.p50 == pytest.approx(8.0)  # 37 % have none, 9 % one of 2.52 and 9 % one of 8
    assert record.drawing.worst > 16.0


def test_a_part_of_a_period_counts_for_a_part(tmp_path: Path) -> None:
    text = SHOP + STATED.replace("{value: 6, low: 6, high: 6}", "{value: 4.5, low: 4.5, high: 4.5}")
    alpha = disruptions(_plan(tmp_path, text), draws=10).exposures[0]
    # In the second quarter half of the 5 that are planned there: 15 + 2.5 for 20, so 2.5 are filed at 0.5 in place of
    # 0.1, half a piece of them a quarter before.
    assert alpha.impact == pytest.approx(0.4 * 2.5 + 0.005)
    assert alpha.lost == 0.0


def test_what_is_at_a_site_fails_together(tmp_path: Path) -> None:
    plan = _plan(tmp_path, SHOP)
    hall = next(e for e in disruptions(plan, ["site"]).exposures if e.supplier == "hall")
    assert hall.survive == pytest.approx(5.7)


def test_the_report_says_who_is_exposed(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(SHOP + STATED)
    report = fabopt.load(tmp_path).solve().disruptions(draws=100)
    assert "deliveries hold for 5.70 months" in report.sentence
    assert "Of 1 that were looked at 1 take longer to recover" in report.sentence
    assert [table.title[:6] for table in report.tables] == ["How lo", "Failur"]
    assert report.table("random")["draws"].tolist() == [100]


def test_unknown_suppliers_kinds_and_labs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match=r"disruptions.fire.suppliers.0: there is no owner 'alfa'.*alpha"):
        _plan(tmp_path, SHOP + STATED.replace("[alpha]", "[alfa]"))
    plan = _plan(tmp_path, SHOP)
    with pytest.raises(StudyError, match="no kind of supplier 'vendor'"):
        disruptions(plan, ["vendor"])
    with pytest.raises(StudyError, match="no lab 'nobody'"):
        disruptions(plan, lab="nobody")
