"""Small programs with exact answers, and values from scipy alone to hold fabopt's against."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.plan.groups import NO_RELIEF
from fabopt.plan.problem import ChokeProblem, sides

INF = np.inf


def complements():
    """A1: a chip needs 1 CoWoS and 8 HBM; capacities 100 and 800; worth 10; demand 1000."""
    rows = [([1], -INF, 100), ([8], -INF, 800)]
    return ChokeProblem.bare([10.0], rows, {"cowos": [0], "hbm": [1]}, upper=1000)


def redundant_tie():
    """A2: max x + y; r0: x + y <= 4; r1: x <= 2; r2: y <= 2; r3: x + 2 y <= 6; x, y <= 100."""
    rows = [([1, 1], -INF, 4), ([1, 0], -INF, 2), ([0, 1], -INF, 2), ([1, 2], -INF, 6)]
    return ChokeProblem.bare([1, 1], rows, {f"r{i}": [i] for i in range(4)}, upper=100)


def lots():
    """A3: lots of 25, worth 10 each piece, 110 pieces of the input: slack 10, and yet it binds."""
    return ChokeProblem.bare([250.0], [([25.0], -INF, 110)], {"input": [0]}, upper=100, integer=True)


def switch():
    """A4: max 6 x1 + 11 x2; x1 <= 100 z1; x2 <= 60 z2; z1 + z2 <= 1; x1 + 2 x2 <= 100."""
    rows = [([1, 0, -100, 0], -INF, 0), ([0, 1, 0, -60], -INF, 0), ([0, 0, 1, 1], -INF, 1), ([1, 2, 0, 0], -INF, 100)]
    return ChokeProblem.bare([6, 11, 0, 0], rows, {"cap": [3]}, upper=[INF, INF, 1, 1], integer=[0, 0, 1, 1])


def parametric(b=0.0):
    """A5 (Chvatal): max 5 x1 + 4 x2 + 3 x3; 2 x1 + 3 x2 + x3 <= b; 4 x1 + x2 + 2 x3 <= 11; 3 x1 + 4 x2 + 2 x3 <= 8."""
    rows = [([2, 3, 1], -INF, b), ([4, 1, 2], -INF, 11), ([3, 4, 2], -INF, 8)]
    return ChokeProblem.bare([5, 4, 3], rows, {"b": [0]})


def knapsack():
    """A6: 30 things, 4 limits, values in the millions, so that a gap of 1 % hides what one unit is worth."""
    dice = np.random.default_rng(3)
    weight = dice.integers(5, 60, (4, 30)).astype(float)
    worth = (weight.mean(0) + dice.integers(-8, 9, 30) + 10) * 1e4
    room = np.floor(weight.sum(1) * 0.35)
    rows = [(weight[i], -INF, room[i]) for i in range(4)]
    return ChokeProblem.bare(worth, rows, {f"k{i}": [i] for i in range(4)}, upper=1, integer=True)


def assembly():
    """Chip = 1 logic + 2 HBM + 1 CoWoS; 100 logic, 160 HBM, 90 CoWoS."""
    rows = [([1.0], -INF, 100), ([2.0], -INF, 160), ([1.0], -INF, 90)]
    return ChokeProblem.bare([1.0], rows, {"logic": [0], "hbm": [1], "cowos": [2]})


def infeasible_lines():
    """Two lines, whole tools of 60 pieces each, money for 1.7 tools, demand 100: only integers forbid a plan."""
    rows = [
        ([1, 0, -60, 0], -INF, 0),
        ([0, 1, 0, -60], -INF, 0),
        ([0, 0, 1, 1], -INF, 1.7),
        ([1, 1, 0, 0], 100, INF),
        ([0, 0, 1, 0], -INF, 1),
        ([0, 0, 0, 1], -INF, 1),
    ]
    groups = {"budget": [2], "demand": [3], "site 1": [4], "site 2": [5]}
    return ChokeProblem.bare([0] * 4, rows, groups, upper=[INF, INF, 5, 5], integer=[0, 0, 1, 1])


def exact(problem, **more):
    """An oracle without a gap."""
    return Oracle(problem, Effort(gap=0.0, **more))


def best(problem, relief=NO_RELIEF):
    """Value after a relief by scipy's milp; minus infinity where there is no plan."""
    m = problem.matrices
    low, high, top = sides(m, relief)
    answer = milp(
        -m.cost,
        constraints=LinearConstraint(m.a.toarray(), low, high),
        bounds=Bounds(m.column_lower, top),
        integrality=m.integer.astype(int),
        options={"mip_rel_gap": 0.0},
    )
    return -answer.fun if answer.status == 0 else -INF
