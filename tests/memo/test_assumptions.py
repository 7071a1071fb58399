"""Assumptions against tornados worked by hand, and against what the data says of its numbers."""

from __future__ import annotations

import pytest
from memo_cases import alive
from portfolio_cases import chip, loaded, tree
from sensitivity_cases import INSTANCES, shop, spread

import fabopt
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.verb import study_of
from fabopt.analysis.lever_names import lever_name
from fabopt.analysis.memo.assumptions import all_assumptions, key_assumptions
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.analysis.sensitivity.verb import tornado_of

approx = pytest.approx
LINE, COST, WANTED, VALUE, TOOL = (
    "network.resources.line.capacity",
    "network.activities.make.cost",
    "network.demands.shop.quantity",
    "network.demands.shop.value",
    "network.units.tool.cost",
)
USES, OUTPUT = "network.activities.make.uses.line.amount", "network.activities.make.outputs.goods.amount"
SOURCES = """
sources:
  report: {title: Annual report, as_of: '2026-02', confidence: high}
  press: {title: A newspaper, as_of: '2026-05', confidence: low}
  again: {title: Annual report, as_of: '2026-02', confidence: high}
"""


@pytest.fixture(scope="module")
def goods(tmp_path_factory):
    """Six goods at a value of 5 and a cost of 1; the tool that would make four more costs 20."""
    folder = shop(
        tmp_path_factory.mktemp("shop"),
        line="{value: 6, low: 3, high: 12, source: [report, press]}",
        cost="{value: 1, low: 0.5, high: 2, source: [report, again], as_of: '2026-09', confidence: medium}",
        value=spread(5, 4, 7),
        tool=spread(20, 19, 21),
    )
    path = folder / "instance.yaml"
    path.write_text(path.read_text() + SOURCES)
    return fabopt.load(folder).solve(threads=1, gap=0.0)


@pytest.fixture(scope="module")
def found(goods):
    source = alive(goods)
    return {a.path: a for a in key_assumptions(numbers_of(source), tornado_of(source, TornadoOptions(5)), None)}


def test_they_stand_in_the_order_of_what_they_change(found):
    """Six goods earn 24: the line -12 or +16 to the ten wanted; the value of 5 -6 or +12; the cost of 1 +3 or -6.

    Between them what a good takes of the line (+-30 %: 6 / 0.7 goods) and how many come of it (1.3 x 6 at 5).
    """
    assert list(found) == [LINE, VALUE, USES, OUTPUT, COST]
    ends = {path: (a.at_low.value, a.at_high.value) for path, a in found.items()}
    assert ends[LINE] == (approx(-12), approx(16))
    assert ends[VALUE] == (approx(-6), approx(12))
    assert ends[COST] == (approx(3), approx(-6))
    assert ends[USES][0] == approx(4 * 6 / 0.7 - 24)
    assert ends[OUTPUT] == (approx(-9), approx(9))
    assert all(a.solved for a in found.values())
    assert (found[LINE].choke_low, found[LINE].choke_high) == ("line", "shop (demand)")
    assert found[LINE].choke_now == "line"
    assert found[LINE].at_high.origin == f"tornado: {LINE} at 12"


def test_a_number_says_whose_word_it_is(found):
    line, cost, value = found[LINE], found[COST], found[VALUE]
    assert (line.value.value, line.value.low, line.value.high) == (6, 3, 12)
    assert (line.value.unit, line.value.unit_text, line.value.origin) == ("as written", "1", f"instance: {LINE}")
    assert line.sources == ("Annual report (2026-02)", "A newspaper (2026-05)")
    assert (line.as_of, line.value.confidence) == ("2026-05", "low")  # as sure as the least sure of them
    assert cost.sources == ("Annual report (2026-02)",)
    assert (cost.as_of, cost.value.confidence) == ("2026-09", "medium")  # its own word goes before theirs
    assert (value.sources, value.as_of, value.value.confidence) == ((), "", "assumption")


def test_what_was_not_solved_again_stands_behind_with_its_slope(goods):
    source = alive(goods)
    first, *rest = key_assumptions(numbers_of(source), tornado_of(source, TornadoOptions(1)), None)
    assert first.solved
    assert [a.path for a in rest] == [VALUE, OUTPUT, USES, COST]  # of the straight line to the ends
    assert not any(a.solved or a.information or a.choke_low for a in rest)
    assert (rest[0].at_low.value, rest[0].at_high.value) == (approx(-6), approx(12))
    assert rest[0].at_low.origin == f"tornado: {VALUE}, adjoint"


def test_without_a_tornado_the_limits_name_them(goods):
    source = alive(goods)
    study = study_of(goods.plan, ChokeOptions(draws=0, workers=1))
    assert study.first.label == "line"
    (only,) = key_assumptions(numbers_of(source), None, study)
    assert only.path == LINE
    assert (only.at_low, only.at_high, only.information, only.solved) == (None, None, None, False)
    assert key_assumptions(numbers_of(source), None, None) == ()


def test_all_of_them_are_the_re_solved_those_of_limits_and_prices_of_what_is_bought(goods, tmp_path):
    source = alive(goods)
    study = study_of(goods.plan, ChokeOptions(draws=0, workers=1))
    every = all_assumptions(numbers_of(source), tornado_of(source, TornadoOptions(2)), study, ["a"])
    assert [a.path for a in every] == [LINE, VALUE]  # the limit's number is among them, and there is no chip a
    two = alive(loaded(tree(b=chip(14_000, 28_000)), tmp_path).solve(gap=0.0))
    assert [a.path for a in all_assumptions(numbers_of(two), None, None, ["a"])] == ["chips.a.price"]


def test_changes_are_money_where_the_objective_is():
    result = fabopt.load(INSTANCES / "tutorial").solve(threads=1)
    source = alive(result)
    tornado = tornado_of(source, TornadoOptions(4))
    found = key_assumptions(numbers_of(source), tornado, None, 6)
    assert [a.solved for a in found] == [True] * 4 + [False] * 2
    assert {a.at_low.unit for a in found} == {"MUSD"}
    assert found[0].at_low.value == tornado.bars[0].low.change
    assert found[0].information.value == tornado.bars[0].information


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("packaging_lines.bridgeworks.interposer_yield", "Bridgeworks, interposer yield"),
        ("chips.falcon.it_power", "Falcon, IT power"),
        ("chips.falcon.performance.training", "Falcon, performance, Pre-training"),
        ("memory_makers.bitstack.offers.hbm-a.good_dies", "Bitstack, offers, HBM-A, 12 high, good dies"),
        ("nodes.n3.defect_density@2027-01-01", "Logic N3, defect density"),
        ("sites.plains.pue", "Plains campus, PUE"),
        ("horizon.discount_rate", "horizon, discount rate"),
        ("demand_curve.elasticity", "demand curve, elasticity"),
    ],
)
def test_a_lever_is_called_as_people_call_it(path, name):
    assert lever_name(fabopt.load(INSTANCES / "tutorial").data, path) == name


def test_a_lever_of_a_plain_network_is_called_by_its_record(goods):
    assert lever_name(goods.plan.data, LINE) == "line, capacity"
