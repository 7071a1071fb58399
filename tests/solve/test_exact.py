"""What is exact: how far a plan breaks its limits, what is proved of it, and what an answer must bring."""

import math

import numpy as np
import pytest

from fabopt.solve.proof import proof
from fabopt.solve.verify import violation

NONE = np.inf
approx = pytest.approx


@pytest.mark.parametrize(
    ("value", "lower", "upper", "unit", "broken"),
    [
        (3, 5, NONE, 1, 2 / 5),  # relative to the limit
        (3, 5, NONE, 10, 2 / 10),  # or to its unit, where that is larger
        (3, -NONE, 2, 1, 1 / 2),
        (3, -NONE, 2, 4, 1 / 4),
        (3, -NONE, 0, 1, 3),
        (-3, -2, NONE, 1, 1 / 2),
        (3, -NONE, -2, 1, 5 / 2),
        (3, 3, 3, 1, 0),
        (3, -NONE, NONE, 1, 0),
        (3, 1, 9, 1, 0),
    ],
)
def test_a_limit_is_broken_by_a_share_of_its_size_or_of_its_unit(value, lower, upper, unit, broken):
    assert violation(*(np.array([float(x)]) for x in (value, lower, upper, unit))) == broken


def test_the_worst_of_all_sides_counts_and_nothing_breaks_nothing():
    one = np.ones(3)
    assert violation(np.array([0.0, 5.0, 1.0]), one, 4 * one, one) == 1.0
    assert violation(np.array([0.5, 12.0, 1.0]), one, 4 * one, one) == 2.0
    assert violation(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)) == 0.0


@pytest.mark.parametrize(
    ("objective", "bound", "apart", "gap", "denominator"),
    [
        (100, 101, 0, 0.01, 100),
        (100, 101, 90, 0.1, 10),
        (100, 101, 110, 0.1, 10),
        (-100, -99, 0, 0.01, 100),
        (100, 99, 0, 0.01, 100),
        (100, 101, 100, math.inf, 0),
        (100, 100, 100, 0, 0),
    ],
)
def test_the_gap_is_the_distance_by_what_the_plan_decides(objective, bound, apart, gap, denominator):
    found = proof(objective, bound, apart)
    assert (found.gap, found.denominator) == (gap, denominator)


@pytest.mark.parametrize("sizes", [{"constant_objective": 1e6}, {"size": 1e6}, {"constant_objective": -1e6}])
def test_what_differs_by_the_rounding_of_its_parts_is_the_same(sizes):
    assert proof(1.0, 1.0 + 0.9e-6, **sizes).gap == 0.0
    assert proof(1.0, 1.0 + 1.1e-6, **sizes).gap > 0.0


def test_the_sizes_of_plan_and_bound_round_too():
    assert proof(1e6, 1e6 + 0.9e-6).gap == 0.0
    assert proof(-1e6, -1e6 - 0.9e-6).gap == 0.0
    assert proof(1e6, 1e6 + 1.1e-6).gap > 0.0


def test_a_gap_as_wide_as_the_accuracy_of_the_solver_is_exact():
    assert proof(1e6, 1e6 + 1.0).exact
    assert proof(1e6, 1e6 + 1.0).within(0.0)
    assert not proof(1e6, 1e6 + 1.1).exact
    assert not proof(1e6, 1e6 + 1.1).within(0.0)
    assert proof(1e6, 1e6 + 1e4).within(0.01)
    assert not proof(1e6, 1e6 + 1.01e4).within(0.01)
