"""What a run of the solver gives, in plain records that know nothing of the solver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from fabopt.errors import BAD_INPUT, LIMIT, FaboptError
from fabopt.model.families import EndlessError
from fabopt.network.tables import Array

FAR_APART = (
    "Numbers of the instance may lie too far apart for the solver: look at those that 'fabopt validate' calls not "
    "plausible, and count very large and very small ones in other units."
)
"""What to do where the solver's arithmetic fails."""


class SolverError(FaboptError):
    """The solver refused a call or gave an answer that does not stand; the message is a full sentence."""

    exit_code = LIMIT


class LevelError(SolverError, EndlessError):
    """A yes or no has a level without end, so that there is no program to solve."""

    exit_code = BAD_INPUT


class Ended(Enum):
    """How a run of the solver ended."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


CUT_SHORT = (Ended.TIME_LIMIT.value, Ended.INTERRUPTED.value)
"""Ends of a run for which there was more to find."""


@dataclass(frozen=True, slots=True)
class StageReport:
    """How a stage ended; ``gap`` is |bound - objective| / ``denominator``, both as in :mod:`fabopt.solve.proof`.

    ``final`` is what the plan that is reported has of it, after the stages that came later.
    """

    name: str
    unit: str
    ended: Ended
    objective: float | None
    bound: float | None
    gap: float | None
    denominator: float | None
    seconds: float
    nodes: int
    final: float | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was taken off an order, because nothing of the plan used it: its unit, period and how much."""

    unit: str
    name: str
    period: str
    amount: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: seconds since it began, best plan, best bound, relative gap, nodes of the tree, and the step
    of the search.
    """

    seconds: float
    incumbent: float | None
    bound: float | None
    gap: float | None
    nodes: int
    step: str = "tree"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave.

    Attributes
    ----------
    x
        Values of the columns, or None where no plan was found.
    objective, bound
        Worth of ``x``, and what no plan can exceed; with the offset of the objective.
    row_price, column_price
        Duals of rows and reduced costs: change of the objective per unit of right-hand side or bound; None for a
        mixed-integer program.
    """

    ended: Ended
    x: Array | None
    objective: float | None
    bound: float | None
    seconds: float
    nodes: int
    row_price: Array | None = None
    column_price: Array | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """Where every column and row of a linear program stands: lower, basic, upper, zero or nonbasic."""

    columns: tuple[str, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Between which values single numbers of a linear program may lie while its prices stay as they are.

    Attributes
    ----------
    cost, column, row
        Of the costs, of the bounds at which columns stand, and of right-hand sides: least and most [n, 2]; not a number
        where it is not known.
    """

    cost: Array
    column: Array
    row: Array

    @classmethod
    def unknown(cls, columns: int, rows: int) -> Ranges:
        """Return ranges of which none is known."""
        return cls(np.full((columns, 2), np.nan), np.full((columns, 2), np.nan), np.full((rows, 2), np.nan))
