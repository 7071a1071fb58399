"""From the tables to the matrices directly, and through Pyomo: the same program either way."""

import sys
from pathlib import Path

import numpy as np
import pytest
from model_cases import workshop
from random_networks import random_network

import fabopt
from fabopt.model.aim import Aim
from fabopt.model.build import build
from fabopt.solve.formulate import formulate
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

INSTANCES = Path(__file__).parents[2] / "instances"
FOLDERS = sorted(path.parent for path in INSTANCES.glob("**/instance.yaml"))
LARGE = {"frontier", "backcast"}
approx = pytest.approx


def same(net, aim=None):
    """Hold both ways against each other, to the last bit."""
    direct = formulate(net, aim)
    through = formulate(net, aim, through_pyomo=True)
    one, two = direct.program, through.program
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(one.a, part), getattr(two.a, part)), part
        assert getattr(one.a, part).dtype == getattr(two.a, part).dtype, part
    assert one.a.shape == two.a.shape
    for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "integer"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.offset == two.offset == 0.0
    assert one.labels == two.labels
    assert direct.tables.limits == through.tables.limits
    assert len(direct.tables.limits)
    assert direct.registered == through.registered == ()


def named(net, aim=None):
    """Hold the names of Pyomo's variables and rows against the keys of the tables."""
    model = build(net, aim=aim)
    keys = [(block.name, key) for block in model.tables.columns for key in block.keys]
    found = [(v.parent_component().name, v.index()) for v in model.variables]
    assert found == [(name, key[0] if len(key) == 1 else key) for name, key in keys]
    rows = [(name, data.index()) for name in model.tables.rows for data in model.pyomo.component(name).values()]
    program = formulate(net, aim).program
    assert rows == [(name, key[0] if len(key) == 1 else key) for name, key in program.labels]


@pytest.mark.parametrize(
    "folder",
    [pytest.param(f, id=f.name, marks=[pytest.mark.slow] if f.name in LARGE else []) for f in FOLDERS],
)
def test_both_ways_give_the_same_program_on_every_shipped_instance_and_scenario(folder):
    instance = fabopt.load(folder)
    same(instance.network)
    for scenario in instance.scenarios:
        same(fabopt.load(folder, scenario).network)


@pytest.mark.parametrize("folder", [INSTANCES / "tutorial", INSTANCES / "textbook" / "food-manufacture-2"])
def test_pyomo_names_its_variables_and_rows_as_the_tables_do(folder):
    named(fabopt.load(folder).network)


@pytest.mark.parametrize("number", range(12))
def test_both_ways_give_the_same_program_on_random_networks(number):
    same(random_network(number))


@pytest.mark.parametrize("aim", [Aim(target=12.0), Aim(target=3.0, measure="rate"), Aim(fairness=True)])
def test_both_ways_give_the_same_program_with_the_columns_that_an_objective_asks_for(aim):
    net = fabopt.load(INSTANCES / "tutorial").network
    same(net, aim)
    named(net, aim)


def test_both_ways_give_the_same_plan():
    net = random_network(5)
    direct, through = solve(net), solve(net, SolveOptions(through_pyomo=True))
    assert direct.columns.tolist() == through.columns.tolist()
    assert direct.objective == through.objective
    assert direct.limits == through.limits
    assert (direct.options.through_pyomo, through.options.through_pyomo) == (False, True)


def test_pyomo_sees_the_program_where_a_hook_or_an_option_asks_for_it_and_else_not(monkeypatch):
    net = workshop(1, (10,), (10,))
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "fabopt.model.build", None)  # an import of it fails
        assert solve(net).objective == approx(40)
        for options, extra in ((SolveOptions(through_pyomo=True), ()), (None, [lambda m, model: None])):
            with pytest.raises(ImportError):
                solve(net, options, extra=extra)
    assert solve(net, SolveOptions(through_pyomo=True)).objective == approx(40)


def test_an_instance_hands_its_pyomo_model_out_with_what_the_objective_asks_for():
    instance = fabopt.load(INSTANCES / "tutorial")
    assert instance.model().pyomo.component("reached") is None
    model = instance.model("time_to_compute", target=5.0)
    assert len(model.pyomo.reached) == len(instance.network.periods)
    assert len(model.pyomo.capacity) == len(model.tables.rows["capacity"])
