"""Limits on random chains against a whole second program with every stop written out: the same optimum."""

import numpy as np
import pytest
from independent import program
from random_chains import LABS, OWNERS, instance, random_chain
from stopped import add_copy, keep

from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

SEEDS = range(12)


def optimum(raw, **sections):
    solution = solve(lower(instance(raw, **sections)), SolveOptions(gap=0.0))
    assert solution.has_plan
    return solution.value


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_remain_costs_what_it_costs_with_every_stop_written_out(seed):
    raw = random_chain(seed)
    share = float(np.random.default_rng(seed).choice([0.5, 0.7, 0.9]))
    net = lower(instance(raw))
    second = program(net)
    for owner in OWNERS:
        for first in range(net.n_periods):
            name = f"{owner} {first}"
            add_copy(second, net, owner, first, min(first + 1, net.n_periods - 1), name)
            for lab in LABS:
                for t in range(first, net.n_periods):
                    keep(second, net, lab, [t], share, name)
    limit = {"of": "owner", "share": share, "stop": "6 month"}
    assert optimum(raw, resilience={"all": limit}) == pytest.approx(second.best(), rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_maker_of_tools_that_stops_costs_what_it_costs_with_every_stop_written_out(seed):
    """Its orders are lost, not what it delivers: 97 % must remain, with nothing of its own in the chips."""
    raw = random_chain(seed)
    net = lower(instance(raw))
    second = program(net)
    for first in range(net.n_periods):
        add_copy(second, net, "tooler", first, net.n_periods - 1, f"tooler {first}")
        for t in range(first, net.n_periods):
            keep(second, net, "two", [t], 0.97, f"tooler {first}")
    limit = {"of": "owner", "suppliers": ["tooler"], "labs": ["two"], "share": 0.97, "stop": "5 year"}
    assert optimum(raw, resilience={"one": limit}) == pytest.approx(second.best(), rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cap_on_what_is_made_with_a_company_is_what_remains_if_it_never_begins_anything(seed):
    raw = random_chain(seed)
    dice = np.random.default_rng(seed)
    share, by_year = float(dice.choice([0.3, 0.5])), bool(dice.random() < 0.5)
    net = lower(instance(raw))
    second = program(net)
    spans = [[0, 1, 2, 3], [4]] if by_year else [[t] for t in range(5)]
    for owner in ("alpha", "packer"):
        add_copy(second, net, owner, 0, net.n_periods - 1, owner)
        for periods in spans:
            keep(second, net, "one", periods, 1.0 - share, owner)
    cap = {"of": "owner", "suppliers": ["alpha", "packer"], "labs": ["one"], "share": share}
    found = optimum(raw, diversity={"cap": {**cap, "by": "year" if by_year else "period"}})
    assert found == pytest.approx(second.best(), rel=1e-7, abs=1e-6)


def test_the_limits_of_these_tests_do_bind():
    costs = [optimum(random_chain(seed)) for seed in SEEDS]
    limit = {"of": "owner", "share": 0.7, "stop": "6 month"}
    limited = [optimum(random_chain(seed), resilience={"all": limit}) for seed in SEEDS]
    assert sum(a > b + 1e-3 for a, b in zip(costs, limited, strict=True)) >= len(SEEDS) / 2
