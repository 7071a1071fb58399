"""Policies on the tutorial's chain: both tiers, work in progress, orders that follow demand, prices of policies."""

from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.analysis.allocation.study import measured
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.policy_claims import splits
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

INSTANCES = Path(__file__).parents[2] / "instances"


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial")


def shares(**of):
    return {name: {"share": share} for name, share in of.items()}


TIERS = {
    "fab starts": {"fabs": ["north", "south"]},
    "a packaging line": {"packaging_lines": ["bridgeworks"]},
    "HBM stacking": {"memory_makers": ["bitstack"]},
    "substrates": {"components": ["large"]},
    "chips to labs": {"chips": ["falcon"]},
}
CUSTOMERS = {
    "fab starts": shares(merlin=0.1, cirrus=0.05, monolith=0.05, phones=0.8),
    "a packaging line": shares(merlin=0.4, cirrus=0.6),
    "HBM stacking": shares(merlin=0.3, cirrus=0.7),
    "substrates": shares(merlin=0.2, cirrus=0.8),
    "chips to labs": shares(aurora=0.5, borealis=0.5),
}


@pytest.mark.parametrize("tier", TIERS)
def test_nobody_gets_more_than_its_share_of_capacity_with_expansions_and_work_in_progress(tutorial, tier):
    """Use, counted from the plan's tables anew with what was in work, is at most s K in each period."""
    policy = {"splits": TIERS[tier], "rule": "shares", "customers": CUSTOMERS[tier]}
    data = tutorial.with_({"policies": {"split": policy}}).data
    chain, net = lower_chain(data)
    plan = solve(net, SolveOptions(gap=1e-4))
    (split,) = splits(chain, net)
    scope = split.scope
    capacity = scope.base + measured(scope.added, net, plan)
    binding = 0
    for v, claim in CUSTOMERS[tier].items():
        use = scope.spent[v] + measured(scope.use[v], net, plan)
        allowed = np.maximum(claim["share"] * capacity, scope.spent[v])
        assert np.all(use <= allowed + 1e-6)
        binding += int(np.sum(np.isclose(use, allowed, atol=1e-6)))
    assert binding > 0


@pytest.mark.parametrize(("tools", "status"), [(1, "optimal"), (2, "infeasible")])
def test_a_fab_owner_takes_scanners_from_its_share_of_the_makers_output_in_the_year_of_delivery(
    tutorial, tools, status
):
    """Ordered one a quarter from 2027Q1, delivered twelve months later: 25 % of the 5.5 tools of 2028 are 1.4."""
    policy = {
        "splits": {"scanners": ["euv"]},
        "rule": "shares",
        "by": "year",
        "customers": shares(**{"silicon-north": 0.75, "bitstack": 0.25}),
    }
    pins = {"scanner:euv:memory-bay": dict.fromkeys(("2027Q1", "2027Q2")[:tools], 1)}
    assert tutorial.with_({"pins.units": pins}).solve().has_plan
    found = tutorial.with_({"policies": {"split": policy}, "pins.units": pins}).solve(gap=1e-4)
    assert found.status.replace("within_gap", "optimal") == status


def test_use_and_capacity_of_a_line_are_those_of_the_plans_own_tables(tutorial):
    policy = {"splits": TIERS["a packaging line"], "rule": "shares", "customers": CUSTOMERS["a packaging line"]}
    chosen = tutorial.with_({"policies": {"split": policy}})
    chain, net = lower_chain(chosen.data)
    plan = solve(net, SolveOptions(gap=1e-4))
    (split,) = splits(chain, net)
    limits = {s.period: s for s in plan.limits if s.family == "capacity" and s.entity == "packaging:bridgeworks"}
    spent = np.sum([*split.scope.spent.values()], axis=0)
    capacity = split.scope.base + measured(split.scope.added, net, plan)
    use = np.sum([measured(expression, net, plan) for expression in split.scope.use.values()], axis=0)
    for t, state in limits.items():
        assert state.limit + spent[t] == pytest.approx(capacity[t], abs=1e-6)
        assert state.used == pytest.approx(use[t], abs=1e-6)


