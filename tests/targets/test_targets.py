"""Targets run backwards, against answers worked by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from sensitivity_cases import INSTANCES, shop, spread

import fabopt
from fabopt.analysis.targets.study import TargetOptions, needed
from fabopt.cli import main
from fabopt.errors import StudyError
from fabopt.io.levers import LeverError
from fabopt.plan.problem import Interval
from fabopt.solve import resolver
from fabopt.solve.search import search

approx = pytest.approx
LINE, PRICE, WANTED, USE = (
    "network.resources.line.capacity",
    "network.demands.shop.value",
    "network.demands.shop.quantity",
    "network.activities.make.uses.line.amount",
)
TWO, SITE = ("network.resources.one.capacity", "network.resources.two.capacity"), "network.resources.site.capacity"

LINES = """
about: {title: lines}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources:
    one: {kind: level, unit: piece, capacity: 6}
    two: {kind: level, unit: piece, capacity: 4}
  activities:
    first: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {one: 1}}
    second: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {two: 1}}
  demands: {shop: {material: goods, quantity: 20, value: 5}}
"""

SITES = """
about: {title: sites}
horizon: {start: '2027', periods: 2, period: year, discount_rate: 0}
network:
  materials: {here: {}, there: {}}
  resources:
    site: {kind: level, unit: MW, capacity: 6, tags: {stage: power}}
    other: {kind: level, unit: MW, capacity: 5, tags: {stage: power}}
  activities:
    run: {lot: 4, outputs: {here: 1}, uses: {site: 1}, tags: {stage: deployment, lab: aurora}}
    also: {outputs: {there: 1}, uses: {other: 1}, tags: {stage: deployment, lab: borealis}}
  demands:
    mine: {material: here, quantity: 30, value: 1, weight: 2, tags: {lab: aurora}}
    theirs: {material: there, quantity: 30, value: 1, weight: 3, tags: {lab: borealis}}
