"""What holds a plant back is the same whatever its money and its quantities are counted in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_scaled import plant

import fabopt
from fabopt.analysis.plan_tables import holding
from fabopt.domain.tolerances import ranked, rounding, same
from fabopt.plan.problem import ChokeProblem
from fabopt.solve.matrices import Matrices
from fabopt.solve.noise import halfway
from fabopt.solve.scale import scales

near = pytest.approx
UNITS = [
    (1e-8, 1.0),
    (1.0, 1e-6),
    (1e-8, 1e6),
    pytest.param(1e8, 1.0, marks=pytest.mark.slow),
    pytest.param(1.0, 1e6, marks=pytest.mark.slow),
    pytest.param(1e7, 1e-6, marks=pytest.mark.slow),  # at 1e8 prices are beyond the 1e15 that inputs may have
    pytest.param(1e-8, 1e-6, marks=pytest.mark.slow),
    pytest.param(1e8, 1e6, marks=pytest.mark.slow),
    pytest.param(3e-3, 7e4, marks=pytest.mark.slow),
]
units = pytest.mark.parametrize(("money", "quantity"), UNITS)


def solved(folder, money=1.0, quantity=1.0, **changed):
    return fabopt.load(plant(folder / "plant", money, quantity, **changed)).solve(gap=0.0)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    result = solved(tmp_path_factory.mktemp("plain"))
    return result, result.choke_points(draws=0, workers=1).records


@units
def test_choke_point_ranking_and_status_are_the_same_and_gains_are_scaled(plain, tmp_path, money, quantity):
    study = solved(tmp_path, money, quantity).choke_points(draws=0, workers=1).records
    as_it_is = plain[1]
    assert as_it_is.first.id == "balance:ore"
    assert [r.id for r in study.limits] == [r.id for r in as_it_is.limits]
    assert [r.gain > 0 for r in as_it_is.limits] == [True] * 4 + [False] * 3
    size = as_it_is.info.value_lo * money
    for here, there in zip(study.limits, as_it_is.limits, strict=True):
        assert here.state.status == there.state.status
        assert here.gain == near(there.gain * money, rel=1e-6)
        for name in ("+1 %", "+10 %", "lifted"):
            a, b = here.step(name), there.step(name)
            assert (a is None) == (b is None)
            if a is None:
                continue
            assert a.plan_gain == near(b.plan_gain * money, rel=1e-6)
            assert a.certified.proof == b.certified.proof
            assert a.certified.hi == near(b.certified.hi * money, rel=1e-6, abs=1e-9 * size)
        price = money / quantity
        assert here.marginals[0].left == near(there.marginals[0].left * price, rel=1e-6)
        assert here.marginals[0].right == near(there.marginals[0].right * price, rel=1e-6)
        assert [(e.first, e.last) for e in here.episodes] == [(e.first, e.last) for e in there.episodes]
    assert [s.lifted for s in study.cascade] == [s.lifted for s in as_it_is.cascade]
    assert [s.gain / money for s in study.cascade] == near([s.gain for s in as_it_is.cascade], rel=1e-6)
    assert [(t.first, t.last, t.limit) for t in study.timeline] == [
        (t.first, t.last, t.limit) for t in as_it_is.timeline
    ]


@units
def test_the_answer_says_the_same_limits_hold_the_plan_back(plain, tmp_path, money, quantity):
    there = holding(plain[0].table("core/limits"), 5)
    here = holding(solved(tmp_path, money, quantity).table("core/limits"), 5)
    assert [one.name for one in there] == ["ore", "oven", "kiln", "press"]
    assert [(one.name, one.when) for one in here] == [(one.name, one.when) for one in there]
    assert [one.gain / money for one in here] == near([one.gain for one in there], rel=1e-6)


@units
def test_tornado_next_unit_and_comparison_are_the_same(plain, tmp_path, money, quantity):
    result, other = solved(tmp_path, money, quantity), solved(tmp_path / "other", money, quantity, press=1.1)
    there, here = plain[0].tornado(top=6, workers=1).records, result.tornado(top=6, workers=1).records
    assert [b.number.path for b in here.bars] == [b.number.path for b in there.bars]
    for a, b in zip(here.bars, there.bars, strict=True):
        assert (a.low.choke, a.high.choke) == (b.low.choke, b.high.choke)
        assert (a.low.change / money, a.high.change / money) == near((b.low.change, b.high.change), rel=1e-6)
    for name in ("ore", "press"):
        one, as_it_is = (r.explain(next_unit=name).records for r in (result, plain[0]))
        if quantity == 1.0:  # one unit more is another relief in another unit
            assert one.gain == near(as_it_is.gain * money, rel=1e-6)
            assert [g.customer for g in one.gains] == [g.customer for g in as_it_is.gains]
    changed = solved(tmp_path / "base", press=1.1)
    assert other.objective - result.objective == near(money * (changed.objective - plain[0].objective), rel=1e-6)
    said = result.compare(other, names=["now", "more press"]).records
    then = plain[0].compare(changed, names=["now", "more press"]).records
    assert said.difference[0].change == near(money * then.difference[0].change, rel=1e-6)
    assert said.difference[0].withheld == then.difference[0].withheld
    assert [row.path for row in said.inputs] == [row.path for row in then.inputs]
    assert said.inputs[0].held == near(money * then.inputs[0].held, rel=1e-6)


def test_what_counts_grows_with_what_was_added_up_and_with_nothing_else():
    for unit in (1e-12, 1.0, 1e12):
        assert same(3 * unit, 3 * unit * (1 + 1e-10))
        assert not same(3 * unit, 3 * unit * (1 + 1e-8))
        assert same(0.0, 1e-10 * unit, unit)
        assert not same(0.0, 1e-10 * unit)
        assert rounding(-5 * unit, 2 * unit) == near(5e-9 * unit)
        a, b = np.array([1.0, -4.0]) * unit, np.array([3.0, 4.0]) * unit
        assert halfway(a, np.array([2.0, 0.0]) * unit, b)
        assert not halfway(a, np.array([2.0, 1e-7]) * unit, b)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_slack_counts_beside_the_limit_and_not_beside_one(unit):
    problem = ChokeProblem.bare(
        [1.0, 1.0], [([1, 0], -np.inf, 4 * unit), ([0, 1], -np.inf, unit)], {"a": [0], "b": [1]}
    )
    for share, at in ((1.0, True), (1 - 1e-9, True), (0.999, False)):
        x = np.array([4 * unit * share, unit * share])
        assert [problem.at_limit(group, x).tolist() for group in problem.groups] == [[at], [at]]


def test_a_program_of_extreme_entries_and_no_limits_has_units():
    # The program of slopes at a plan: every side is 0 or none, so nothing tells how large its plans are.
    from scipy import sparse

    a = sparse.csc_array(np.array([[1e-7, 1.0], [1.0, 1e7]]))
    none, zero = np.full(2, -np.inf), np.zeros(2)
    labels = tuple(("row", (str(i),)) for i in range(2))
    found = scales(Matrices(a, none, zero, none, zero, np.ones(2), np.zeros(2, dtype=bool), 0.0, labels))
    entries = np.abs(a.toarray()) * found.row[:, None] * found.column
    assert entries.min() > 0.1
    assert entries.max() < 10


def test_what_is_equal_but_for_rounding_is_ranked_by_name():
    sizes = {"b": 2.0, "a": 2.0 * (1 - 1e-12), "c": 3.0, "e": math.inf, "d": math.inf, "f": 2.0 * (1 - 1e-6)}
    assert ranked(sizes) == ["d", "e", "c", "a", "b", "f"]
