"""No plan: the worked example with exact sets, brute force over all sets, and the words and files of an instance."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import fabopt
from fabopt.analysis.choke.infeasible import no_plan, repairs_and_conflicts
from fabopt.analysis.choke.places import field_of, place_of
from fabopt.analysis.choke.problem import ChokeProblem
from fabopt.model.tables import model_tables

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

INF = np.inf
# Two lines make x1 and x2, 60 each for a whole tool; 1.7 tools may be bought, one a site; 100 are wanted.
ROWS = [
    ([1, 0, -60, 0], -INF, 0),
    ([0, 1, 0, -60], -INF, 0),
    ([0, 0, 1, 1], -INF, 1.7),
    ([1, 1, 0, 0], 100, INF),
    ([0, 0, 1, 0], -INF, 1),
    ([0, 0, 0, 1], -INF, 1),
]
GROUPS = {"budget": [2], "demand": [3], "site 1": [4], "site 2": [5]}


def _tools(budget: float = 1.7) -> ChokeProblem:
    rows = [*ROWS[:2], ([0, 0, 1, 1], -INF, budget), *ROWS[3:]]
    return ChokeProblem.bare([0, 0, 0, 0], rows, GROUPS, upper=[INF, INF, 5, 5], integer=[False, False, True, True])


def test_a_budget_of_1_7_whole_tools_conflicts_with_a_demand_of_100_and_either_repairs_it() -> None:
    problem = _tools()
    found = repairs_and_conflicts(problem.matrices, problem.groups)
    assert [[n.id for n in s] for s in found.repairs] == [["budget"], ["demand"]]
    assert [[n.id for n in s] for s in found.conflicts] == [["budget", "demand"]]
    assert found.whole_numbers_only
    assert found.complete


def test_with_a_budget_of_one_tool_fractions_do_not_help_either() -> None:
    problem = _tools(1.0)
    found = repairs_and_conflicts(problem.matrices, problem.groups)
    assert not found.whole_numbers_only
    assert [[n.id for n in s] for s in found.conflicts] == [["budget", "demand"]]


def test_a_conflict_of_what_cannot_be_moved_has_no_repair_and_says_so_with_an_empty_conflict() -> None:
    problem = ChokeProblem.bare([1], [([1], 2, INF), ([1], -INF, 1), ([1], -INF, 5)], {"loose": [2]})
    found = repairs_and_conflicts(problem.matrices, problem.groups)
    assert found.repairs == ()
    assert found.conflicts == ((),)


def _brute(problem: ChokeProblem) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """Minimal repairs and conflicts by asking scipy about every set of groups."""
    m = problem.matrices
    ids = [g.id for g in problem.groups]

    def feasible(lifted: frozenset[str]) -> bool:
        low, high = m.row_lower.copy(), m.row_upper.copy()
        for g in problem.groups:
            if g.id in lifted:
                low[g.rows[g.row_sign < 0]] = -INF
                high[g.rows[g.row_sign > 0]] = INF
        rows = LinearConstraint(m.a.toarray(), low, high)
        answer = milp(np.zeros(m.n_columns), constraints=rows, bounds=Bounds(m.column_lower, m.column_upper),
                      integrality=m.integer.astype(int))  # fmt: skip
        return bool(answer.status == 0)

    every = [frozenset(c) for n in range(len(ids) + 1) for c in combinations(ids, n)]
    yes = [s for s in every if feasible(s)]
    kept_clash = [s for s in every if not feasible(frozenset(ids) - s)]
    return (
        {s for s in yes if not any(o < s for o in yes)},
        {s for s in kept_clash if not any(o < s for o in kept_clash)},
    )


@pytest.mark.parametrize("seed", range(6))
def test_repairs_and_conflicts_of_random_programs_are_those_of_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = [(random.integers(-3, 6, 4).tolist(), -INF, float(random.integers(2, 12))) for _ in range(4)]
    rows += [(random.integers(0, 5, 4).tolist(), float(random.integers(15, 40)), INF) for _ in range(2)]
    problem = ChokeProblem.bare(
        np.zeros(4), rows, {f"r{i}": [i] for i in range(6)}, upper=9, integer=[True, True, False, False]
    )
    found = repairs_and_conflicts(problem.matrices, problem.groups)
    repairs, conflicts = _brute(problem)
    assert {frozenset(n.id for n in s) for s in found.repairs} == repairs
    assert {frozenset(n.id for n in s) for s in found.conflicts} == conflicts


def test_twenty_desks_that_must_be_made_are_missed_by_16_for_want_of_lumber_and_both_kinds_of_hours() -> None:
    # Dakota has 48 ft of lumber, 20 h of finishing and 8 h of carpentry; a desk takes 8, 4 and 2: at most 4 desks.
    required = {"network.demands.desk.required": True, "network.demands.desk.quantity": 20}
    instance = fabopt.load(INSTANCES / "textbook" / "dakota", set=required)
    found = no_plan(model_tables(instance.network))
    assert [(c.name, c.amount) for c in found.shortages] == [("desk", pytest.approx(16.0))]
    assert [{n.entity for n in s} for s in found.repairs] == [{"desk"}, {"lumber", "finishing", "carpentry"}]
    assert [{n.entity for n in s} for s in found.conflicts] == [
        {"lumber", "desk"},
        {"finishing", "desk"},
        {"carpentry", "desk"},
    ]
    assert not found.whole_numbers_only
    place = place_of(instance.network, instance.data, instance._tree.positions, "capacity", "carpentry")
    assert place is not None
    assert place.field == "network.resources.carpentry"
    line = (INSTANCES / "textbook" / "dakota" / place.file).read_text().splitlines()[(place.line or 0) - 1]
    assert line.strip().startswith("carpentry:")


@pytest.mark.parametrize("name", ["tutorial", "frontier", "gigawatt", "textbook/dakota"])
def test_every_limit_of_the_instances_is_found_in_their_files(name: str) -> None:
    instance = fabopt.load(INSTANCES / name)
    levers = instance.data.model_dump(mode="json", by_alias=True)
    for limit in model_tables(instance.network).limits:
        field = field_of(instance.network, instance.data, limit.family, limit.entity)
        assert field, limit.entity
        node = levers
        for part in field.split("."):
            assert part in node, (limit.entity, field)
            node = node[part]
        place = place_of(instance.network, instance.data, instance._tree.positions, limit.family, limit.entity)
        assert place is not None
        assert place.line is not None
