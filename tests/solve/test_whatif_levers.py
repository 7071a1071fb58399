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
from fabopt.solve.matrices import program_of
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import Perturbation, StructureChanged, difference
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


def held_from_nothing(net, program, x):
    """The program with integers held at ``x`` (by the names of the decisions), in a session of its own."""
    session, columns = HighsSession(program), names(model_tables(net))
    at = np.array([x.get(column, 0.0) for column in columns])
    session.hold_integers(np.clip(np.round(at), program.column_lower, program.column_upper))
    return session.solve()


def names(tables):
    return [(block.name, key) for block in tables.columns for key in block.keys]


def agree(ask, tree, todo, every=1):
    """Ask each question (with all decisions free: one in ``every``) and compare with solvers that start from nothing.

    Return how many trees were searched, and how many questions were a change of structure.
    """
    base = ask.base.tables
    x = dict(zip(names(base), ask.plan.tolist(), strict=True))
    live, first = HighsSession(program_of(base)), compile_model(build(base.net))
    searched = other = 0
    for number, sets in enumerate(todo):
        net = network(tree, *sets)
        program = compile_model(build(net))
        patch = difference(base, model_tables(net))
        if isinstance(patch, StructureChanged):
            other += 1
        else:
            patch.apply(live)
            same(live, program)
            patch.undo(live)
            same(live, first)
        warm, held = ask.held(net), held_from_nothing(net, program, x)
        assert (warm.cold is None) == isinstance(patch, Perturbation), sets
        equal(warm, held, net, 1e-7, sets)
        if number % every == 0:
            full, free = ask.full(net), HighsSession(program).solve(gap=GAP, constant_objective=net.standing_value)
            equal(full, free, net, 2 * GAP, sets)
            if free.bound is not None:
                assert full.bound == near(free.bound + net.constant_value, 2 * GAP), sets
            searched += full.searched
    return searched, other


def equal(answer, outcome, net, share, sets):
    assert answer.ended is outcome.ended, sets
    if outcome.objective is not None:
        assert answer.objective == near(outcome.objective + net.constant_value, share), sets


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
    _, other = agree(WhatIf.of(tree, OPTIONS), tree, [[setting] for setting in todo], every=10)
    assert 0 < other < len(todo) / 4  # most levers move numbers alone


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "textbook/lockbox"])
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