def test_orders_for_interposers_follow_demand_as_worked_by_hand(tutorial):
    """Borealis alone wants ospreys: half of its new compute, from 2028 on, in thousands of wafers a quarter.

    Growth of 1,200 - 300 over the three years to the end of 2029 is smooth, so new compute in 2028Q2 is what Q0 lacks
    against 0.97^(1/4) of the quarter before; 2.19 H100 equivalents an osprey, 92 % assembled, N per wafer, 95 % good.
    """
    policy = {"splits": TIERS["a packaging line"], "rule": "proportional", "orders": "demand"}
    chain, net = lower_chain(tutorial.with_({"policies": {"split": policy}}).data)
    (split,) = splits(chain, net)
    order = split.claims[4].orders[split.customers.index("cirrus")]
    data = tutorial.data
    lab, osprey = data.labs["borealis"], data.chips["osprey"]
    spans = [(p.start, p.end) for p in chain.periods]
    q = [lab.demand.total.mean(*span) for span in spans]
    usable = [osprey.usable.mean(*span) for span in spans]
    bom = osprey.boms["standard"]
    per_wafer = 0.95 * 0.92 * packages(bom.interposer_area.value)
    wanted = [
        0.5 * (q[t] - 0.97**0.25 * q[t - 1]) / ((0.3 * 1.7 + 0.7 * 2.4) * usable[t]) / per_wafer for t in range(1, 10)
    ]
    # Interposers and assembly take 1.5 months each, of which half falls a quarter on, installation one month: a third.
    later = np.convolve(np.convolve([1 / 2, 1 / 2], [1 / 2, 1 / 2]), [2 / 3, 1 / 3])
    assert later @ range(4) == pytest.approx(4 / 3)
    assert order == pytest.approx(later @ wanted[4 - 1 : 8 - 1], rel=1e-9)


def test_orders_for_substrates_follow_demand_as_worked_by_hand(tutorial):
    """One a package of osprey, 92 % assembled; installation, assembly and delivery take 1, 1.5 and 2 months, of which a
    third, a half and two thirds fall a quarter on.
    """
    policy = {"splits": TIERS["substrates"], "rule": "proportional", "orders": "demand"}
    chain, net = lower_chain(tutorial.with_({"policies": {"split": policy}}).data)
    (split,) = splits(chain, net)
    lab, osprey = tutorial.data.labs["borealis"], tutorial.data.chips["osprey"]
    spans = [(p.start, p.end) for p in chain.periods]
    q, usable = ([series.mean(*span) for span in spans] for series in (lab.demand.total, osprey.usable))
    wanted = [0.5 * (q[t] - 0.97**0.25 * q[t - 1]) / ((0.3 * 1.7 + 0.7 * 2.4) * usable[t]) / 0.92 for t in (4, 5, 6, 7)]
    order = split.claims[4].orders[split.customers.index("cirrus")]
    later = np.convolve(np.convolve([2 / 3, 1 / 3], [1 / 2, 1 / 2]), [1 / 3, 2 / 3])
    assert order == pytest.approx(later @ wanted, rel=1e-9)


def packages(area):
    from fabopt.domain.nodes import gross_dies_per_wafer

    return gross_dies_per_wafer(area)


def test_the_price_of_a_policy_is_no_less_than_nothing_and_bounded_by_both_plans(tutorial):
    policy = {"splits": TIERS["chips to labs"], "rule": "shares", "customers": CUSTOMERS["chips to labs"]}
    chosen = tutorial.with_({"policies": {"split": policy}})
    study = chosen.allocate().records
    low, high = study.price
    assert 0 < low <= high
    free = tutorial.solve()
    assert study.without.low == pytest.approx(free.objective, rel=1e-9)
    assert study.value.low == pytest.approx(chosen.solve().objective, rel=1e-9)
    assert chosen.with_({"policy_mode": "off"}).solve().objective == pytest.approx(free.objective, rel=1e-9)
    frame = study.frame
    assert set(frame["customer"]) == {"aurora", "borealis"}
    assert frame["used"].sum() > 0


def test_a_least_number_of_labs_is_served_from_the_first_period_in_which_chips_ship(tutorial):
    policy = {"splits": TIERS["chips to labs"], "rule": "value", "least": {"customers": 2, "share": 0.3}}
    chosen = tutorial.with_({"policies": {"split": policy}})
    shipped = chosen.solve().shipments.query("chip == 'falcon'").groupby(["period", "lab"])["kaccelerator"].sum()
    for _, of_period in shipped.unstack(fill_value=0.0).iterrows():
        assert of_period.min() >= 0.3 * of_period.sum() - 1e-6


def test_validation_finds_nothing_odd_in_what_policies_add(tutorial):
    policy = {
        "splits": TIERS["a packaging line"], "rule": "shares", "returns": 0.5,
        "customers": {"merlin": {"share": 0.4, "floor": 0.1}, "cirrus": {"share": 0.6}},
        "least": {"customers": 1, "share": 0.1},
    }  # fmt: skip
    assert tutorial.with_({"policies": {"split": policy}}).validate() == tutorial.validate()
