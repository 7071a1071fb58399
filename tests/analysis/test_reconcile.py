"""Implied figures by hand on round numbers; the measures' table, rules and page agree."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from round_chain import chain

import fabopt
from fabopt.analysis.reconcile import _RULES, COLUMNS, reconcile
from fabopt.domain.measures import MEASURES

ROOT = Path(__file__).parents[2]

FIGURE = {"since": "2027-01-01", "until": "2027-12-31", "value": 1, "low": 1, "high": 1, "source": "src"}

# Measure, of, unit, and the implied number by hand.
BY_HAND = [
    ("scanner-output", "euv", "tool/year", 10),
    ("scanner-fleet", None, "tool", 13),  # 5 + 5 standing, 3 delivered in the second quarter
    ("scanner-fleet", "logic", "tool", 5),
    ("scanner-fleet", "p", "tool", 8),
    ("passes-per-tool", "logic", "kexposure/month", 100),  # 30 x 10 / (5 x 0.6)
    ("passes-per-tool", "euv", "exposure/day", 100_000 * 12 / 365.25),
    ("wafer-starts", "dram", "kwafer/month", 100),
    ("wafer-starts", "n", "kwafer/year", 360),
    ("wafer-starts", None, "kwafer/month", 130),
    ("cowos-wafers", "tech", "kwafer/year", 60),
    ("cowos-wafers", None, "kwafer/month", 5),
    ("cowos-wafers", "x", "kwafer/year", 120 * 0.25),  # 120 thousand packages a year at a quarter wafer
    ("hbm-wafers", None, "kwafer/month", 40),
    ("hbm-wafers", "q", "kwafer/month", 10),
    ("hbm-stacks", "h", "kstack/year", 120 * 5),
    ("hbm-bits", "x", "bn Gb/year", 0.12),  # 600 thousand stacks x 25 GB x 8
    ("hbm-bits", None, "Eb/year", 0.12),
    ("hbm-bits", "a", "bn Gb/year", 0.72),  # 360 thousand wafers x 10 stacks x 200 Gb
    ("packages", "gpu", "kpackage/month", 10),
    ("packages", "x", "kpackage/year", 120),
    ("fleet", "lab", "kaccelerator", 32),
    ("gw-it", "lab", "GW", 0.1),  # 30 x 2 kW + 2 x 20 kW
    ("gw-it", "gpu", "MW", 60),
    ("gw-facility", "site", "MW", 125),
    ("site-power", None, "GW", 0.3),
    ("compute", "lab", "kH100e", 30 * 3 + 2 * 50),  # the slab runs no training: its best counts
]


@pytest.mark.parametrize(("measure", "of", "unit", "implied"), BY_HAND)
def test_the_implied_figure_by_hand(measure, of, unit, implied):
    figure = FIGURE | {"measure": measure, "unit": unit} | ({} if of is None else {"of": of})
    row = reconcile(chain({"published": {"figure": figure}})).iloc[0]
    assert row["implied"] == pytest.approx(implied)
    assert row["unit"] == unit


def test_every_measure_has_a_case():
    assert {measure for measure, *_ in BY_HAND} == set(MEASURES) == set(_RULES)


def test_a_mean_covers_the_days_stated_and_no_others():
    # Ten tools a year until 2027-07-02, twenty from then: half of the year each, ten on its first day alone.
    output = {"scanners.euv.output": {"steps": {"2027-01-01": 10, "2027-07-02": 20}}}
    whole = FIGURE | {"measure": "scanner-output", "of": "euv", "unit": "tool/year"}
    day = whole | {"until": "2027-01-01"}
    frame = reconcile(chain(output | {"published": {"whole": whole, "day": day}}))
    # 182 days at 10 and 183 at 20
    assert frame["implied"].tolist() == pytest.approx([(182 * 10 + 183 * 20) / 365, 10.0])


def test_ends_of_the_range_are_inside_and_beyond_them_is_not():
    def inside(low: float, high: float) -> bool:
        figure = FIGURE | {"measure": "wafer-starts", "of": "dram", "unit": "kwafer/month", "value": low}
        return bool(reconcile(chain({"published": {"f": figure | {"low": low, "high": high}}})).iloc[0]["inside"])

    assert inside(100.0, 120.0)
    assert inside(80.0, 100.0)
    assert not inside(101.0, 120.0)
    assert not inside(80.0, 99.0)


def test_the_frame_has_the_columns_in_order_also_when_nothing_is_published():
    assert tuple(reconcile(chain()).columns) == COLUMNS
    figure = FIGURE | {"measure": "fleet", "unit": "kaccelerator", "explanation": "because"}
    row = reconcile(chain({"published": {"f": figure}})).iloc[0]
    assert (row["of"], row["explanation"], row["source"]) == ("all", "because", "src")
    assert row["until"] == date(2027, 12, 31).isoformat()


def test_the_page_lists_every_measure_as_the_program_does():
    page = (ROOT / "docs" / "reconcile.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    assert [line.split("|")[1].strip(" `") for line in listed] == list(MEASURES)
    for line, measure in zip(listed, MEASURES.values(), strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert (cells[1], cells[3]) == (measure.unit, measure.says)


def test_the_tutorial_agrees_with_its_figure():
    frame = reconcile(fabopt.load(ROOT / "instances" / "tutorial").data)
    assert frame["inside"].all()
    # 120 thousand at 2 kW
    assert frame["implied"].tolist() == pytest.approx([0.24])
