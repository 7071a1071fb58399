"""What is asked of a choke-point study, of which plan; and what that makes of the plan's problem."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.choke.timeline import Counted
from fabopt.errors import StudyError
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
    seed, workers
        Seed of solver and draws; programs at a time, one solver thread each.
    draws
        Draws of the data.
    """

    lab: str = ""
    periods: tuple[int, ...] = ()
    top: int = 10
    seed: int = 0
    workers: int = 2
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
    others = [index[j] for j, d in enumerate(demands) if d.tags.lab != lab]
    columns = np.unique(np.concatenate([part[part >= 0] for part in others])) if others else np.zeros(0, dtype=int)
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
