"""Warm answers over every kind of lever equal those of a solver that starts from nothing."""

import re
from pathlib import Path

import numpy as np
import pytest

from fabopt.domain.instance import Instance
from fabopt.io.levers import list_levers
from fabopt.io.load import apply_sets, load_tree
from fabopt.io.problems import InstanceError
from fabopt.io.validate import validate
from fabopt.model.build import build
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.solve.compile import compile_model
from fabopt.solve.options import SolveOptions
from fabopt.solve.patch import Patch, StructureChanged, difference, program_of
from fabopt.solve.session import HighsSession
from fabopt.solve.whatif import WhatIf

INSTANCES = Path(__file__).parents[2] / "instances"
GAP = 1e-7
OPTIONS = SolveOptions(gap=GAP)
FACTORS = ("*1.05", "*0.93", "*1.3")


def network(tree, *sets):
    return lower(validate(apply_sets(tree, sets, Instance), Instance))


def settings(tree):
    """Every lever with the first factor that the instance allows; a lever that allows none of them is left out."""
    found = (setting(tree, lever.path) for lever in list_levers(validate(tree, Instance)))
    return [text for text in found if text is not None]


def setting(tree, path):
    for factor in FACTORS:
        try:
            validate(apply_sets(tree, [f"{path}={factor}"], Instance), Instance)
        except InstanceError:
            continue
        return f"{path}={factor}"
    return None


def kinds(tree):
    """One setting of each kind of lever: those whose paths differ in ids and numbers alone are of one kind."""
    ids = {name for section in tree.raw.values() if isinstance(section, dict) for name in section}
    found = {}
    for lever in list_levers(validate(tree, Instance)):
        shape = tuple(re.sub(r"\d+", "#", "*" if part in ids else part) for part in lever.path.split("."))
        if found.get(shape) is None:
            found[shape] = setting(tree, lever.path)
    return [text for text in found.values() if text is not None]


def cold(net, x):
    """The program compiled from the Pyomo model, and its two optima: whole numbers held at ``x`` by name, and free."""
    model = build(net)
    program = compile_model(model)
    held, free = HighsSession(program), HighsSession(program)
    columns = [(block.name, key) for block in model.tables.columns for key in block.keys]
    at = np.array([x.get(column, 0.0) for column in columns])
    held.hold_integers(np.clip(np.round(at), program.column_lower, program.column_upper))
    return program, held.solve(), free.solve(gap=GAP, apart=net.standing_value)


def agree(ask, tree, todo):
    """Ask each question both ways and compare with solvers that start from nothing.

    Return how many trees were searched, and how many questions were a change of structure.
    """
    base = ask.base.tables
    x = dict(zip([(b.name, key) for b in base.columns for key in b.keys], ask.plan.tolist(), strict=True))
    live, first = HighsSession(program_of(base)), compile_model(build(base.net))
    searched = other = 0
    for sets in todo:
        net = network(tree, *sets)
        program, held, free = cold(net, x)
        patch = difference(base, model_tables(net))
        if isinstance(patch, StructureChanged):
            other += 1
        else:
            patch.apply(live)
            same(live, program)
            patch.undo(live)
            same(live, first)
        warm, full = ask.held(net), ask.full(net)
        assert (warm.cold is None) == (full.cold is None) == isinstance(patch, Patch), sets
        assert warm.ended is held.ended, sets
        assert full.ended is free.ended, sets
        if held.objective is not None:
            assert warm.objective == near(held.objective + net.constant_value, 1e-7), sets
        if free.objective is not None:
            assert full.objective == near(free.objective + net.constant_value, 2 * GAP), sets
            assert full.bound == near(free.bound + net.constant_value, 2 * GAP), sets
        searched += full.searched
    return searched, other


def near(value, share):
    return pytest.approx(value, rel=share, abs=1e-6)


def same(session, program):
    assert (session.a - program.a).count_nonzero() == 0
    for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "integer"):
        np.testing.assert_array_equal(getattr(session, name), getattr(program, name))


def test_every_kind_of_lever_of_the_tutorial():
    tree = load_tree(INSTANCES / "tutorial")
    todo = kinds(tree)
    words = " ".join(todo)
    for word in ("wafer_starts", "price", "yield", "lead", "cycle_time", "discount", "demand", "budget", "pue"):
        assert word in words
    _, other = agree(WhatIf.of(tree, OPTIONS), tree, [[setting] for setting in todo])
    assert 0 < other < len(todo) / 4  # most levers move numbers alone


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "textbook/food-manufacture-2", "textbook/lockbox"])
def test_every_lever(name):
    tree = load_tree(INSTANCES / name)
    agree(WhatIf.of(tree, OPTIONS), tree, [[setting] for setting in settings(tree)])


@pytest.mark.parametrize("name", ["wagner-whitin", "power-plants", "gandhi-cloth", "stockco"])
def test_every_kind_of_lever_where_whole_numbers_matter(name):
    tree = load_tree(INSTANCES / "textbook" / name)
    searched, _ = agree(WhatIf.of(tree, OPTIONS), tree, [[setting] for setting in kinds(tree)])
    assert searched > 0


def test_chains_of_changes_and_the_way_back():
    tree = load_tree(INSTANCES / "tutorial")
    steps = [
        "horizon.discount_rate=*1.2",
        "nodes.n3.cycle_time=*1.05",
        "sites.plains.pue=*1.1",
        "fabs.north.wafer_starts=*0.8",
    ]
    ask = WhatIf.of(tree, OPTIONS)
    before = ask.held()
    chain = [steps[:n] for n in (1, 2, 3, 4, 2, 1, 0)]
    agree(ask, tree, chain)
    for sets in chain:  # a lever setting is the network that it gives
        assert ask.held(sets).objective == near(ask.held(network(tree, *sets)).objective, 1e-9)
    np.testing.assert_array_equal(ask.held().x, before.x)
