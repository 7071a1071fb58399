"""What is asked of a choke-point study, of which plan; and what that makes of the plan's problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.choke.timeline import Counted
from fabopt.analysis.explain.names import known
from fabopt.errors import StudyError
from fabopt.model.families import IntArray
from fabopt.network.tables import Network
from fabopt.plan.solved import SolvedProgram


@dataclass(frozen=True, slots=True)
class ChokeOptions:
    """What is asked of a study.

    Attributes
    ----------
    lab
        Id of a lab through whom alone relief may gain: all others keep what the plan delivers to them.
    periods
        Positions of the periods in which relief may stand; empty: all that count.
    top
        How many limits are studied in full.
    seed
        Of solver and draws.
    workers
        Programs at a time, one solver thread each; None: as many as there are where they are asked.
    draws
        Draws of the data.
    """

    lab: str = ""
    periods: tuple[int, ...] = ()
    top: int = 10
    seed: int = 0
    workers: int | None = 2
    draws: int = 40


def hold_others(plan: SolvedProgram, lab: str) -> SolvedProgram:
    """Return the plan with everything delivered to others than ``lab`` held as it is.

    Raises
    ------
    StudyError
        If the network has no demand of that lab.
    """
    demands = plan.net.demands
    labs = sorted({d.tags.lab for d in demands if d.tags.lab})
    if lab not in labs:
        raise StudyError(f"There is no lab {lab!r} that wants anything; the labs are {', '.join(labs) or 'none'}.")
    index = plan.tables.columns["deliver"].index
    return _held(plan, [index[j] for j, d in enumerate(demands) if d.tags.lab != lab])


def through(plan: SolvedProgram, party: str) -> SolvedProgram:
    """Return the plan in which relief may gain through one lab or one designer alone.

    For a designer, what others package and what is delivered to customers without compute is held as it is.

    Raises
    ------
    StudyError
        If there is no such party.
    """
    net, columns = plan.net, plan.tables.columns
    if party in {d.tags.lab for d in net.demands}:
        return hold_others(plan, party)
    packages = [a for a in net.activities if a.tags.role == "package_start"]
    designers = {a.tags.customer for a in packages}
    if party not in designers:
        labs = {d.tags.lab for d in net.demands if d.tags.lab}
        known("party", party, sorted(designers | labs), "a claim: it is a lab or a designer")
    start, deliver = columns["start"].index, columns["deliver"].index
    others = {a.id for a in packages if a.tags.customer != party}
    held = [start[n] for n, a in enumerate(net.activities) if a.id in others]
    return _held(plan, [*held, *(deliver[j] for j, d in enumerate(net.demands) if not d.tags.lab)])


def _held(plan: SolvedProgram, blocks: Sequence[IntArray]) -> SolvedProgram:
    """Return the plan with some columns (where there are any) held as they are."""
    columns = np.unique(np.concatenate([part[part >= 0] for part in blocks])) if blocks else np.zeros(0, dtype=int)
    m = plan.problem.matrices
    lower, upper = m.column_lower.copy(), m.column_upper.copy()
    lower[columns] = upper[columns] = plan.x[columns]
    return plan.with_problem(replace(plan.problem, matrices=replace(m, column_lower=lower, column_upper=upper)))


def periods_asked(counted: Counted, asked: ChokeOptions, net: Network) -> Counted:
    """Return the periods that count among those that are asked for.

    Raises
    ------
    StudyError
        If none of them counts.
    """
    if not asked.periods:
        return counted
    kept = tuple(t for t in counted.periods if t in asked.periods)
    if not kept:
        names = ", ".join(net.periods[t].label for t in asked.periods[:3])
        raise StudyError(f"The limits of {names} are not reported, so relief there says nothing.")
    return Counted(kept, tuple(t for t in range(net.n_periods) if t not in kept), "Relief was asked for these alone.")
