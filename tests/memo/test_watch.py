"""What to watch, in an order that is known beforehand."""

from __future__ import annotations

import pytest
from sensitivity_cases import shop, source

from fabopt.analysis.memo.records import Amount, Assumption, Flip
from fabopt.analysis.memo.watch import indicators
from fabopt.analysis.sensitivity.numbers import numbers_of

LINE, COST, VALUE = "network.resources.line.capacity", "network.activities.make.cost", "network.demands.shop.value"
SOURCES = """
sources:
  old: {title: Old survey, as_of: '2025'}
  new: {title: Quarterly filing, as_of: '2026-09'}
"""


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = shop(
        tmp_path_factory.mktemp("shop"),
        line="{value: 6, low: 3, high: 12, source: [new, old]}",
        cost="{value: 1, low: 0.5, high: 2, source: old}",
        value="{value: 5, low: 4, high: 7}",
    )
    (folder / "instance.yaml").write_text((folder / "instance.yaml").read_text() + SOURCES)
    return numbers_of(source(folder))


def money(value):
    return Amount(value, "MUSD", "tornado")


def assumption(path, low, high, information=None, as_of=""):
    ends = [None if v is None else money(v) for v in (low, high)]
    value = Amount(1.0, "as written", path, 0.5, 2.0)
    known = None if information is None else money(information)
    return Assumption(path, f"name of {path}", value, *ends, True, "", "", "", known, (), as_of)


def flip(path, name, at, inside, now=1.0):
    place = None if at is None else Amount(at, "as written", "")
    value = Amount(now, "as written", "")
    return Flip(path, path, name, name, place, (0.1, 10), value, 0.5, 2.0, inside, None, "")


def test_what_is_worth_most_to_know_comes_first_then_what_moves_the_plan_most(numbers):
    given = [
        assumption(VALUE, -40.0, 30.0, 0.0),
        assumption(LINE, -5.0, 60.0, 0.0, "2026-09"),
        assumption(COST, 1.0, -2.0, 9.0),
    ]
    found = indicators(numbers, given, [])
    assert [one.path for one in found] == [COST, LINE, VALUE]
    assert [one.moves.value for one in found] == [-2.0, 60.0, -40.0]
    assert [one.publisher for one in found] == ["Old survey", "Quarterly filing", ""]
    assert [one.last_seen for one in found] == ["", "2026-09", ""]
    assert [one.turns for one in found] == ["", "", ""]
    assert [one.path for one in indicators(numbers, given, [], most=1)] == [COST]


def test_what_moves_less_than_the_tolerance_is_not_watched_unless_it_turns_something(numbers):
    given = [assumption(VALUE, -40.0, 30.0), assumption(LINE, -5.0, 6.0), assumption(COST, 1.0, -2.0)]
    turns = [
        flip(COST, "far", 1.9, True),
        flip(COST, "near", 1.2, True),
        flip(COST, "near", 0.6, True),
        flip(COST, "outside", 3.0, False),
        flip(LINE, "never", None, False),
    ]
    found = indicators(numbers, given, turns, tolerance=10.0)
    assert [(one.path, one.turns) for one in found] == [(VALUE, ""), (COST, "near; far")]


def test_of_what_nothing_is_known_nothing_is_said(numbers):
    assert indicators(numbers, [assumption(LINE, None, None)], [flip(LINE, "chip", 0.9, True)]) == ()
    (one,) = indicators(numbers, [assumption(LINE, None, 3.0)], [])  # no plan stands at its low
    assert one.moves.value == 3.0
