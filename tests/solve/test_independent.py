"""The optimum against a second formulation, and properties that any right model has."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from independent import best_value
from model_cases import workshop
from random_networks import random_network

from fabopt.model.families import ModelError
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Status

SEEDS = st.integers(0, 2**31)
EXACT = SolveOptions(gap=0.0)
few = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)


@few
@given(SEEDS)
def test_the_optimum_is_that_of_a_formulation_written_by_somebody_else(seed):
    net = random_network(seed)
    best = best_value(net)
    solution = solve(net, EXACT)
    if best is None:
        assert solution.status is Status.INFEASIBLE
        return
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert sum(solution.objective_terms.values()) == pytest.approx(best, rel=1e-6, abs=1e-6)


def test_the_random_networks_use_every_feature_and_most_have_a_plan():
    from fabopt.model import goals, remainder
    from fabopt.model.registry import FAMILIES
    from fabopt.model.sums import DEFINITIONS, LIMITS
    from fabopt.model.tables import model_tables

    nets = [random_network(seed) for seed in range(120)]
    seen = {name for net in nets for name in model_tables(net).rows}
    of_chains = {family.name for family in (*LIMITS, *DEFINITIONS, *remainder.FAMILIES)}
    of_chains -= {"group_limit", "contract_term"}
    of_chains |= {"min_off", "units_on", "shelf_life"}  # tests/network/test_plain_rules.py writes those down otherwise
    assert seen == {family.name for family in FAMILIES} - {family.name for family in goals.FAMILIES} - of_chains
    assert sum(best_value(net) is not None for net in nets) > 60


@few
@given(SEEDS, st.integers(1, 9))
def test_more_capacity_never_lowers_the_value(seed, more):
    net = random_network(seed)
    wider = replace(net, resources=tuple(replace(r, base=r.base + more) for r in net.resources))
    before, after = solve(net, EXACT), solve(wider, EXACT)
    if before.has_plan:
        assert after.has_plan
        assert after.objective >= before.objective - 1e-6 * max(1.0, abs(before.objective))


@few
@given(SEEDS)
def test_counting_materials_in_other_units_changes_no_money(seed):
    net = random_network(seed)
    size = {m.id: float(k + 2) for k, m in enumerate(net.materials)}
    scaled = _scaled(net, size)
    before, after = solve(net, EXACT), solve(scaled, EXACT)
    assert after.status == before.status
    if before.has_plan:
        assert after.objective == pytest.approx(before.objective, rel=1e-6, abs=1e-6)


def _scaled(net, size):
    """The same network with each material counted in units ``size`` times smaller."""

    def times(array, factor):
        return None if array is None else array * factor

    def material(m):
        k = size[m.id]
        return replace(
            m,
            opening=m.opening * k,
            receipts=times(m.receipts, k),
            carrying_cost=times(m.carrying_cost, 1 / k),
            disposal_cost=None if m.disposal_cost is None else m.disposal_cost / k,
            terminal_value=m.terminal_value / k,
            safety_stock=times(m.safety_stock, k),
            shortfall_cost=m.shortfall_cost / k,
            stock_limit=m.stock_limit * k,
        )

    def demand(d):
        k = size[d.material]
        steps = tuple(replace(s, width=s.width * k, value=s.value / k) for s in d.steps)
        return replace(
            d, quantity=d.quantity * k, steps=steps, backlog_cost=d.backlog_cost / k, lost_cost=d.lost_cost / k
        )

    counted = {("stock", m.id): size[m.id] for m in net.materials}
    counted |= {("demand", d.id): size[d.material] for d in net.demands}

    def terms(row):
        found = (replace(t, coefficient=t.coefficient / counted.get((t.kind, t.id), 1.0)) for t in row.terms)
        return replace(row, terms=tuple(found))

    return replace(
        net,
        materials=tuple(map(material, net.materials)),
        flows=tuple(replace(f, amount=f.amount * size[f.material]) for f in net.flows),
        unit_materials=tuple(replace(m, amount=m.amount * size[m.material]) for m in net.unit_materials),
        demands=tuple(map(demand, net.demands)),
        groups=tuple(map(terms, net.groups)),
        definitions=tuple(map(terms, net.definitions)),
        budgets=tuple(map(terms, net.budgets)),
    )


@few
@given(SEEDS)
def test_names_and_the_order_of_records_change_no_money(seed):
    net = random_network(seed)
    renamed = replace(
        net,
        activities=tuple(replace(a, id=f"z {a.id}", name="x") for a in reversed(net.activities)),
        flows=tuple(replace(f, activity=f"z {f.activity}") for f in reversed(net.flows)),
        uses=tuple(replace(u, activity=f"z {u.activity}") for u in net.uses),
        budgets=tuple(_renamed(b) for b in net.budgets),
        groups=tuple(_renamed(g) for g in net.groups),
        definitions=tuple(_renamed(row) for row in net.definitions),
        whole_groups=tuple(_renamed(w) for w in net.whole_groups),
    )
    before, after = solve(net, EXACT), solve(renamed, EXACT)
    assert after.status == before.status
    if before.has_plan:
        assert after.objective == pytest.approx(before.objective, rel=1e-6, abs=1e-6)


def _renamed(row):
    terms = (replace(t, id=f"z {t.id}") if t.kind == "activity" else t for t in row.terms)
    return replace(row, terms=tuple(terms))


@few
@given(SEEDS)
def test_a_price_is_the_slope_of_the_value_where_nothing_is_whole(seed):
    """In a linear program, one small step of a capacity changes the value by at most its price times the step."""
    net = random_network(seed)
    net = replace(
        net,
        activities=tuple(replace(a, lot=None, on_off=False, lower=None) for a in net.activities),
        units=tuple(replace(u, whole=False, min_order=0.0, fixed_cost=None) for u in net.units),
        whole_groups=(),
        budgets=(),
    )
    solution = solve(net, EXACT)
    if not solution.has_plan:
        return
    limits = [limit for limit in solution.limits if limit.family == "capacity" and limit.price > 1e-6]
    for limit in limits[:2]:
        step = 1e-3
        bases = tuple(
            replace(r, base=r.base + step * (np.arange(net.n_periods) == limit.period)) if r.id == limit.entity else r
            for r in net.resources
        )
        gain = solve(replace(net, resources=bases), EXACT).objective - solution.objective
        assert -1e-7 <= gain <= limit.price * step * (1 + 1e-6) + 1e-7


def test_ids_that_repeat_are_refused_with_a_sentence():
    net = workshop(1, (1,), (1,))
    with pytest.raises(ModelError, match="Two activities of the network have the id 'make'; ids must be unique"):
        solve(replace(net, activities=net.activities * 2))
