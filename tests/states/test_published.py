"""Published programs in two and three stages, with whole decisions too, each against an extensive form by hand."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.optimize import LinearConstraint, milp

import fabopt

approx = pytest.approx
PROGRAMS = Path(__file__).parents[2] / "instances" / "stochastic"


def least(cost, rows, upper, whole=0, fixed=None):
    """The least cost of columns from nought to `upper`; each row is its entries by column, and at least a side."""
    matrix, sides, lower = np.zeros((len(rows), len(cost))), [side for _, side in rows], np.zeros(len(cost))
    for row, (entries, _) in zip(matrix, rows, strict=True):
        for at, value in entries.items():
            row[at] = value
    upper = np.array(upper, dtype=float)
    for at, value in (fixed or {}).items():
        lower[at] = upper[at] = value
    result = milp(
        cost,
        bounds=(lower, upper),
        integrality=np.broadcast_to(whole, len(cost)),
        constraints=LinearConstraint(matrix, sides, np.inf),
        options={"mip_rel_gap": 0},
    )
    assert result.status == 0
    return result.fun, result.x


TWO = ((0.4, 500, 100, 24, 28), (0.6, 300, 300, 28, 32))
"""Birge and Louveaux 1997, section 5.1: probability, the most of each product that sells, what each earns."""


def two_products(states, fixed=None):
    """Two plants, then for each state how much is made of each product."""
    cost, upper, rows = [100.0, 150], [np.inf] * 2, [({0: 1}, 40), ({1: 1}, 20), ({0: -1, 1: -1}, -120)]
    for share, first, second, earns, too in states:
        at = len(cost)
        cost += [-share * earns, -share * too]
        upper += [first, second]
        rows += [({0: 60, at: -6, at + 1: -10}, 0), ({1: 80, at: -8, at + 1: -5}, 0)]
    return least(cost, rows, upper, fixed=fixed)


def test_two_products_have_the_published_value_of_information_and_of_the_stochastic_solution():
    """What StochasticPrograms.jl states (test/problems/simple.jl): RP, WS, EVPI, VSS, EV, EEV, and what is built."""
    result = fabopt.load(PROGRAMS / "two-products").solve(states="all")
    own, by_hand = result.hedge(solves=4).records.information, two_products(TWO)
    assert result.objective == approx(855.83, abs=0.005)
    assert result.objective == approx(-by_hand[0], rel=1e-9)
    assert sorted(result.now.table("orders")["ordered"]) == [approx(36.25, abs=0.005), approx(46.67, abs=0.005)]
    assert own.wait_and_see == approx(1518.75, abs=0.005)
    assert own.mean_value == approx(1445.92, abs=0.005)
    assert own.frozen == approx(568.92, abs=0.005)
    assert own.perfect_information == approx(662.92, abs=0.005)
    assert own.stochastic_solution == approx(286.92, abs=0.005)
    mean = two_products([(1, 380, 220, 26.4, 30.4)])
    assert own.mean_value == approx(-mean[0], rel=1e-9)
    assert own.frozen == approx(-two_products(TWO, dict(enumerate(mean[1][:2])))[0], rel=1e-9)
    alone = [share * two_products([(1, *state)])[0] for share, *state in TWO]
    assert own.wait_and_see == approx(-sum(alone), rel=1e-9)


def air_conditioners(fixed=None, months=((100,), (100, 300), (100, 300))):
    """What is made, made in overtime and kept at each node of the tree of months."""
    nodes, cost, rows = [((), 0)], [], []  # a path of orders, and the first column of its node
    for path in (path for depth in range(3) for path in product(*months[: depth + 1])):
        at = len(cost)
        share = 1 / np.prod([len(month) for month in months[: len(path)]])
        cost += [share * 100, share * 300, share * 50]
        before = dict(nodes)[path[:-1]]
        kept = {before + 2: 1} if path[:-1] else {}
        # What comes in is what is ordered and what is kept: a row for each side of the equation.
        balance = {at: 1, at + 1: 1, at + 2: -1} | kept
        rows += [(balance, path[-1]), ({column: -value for column, value in balance.items()}, -path[-1])]
        nodes.append((path, at))
    return least(cost, rows, [200, np.inf, np.inf] * (len(cost) // 3), whole=1, fixed=fixed)


def test_air_conditioners_in_three_stages_are_the_extensive_form():
    """Birge and Louveaux 1997, section 7.1: 6.25 in hundreds; in whole units 62,500 (SDDP.jl, air_conditioning.jl)."""
    result = fabopt.load(PROGRAMS / "air-conditioners").solve(states="all")
    own, by_hand = result.hedge(solves=6).records.information, air_conditioners()
    assert by_hand[0] == approx(62_500, abs=1e-3)
    assert result.objective == approx(62_500, abs=1e-3)
    assert list(result.now.table("core/activities").query("id == 'make'")["level"]) == [200]
    # Each course of orders alone: made as late as the 200 a month allow, and one hundred in overtime at the worst.
    courses = product((100,), (100, 300), (100, 300))
    alone = [air_conditioners(months=[(orders,) for orders in course])[0] for course in courses]
    assert alone == approx([30_000, 55_000, 55_000, 95_000])
    assert own.wait_and_see == approx(np.mean(alone))
    assert own.perfect_information == approx(62_500 - 58_750)
    # For mean orders 100 are made in January: one hundred too few where February is hot.
    mean = air_conditioners(months=((100,), (200,), (200,)))
    assert own.mean_value == approx(mean[0])
    assert own.frozen == approx(air_conditioners(dict(enumerate(mean[1][:3])))[0])


def integer_recourse(levels):
    """Two goods sold now; then, for each pair of levels, four projects done or not."""
    states = list(product(levels, repeat=2))
    cost, upper, rows = [-1.5, -4.0], [5, 5], []
    for left, right in states:
        at = len(cost)
        cost += [-worth / len(states) for worth in (16, 19, 23, 28)]
        upper += [1] * 4
        for good, there, needs in ((0, left, (2, 3, 4, 5)), (1, right, (6, 1, 3, 2))):
            rows.append(({good: -1} | {at + k: -need for k, need in enumerate(needs)}, -there))
    return least(cost, rows, upper, whole=[0, 0] + [1] * (len(cost) - 2))


@pytest.mark.parametrize(
    ("levels", "published"),
    [
        pytest.param((5, 15), 57.00, id="4", marks=pytest.mark.slow),
        pytest.param((5, 10, 15), 59.33, id="9"),
        pytest.param((5, 7, 9, 11, 13, 15), 61.22, id="36", marks=pytest.mark.slow),
    ],
)
def test_whole_projects_after_the_fact_are_worth_what_is_published(levels, published, tmp_path):
    """Schultz, Stougie and van der Vlerk 1998: minima of -57.00, -59.33 and -61.22 with 4, 9 and 36 scenarios."""
    raw = yaml.safe_load((PROGRAMS / "integer-recourse" / "instance.yaml").read_text("utf-8"))
    for side, event in raw["events"].items():
        more, share = f"network.materials.{side}.receipts.1", 1 / len(levels)
        event["outcomes"] = {f"{side}-{k}": {"probability": share, "set": {more: k - 5}} for k in levels}
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    result, by_hand = fabopt.load(tmp_path).solve(states="all", gap=0), integer_recourse(levels)
    assert len(result.states) == len(levels) ** 2
    assert result.objective == approx(published, abs=0.005)
    assert result.objective == approx(-by_hand[0], rel=1e-6)
