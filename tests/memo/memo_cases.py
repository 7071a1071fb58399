"""Results brought back to life, and what a memo may advise about them."""

from __future__ import annotations

import numpy as np

import fabopt
from fabopt.analysis.memo.assumptions import described
from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.records import Assumption
from fabopt.analysis.sensitivity.numbers import Numbers, numbers_of
from fabopt.analysis.sensitivity.tornado import Ends
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram


def alive(result: fabopt.api.Result) -> Plan:
    """The solved plan of a result."""
    return result.plan


def ends_of(source: Plan) -> Ends:
    return Ends(numbers_of(source), source.solved)


def starts(plan: SolvedProgram, id: str, *activities: str) -> Forbidden:
    """A signature that is for what some activities do in reported periods; names may end in a colon."""
    index, at = plan.tables.columns["start"].index, plan.tables.columns.at.activity
    mine = [a for a in at if any(a == name or (name.endswith(":") and a.startswith(name)) for name in activities)]
    columns = [index[at[a], p.index] for a in mine for p in plan.net.periods if p.reported]
    return Forbidden(
        id, id.rpartition(":")[2], id.partition(":")[0], np.array([j for j in columns if j >= 0], dtype=np.int64)
    )


def named(numbers: Numbers, *paths: str) -> tuple[Assumption, ...]:
    """Assumptions of which nothing is known but the data."""
    return described(numbers, None, paths)
