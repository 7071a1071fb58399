r"""Why there is no plan (F12): what is missing, what would repair it, and what cannot hold together.

1. **Shortages**, in the words and units of the data: the elastic run of :mod:`fabopt.solve.diagnose` gives amounts.
2. **Minimal repairs**: sets of limits, each named by a planner's word (a line's capacity, a budget, a demand), such
   that taking all of the set away leaves a plan, and of which none can be spared.
3. **Minimal conflicts**: sets of limits that cannot all hold, whatever else is taken away, and of which every part can.

Repairs and conflicts are each other's minimal hitting sets; both come from one search (MARCO) that asks whether there
is a plan once a set of limits is taken away. Where the relaxation has a plan, **only the whole numbers conflict**, and
the question is put to the mixed-integer program itself: HiGHS' own search for an infeasible subsystem is not safe
there. Limits that cannot be moved (physics, law) are never proposed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.choke.groups import LIFTED, LimitGroup, groups_of, together
from fabopt.analysis.choke.joint import marco
from fabopt.analysis.choke.problem import sides
from fabopt.model.limits import Limit
from fabopt.model.tables import ModelTables
from fabopt.solve.diagnose import explain_infeasible
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.outcome import Ended
from fabopt.solve.session import HighsSession
from fabopt.solve.solution import Conflict


@dataclass(frozen=True, slots=True)
class Named:
    """A limit of a repair or a conflict: id and label of its group; family, and record of the network it belongs to."""

    id: str
    label: str
    family: str
    entity: str
    kind: str


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why there is no plan.

    Attributes
    ----------
    shortages
        What is missing and how much of it, in words: with all of these made up for there is a plan.
    repairs
        Minimal sets of limits that leave a plan when they are taken away; none where nothing that may be moved helps.
    conflicts
        Minimal sets of limits that cannot all hold.
    whole_numbers_only
        Whether fractions of whole units would leave a plan.
    complete
        Whether all repairs and conflicts were found.
    asked
        Number of programs that were asked.
    """

    shortages: tuple[Conflict, ...]
    repairs: tuple[tuple[Named, ...], ...]
    conflicts: tuple[tuple[Named, ...], ...]
    whole_numbers_only: bool
    complete: bool
    asked: int

    @property
    def records(self) -> tuple[tuple[str, str], ...]:
        """Family and record of everything that is spoken of, each once."""
        sets = (*self.repairs, *self.conflicts)
        named = ((n.family, n.entity) for found in sets for n in found)
        return tuple(dict.fromkeys((*named, *((c.family, c.entity) for c in self.shortages))))


def no_plan(tables: ModelTables, seconds: float = 60.0, budget: float = 400.0) -> NoPlan:
    """Return why a network has no plan.

    Parameters
    ----------
    tables
        Its model.
    seconds
        Time that may be spent; half of it on the shortages at most.
    budget
        Most programs that may be asked for repairs and conflicts.
    """
    began = time.monotonic()
    program = program_of(tables)
    explained = explain_infeasible(tables, program, seconds / 2, 1)
    base = [_side(program, limit) for limit in tables.limits]
    groups = [g for g in groups_of(tables.limits, base) if g.relaxable]
    of = _records(tables.limits)
    found = repairs_and_conflicts(program, groups, began + seconds - time.monotonic(), budget, of)
    return replace(found, shortages=tuple(c for c in explained if c.kind == "shortage"))


def _side(program: Matrices, limit: Limit) -> float:
    if limit.row < 0:
        return float(program.column_upper[limit.column])
    side = program.row_lower if limit.side == "lower" else program.row_upper
    return float(side[limit.row])


def _records(limits: Sequence[Limit]) -> dict[tuple[int, int], tuple[str, str]]:
    return {(limit.row, limit.column): (limit.family, limit.entity) for limit in limits}


def repairs_and_conflicts(
    program: Matrices,
    groups: Sequence[LimitGroup],
    seconds: float = 60.0,
    budget: float = 400.0,
    of: Mapping[tuple[int, int], tuple[str, str]] | None = None,
) -> NoPlan:
    """Return minimal repairs and minimal conflicts of a program without a plan, over groups of its limits.

    Parameters
    ----------
    program
        A mixed-integer program without a plan.
    groups
        Limits that may be taken away.
    seconds, budget
        Time, and number of programs, after which what is open stays open.
    of
        Family and record by row and column of a limit; those of a bare matrix have none.
    """
    deadline = time.monotonic() + seconds
    by_id = {group.id: group for group in groups}
    session = HighsSession(replace(program, cost=np.zeros(program.n_columns), offset=0.0), threads=1)

    def feasible(taken: frozenset[str]) -> bool | None:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        relief = together(by_id[id].relief(LIFTED) for id in by_id if id in taken)
        low, high, top = sides(program, relief)
        session.set_row_bounds(np.arange(program.n_rows), low, high)
        session.set_column_bounds(np.arange(program.n_columns), program.column_lower, top)
        outcome = session.solve(time_limit=left)
        if outcome.ended is Ended.INFEASIBLE:
            return False
        return True if outcome.x is not None else None

    whole = False
    if program.integer.any():
        relaxed = HighsSession(replace(program, cost=np.zeros(program.n_columns), offset=0.0), threads=1)
        relaxed.relax_integers()
        whole = relaxed.solve(time_limit=max(seconds, 1.0)).ended is Ended.OPTIMAL
    sets = marco(list(by_id), feasible, budget)
    named = {id: _named(group, of) for id, group in by_id.items()}
    return NoPlan(
        shortages=(),
        repairs=tuple(tuple(named[m] for m in s.members) for s in sets.reaching),
        conflicts=tuple(tuple(named[m] for m in s.members) for s in sets.blocking),
        whole_numbers_only=whole,
        complete=sets.complete,
        asked=sets.asked,
    )


def _named(group: LimitGroup, of: Mapping[tuple[int, int], tuple[str, str]] | None) -> Named:
    at = (int(group.rows[0]), -1) if len(group.rows) else (-1, int(group.columns[0]))
    family, entity = ("", group.id) if of is None else of[at]
    return Named(group.id, group.label, family, entity, group.kind)
