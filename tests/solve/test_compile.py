"""Compiling the Pyomo model gives the tables again, and what users add to it."""

import pyomo.environ as pyo
import pytest
from family_cases import family_case
from model_cases import workshop
from random_networks import random_network

from fabopt.model.build import build, settled_rows
from fabopt.model.families import ModelError
from fabopt.model.limits import Limit
from fabopt.model.objective import cost_vector
from fabopt.model.registry import FAMILIES
from fabopt.solve.compile import compile_model
from fabopt.solve.run import solve

approx = pytest.approx


def dense(tables):
    """Matrix and bounds of the tables, stacked without the help of the compiler."""
    import numpy as np

    matrix = np.zeros((tables.n_rows, tables.columns.n))
    lower, upper, labels = [], [], []
    for name, rows in settled_rows(tables).items():
        for r, c, v in zip(rows.row, rows.col, rows.val, strict=True):
            matrix[tables.offsets[name] + r, c] += v
        lower += rows.lower.tolist()
        upper += rows.upper.tolist()
        labels += [(name, key) for key in rows.keys]
    return matrix, lower, upper, labels


@pytest.mark.parametrize(
    ("net", "aim"),
    [
        *(family_case(family.name) for family in FAMILIES[::4]),
        family_case("target"),
        *((random_network(n), None) for n in range(8)),
    ],
)
def test_the_compiled_matrix_is_that_of_the_tables(net, aim):
    model = build(net, aim=aim)
    compiled = compile_model(model)
    matrix, lower, upper, labels = dense(model.tables)
    assert (compiled.a.toarray() == matrix).all()
    assert compiled.row_lower.tolist() == lower
    assert compiled.row_upper.tolist() == upper
    assert list(compiled.labels) == labels
    assert (compiled.column_lower == model.tables.columns.stacked("lower")).all()
    assert (compiled.column_upper == model.tables.columns.stacked("upper")).all()
    assert (compiled.integer == model.tables.columns.stacked("integer")).all()
    assert (compiled.cost == cost_vector(model.tables.terms, model.tables.columns.n)).all()
    assert compiled.a.data.all()


def test_a_change_of_values_changes_no_place_in_the_tables():
    # A what-if is a difference of arrays: capacity, a yield that becomes zero in one period, a price.
    from dataclasses import replace

    from fabopt.model.tables import model_tables

    net = random_network(11)
    flows = tuple(replace(f, amount=f.amount * [0, *[1] * (net.n_periods - 1)]) for f in net.flows)
    other = replace(net, flows=flows, resources=tuple(replace(r, base=r.base * 2) for r in net.resources))
    one, two = model_tables(net), model_tables(other)
    assert list(one.rows) == list(two.rows)
    for name in one.rows:
        assert one.rows[name].keys == two.rows[name].keys
        assert (one.rows[name].col == two.rows[name].col).all()
        assert (one.rows[name].row == two.rows[name].row).all()
    assert (one.columns.stacked("lower") == two.columns.stacked("lower")).all()


# -- what users add ----------------------------------------------------------------------------------------------------


def test_a_constraint_of_a_user_binds_and_its_limit_has_a_price():
    # At most 15 sold in both periods together: 15 x 4, and one more is worth 4.
    def hook(m, model):
        m.quota = pyo.Constraint(expr=m.deliver["shop", "1", "P1"] + m.deliver["shop", "1", "P2"] <= 15)
        limit = Limit("quota", "shop", "Quota", -1, "state", "law", "", "unit", -1, -1, "upper", "law", False)
        model.register(m.quota, limit)

    solution = solve(workshop(2, (10, 10), (10, 10)), extra=[hook])
    assert solution.objective == approx(60)
    quota = next(limit for limit in solution.limits if limit.family == "quota")
    assert (quota.limit, quota.used, quota.slack, quota.price) == approx((15, 15, 0, 4))
    assert quota.owner == "state"


def test_a_user_may_add_variables_indexed_rows_and_value():
    # A donation of up to 3 goods in each period, worth 9 each, from a line of 10 that sells at 5.
    def hook(m, model):
        m.gift = pyo.Var(["P1", "P2"], bounds=(0, 3))
        m.taken = pyo.Constraint(["P1", "P2"], rule=lambda m, t: m.gift[t] + m.deliver["shop", "1", t] <= 10)
        m.value.set_value(m.value.expr + 9 * sum(m.gift.values()))

    solution = solve(workshop(2, (10, 10), (10, 10), cost=0), extra=[hook])
    assert solution.objective == approx(2 * (3 * 9 + 7 * 5))
    assert solution.objective_terms["added"] == approx(2 * 3 * 9)
    assert sum(solution.objective_terms.values()) == approx(solution.objective)


def test_a_user_may_fix_a_decision_and_switch_a_row_off():
    def fixed(m, model):
        m.start["make", "P1"].fix(2.0)

    def freed(m, model):
        m.capacity["line", "P2"].deactivate()

    net = workshop(2, (10, 10), (30, 30))
    assert solve(net, extra=[fixed]).objective == approx((2 + 10) * 4)
    open_line = solve(net, extra=[freed])
    assert open_line.objective == approx((10 + 30) * 4)
    assert open_line.prices["capacity"].tolist() == approx([4, 0])


def test_a_curved_constraint_is_refused_with_a_sentence():
    def hook(m, model):
        m.curve = pyo.Constraint(expr=m.start["make", "P1"] ** 2 <= 15)

    with pytest.raises(ModelError, match="Constraint 'curve' is not linear"):
        solve(workshop(1, (10,), (10,)), extra=[hook])


def test_a_second_objective_is_refused_with_a_sentence():
    def hook(m, model):
        m.other = pyo.Objective(expr=m.start["make", "P1"])

    with pytest.raises(ModelError, match="2 active objectives; it needs exactly one"):
        solve(workshop(1, (10,), (10,)), extra=[hook])


def test_a_limit_of_a_constraint_that_is_not_in_the_model_is_refused():
    def hook(m, model):
        m.quota = pyo.Constraint(expr=m.start["make", "P1"] <= 15)
        m.quota.deactivate()
        model.register(m.quota, Limit("quota", "x", "Quota", -1, "", "", "", "unit", -1, -1, "upper", "law", False))

    with pytest.raises(ModelError, match="'Quota' is registered for a constraint that is not in the model"):
        solve(workshop(1, (10,), (10,)), extra=[hook])


def test_pyomos_own_interface_to_highs_finds_the_same_value():
    net = random_network(3)
    ours = solve(net)
    model = build(net)
    result = pyo.SolverFactory("highs").solve(model.pyomo)
    assert str(result.solver.termination_condition) == "optimal"
    assert pyo.value(model.pyomo.value) + net.constant_value == approx(ours.objective, rel=1e-5)