"""


def solved(folder: Path, text: str = "") -> fabopt.Result:
    if text:
        (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return fabopt.load(folder).solve(threads=1, gap=0.0)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Six goods at a gain of 4 each, ten wanted."""
    folder = shop(
        tmp_path_factory.mktemp("shop"), line=spread(6, 3, 12), value=spread(5, 4, 7), wanted=spread(10, 5, 11)
    )
    return solved(folder)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Aurora runs lots of 4 on 6 MW, borealis anything on 5 MW."""
    return solved(tmp_path_factory.mktemp("sites"), SITES)


def test_one_limit_moves_just_as_far_as_the_target_needs(plan):
    """A value of 32 is eight goods: the line from 6 to 8, a third more; that plan is worth 32."""
    found = plan.needed(32, levers=[LINE]).records
    (way,) = found.ways
    (move,) = way.moves
    assert (move.now, move.to, move.share) == (6, approx(8), approx(1 / 3))
    assert (way.size, way.least, way.value) == (approx(1 / 3), approx(1 / 3), approx(32))
    assert way.found_by == "program"
    assert (found.planned, found.possible.hi, found.reachable) == (approx(24), approx(24), True)


def test_both_limits_move_where_one_alone_does_not_reach_the_target(plan):
    """44 is eleven goods: five more of the line (5/6), one more wanted (1/10)."""
    found = plan.needed(44, levers=[LINE, WANTED]).records
    package, line, wanted = found.ways
    assert [(m.path, m.to) for m in package.moves] == [(LINE, approx(11)), (WANTED, approx(11))]
    assert package.size == approx(5 / 6 + 1 / 10)
    assert not line.moves
    assert line.reach.hi == approx(40)
    assert not wanted.moves
    assert found.best is package


def test_no_plan_is_proven_where_the_ends_of_all_levers_do_not_suffice(plan):
    """The line may reach 12 and the wants 11: 44, and never 50."""
    report = plan.needed(50, levers=[LINE, WANTED])
    assert report.records.reachable is False
    assert report.records.ends.hi == approx(44)
    assert not any(way.moves for way in report.records.ways)
    assert report.sentence.startswith("No plan reaches")


def test_a_price_is_searched_and_all_together_move_by_the_same_share(plan):
    """6 (p - 1) = 32 at p = 19/3; (6 + 6 s)(4 + 2 s) = 32 at s = (sqrt(1680) - 36) / 24."""
    found = plan.needed(32, levers=[LINE, PRICE]).records
    ways = {(way.kind, way.levers): way for way in found.ways}
    price = ways["alone", (PRICE,)]
    assert price.found_by == "search"
    assert price.moves[0].to == approx(19 / 3, abs=1e-5)
    s = (math.sqrt(1680) - 36) / 24
    joint = ways["together", (LINE, PRICE)]
    assert [m.to for m in joint.moves] == [approx(6 + 6 * s, abs=1e-4), approx(5 + 2 * s, abs=1e-4)]
    assert joint.least <= s * (1 + 0.4) <= joint.size


def test_a_lever_goes_the_way_that_helps(plan):
    """Six hours at u an hour a good: 24 / u is 32 at 3/4, less than now."""
    found = plan.needed(32, levers={USE: 0.5}).records
    assert found.ways[0].moves[0].to == approx(0.75, abs=1e-5)
    assert plan.needed(32, levers=["network.activities.make.cost"]).records.levers[0].to < 1


def test_the_least_change_and_the_least_cost_choose_different_lines(tmp_path):
    """Two pieces more: a third of the first line, or half of the second; at 5 and 1 a piece the second is cheaper."""
    result = solved(tmp_path, LINES)
    levers = [f"{path}=*3" for path in TWO]
    best = result.needed(48, levers=levers).records.best
    assert [(m.path, m.share) for m in best.moves] == [(TWO[0], approx(1 / 3))]
    found = result.needed(48, levers=levers, costs={TWO[0]: 5.0, TWO[1]: 1.0}).records
    first, second = (way for way in found.ways if way.kind == "package")
    assert [(m.path, m.to, m.cost) for m in first.moves] == [(TWO[1], approx(6), approx(2))]
    assert [(m.path, m.to, m.cost) for m in second.moves] == [(TWO[0], approx(8), approx(10))]  # the runner-up
    assert (first.size, second.size) == (approx(2), approx(10))


@pytest.mark.parametrize("large", [False, True])
def test_whole_lots_need_more_than_their_fraction(sites, large, monkeypatch):
    """10 MW in lots of 4 are 12: twice the site, where fractions would do with 10."""
    if large:
        monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    found = sites.needed("10 MW", lab="aurora", by="2028", levers={SITE: "*3"}).records
    assert found.planned == approx(4)
    assert (found.possible.lo, found.possible.hi) == (approx(4), approx(4))
    (way,) = found.ways
    assert way.moves[0].to == approx(12)
    assert way.least == approx(1)


def test_whole_numbers_are_searched_from_the_plan_of_the_result(sites, monkeypatch):
    began = []

    def searched(session, shape, *, start, **options):
        if session.violation(start) < 1e-6:
            began.append(session.offset + float(session.cost @ start))
        return search(session, shape, start=start, **options)

    monkeypatch.setattr(resolver, "search", searched)
    assert sites.needed("10 MW", lab="aurora", by="2028", levers={SITE: "*3"}).records.planned == approx(4)
    assert began[0] == approx(4)


def test_power_and_compute_count_the_lab_that_is_asked_for(sites):
    assert sites.needed("9 MW", levers={SITE: "*3"}).records.planned == approx(9)  # 4 and 5
    assert sites.needed("15 kH100e", by="2027", lab="borealis", levers={SITE: "*3"}).records.planned == approx(15)
    reached = sites.needed("0.023 MH100e", levers={SITE: "*3"}).records
    assert reached.planned == approx(4 * 2 + 5 * 3)
    assert reached.value_now == approx(sites.objective)
    assert not reached.ways


def test_the_instance_with_the_levers_there_has_the_plan_that_is_told(plan, tmp_path):
    way = plan.needed(44, levers=[LINE, WANTED]).records.ways[0]
    folder = shop(tmp_path, line=spread(6, 3, 12), wanted=spread(10, 5, 11))
    again = fabopt.load(folder, set={m.path: m.to for m in way.moves}).solve(gap=0.0, threads=1)
    assert again.objective == approx(way.value) == approx(44)


def test_the_tutorial_reaches_no_target_with_a_little_less():
    """The least package of two sites reaches 3 GW; with both a thousandth less no plan does."""
    result = fabopt.load(INSTANCES / "tutorial").solve(threads=1)
    sites = {"sites.plains.power": "*3", "sites.coast.power": "*3"}
    package = result.needed("3 GW", by="2028Q4", levers=sites).records.ways[0]
    assert {m.path for m in package.moves} == set(sites)
    for share, enough in ((1.00001, True), (0.999, False)):
        factors = {m.path: f"*{1 + share * m.share:.9f}" for m in package.moves}
        there = fabopt.load(INSTANCES / "tutorial").with_(factors).solve(threads=1)
        possible = there.needed("3 GW", by="2028Q4", levers=["sites.coast.power"]).records.possible
        assert (possible.hi >= 3000 - 1e-3) is enough


def test_the_command_line_says_what_python_says(plan, tmp_path, capsys):
    folder = plan.save(tmp_path / "plan")
    assert main(["target", str(folder), "44", "--lever", LINE, "--lever", WANTED]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == plan.needed(44, levers=[LINE, WANTED]).lines()
    assert all(len(line) <= 100 for line in printed)
    more = [
        "44",
        "--lever",
        f"{LINE}=12",
        "--lever",
        WANTED,
        "--cost",
        f"{LINE}=2",
        "--cost",
        f"{WANTED}=1",
    ]
    assert main(["target", str(folder), *more, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reachable"] is True
    assert told["ways"][0]["size"] == approx(2 * 5 + 1)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["much", "--lever", LINE], "'much' is no target"),
        (["30"], "Name the levers that may move"),
        (["30", "--lever", "network.resources.lime.capacity"], "did you mean"),
        (["30", "--lever", f"{LINE}=6"], "is 6 already"),
        (["30", "--lever", f"{LINE}=-1"], "must be"),
        (["30", "--by", "2027", "--lever", LINE], "neither a period nor a lab"),
        (["3 GW", "--by", "2031", "--lever", LINE], "'2031' is no period"),
        (["3 GW", "--lever", LINE], "Nothing draws power at a site in 2027"),
        (["3 GW", "--for", "nobody", "--lever", LINE], "There is no lab 'nobody'"),
        (["30", "--lever", LINE, "--cost", f"{LINE}=dear"], "is no cost"),
        (["30", "--lever", LINE, "--cost", f"{WANTED}=1"], "is no lever that may move"),
    ],
)
def test_faults_are_sentences(plan, tmp_path, capsys, more, says):
    folder = plan.save(tmp_path / "plan")
    assert main(["target", str(folder), *more]) == 2
    assert says in capsys.readouterr().err


def test_faults_are_errors_in_python(plan):
    with pytest.raises(LeverError, match="no lever"):
        plan.needed(30, levers=["nothing"])
    with pytest.raises(StudyError, match=r"cannot be -1: .* must be at least 0"):
        plan.needed(30, levers={LINE: -1})
    with pytest.raises(StudyError, match="cost of a lever must be 0 or more"):
        plan.needed(30, levers=[LINE], costs={LINE: -2.0})


def test_what_a_search_without_time_leaves_open_is_not_known(sites):
    """The plan's 4 MW stand; fractions allow 6 MW now and 18 at three times the site; nothing more is claimed."""
    options = TargetOptions("10 MW", lab="aurora", by="2028", levers={SITE: "*3"}, seconds=0.0)
    found = needed(sites.plan, options)
    assert (found.possible.lo, found.possible.hi) == (approx(4), approx(6))
    (way,) = found.ways
    assert (way.moves, way.size, way.reach) == ((), None, Interval(approx(4), approx(18)))
    assert found.reachable is None
