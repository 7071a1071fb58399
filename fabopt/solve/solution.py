"""The solution: a frozen record of how a run ended, the plan it found, and the prices of its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fabopt.model.limits import Kind, Limit, Side
from fabopt.network.tables import Array
from fabopt.solve.options import Size, SolveOptions
from fabopt.solve.outcome import Dropped, StageReport


class Status(StrEnum):
    """How a run ended.

    ``OPTIMAL``, ``WITHIN_GAP`` and ``WIDER_GAP`` (the solver called the plan good enough, but exact integers left
    it short of the gap asked for) have a plan; so may ``TIME_LIMIT`` (it has one) and ``INTERRUPTED`` (look at
    ``has_plan``). ``NO_PLAN``: the time limit came before any plan.
    """

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    WIDER_GAP = "wider_gap"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_PLAN = "no_plan"


@dataclass(frozen=True, slots=True)
class Ref:
    """A limit of the network, by which its data are found.

    Attributes
    ----------
    family, entity
        Constraint family, block of the bound, ``pin``, ``hook`` or ``whole``; and id of the record.
    at, period
        Position and label of the period; -1 and empty where it is one of the whole horizon.
    side
        at most, at least, exactly, whole; empty where all of the record is meant.
    """

    family: str
    entity: str
    at: int = -1
    period: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One part of why there is no plan.

    Attributes
    ----------
    kind
        ``shortage``: with ``amount`` more (or less) of this, and of the other shortages, there would be a plan.
        ``conflict``: one of a smallest set of limits that cannot all hold; ``amount`` is by how much it would have to
        move alone, 0 where that is not enough. ``whole_numbers``: with fractions there would be a plan. ``unbounded``:
        decisions that pay without limit. ``time``: time was up before anything was found, or proved.
    refs
        The limits that it speaks of.
    name, unit
        Display name of the record, and unit of ``amount``; empty where it is about none.
    says
        It in words, with ``{}`` where the places of the data belong.
    places
        File and line of the data of each limit, where they are known.
    """

    kind: str
    refs: tuple[Ref, ...]
    name: str
    amount: float
    unit: str
    says: str
    places: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """Family of the first limit; empty where there is none."""
        return self.refs[0].family if self.refs else ""

    @property
    def entity(self) -> str:
        """Id of the record of the first limit; empty where there is none."""
        return self.refs[0].entity if self.refs else ""

    @property
    def period(self) -> str:
        """Period of the first limit; empty where there is none."""
        return self.refs[0].period if self.refs else ""

    @property
    def sentence(self) -> str:
        """It in words, with the places of the data."""
        where = "; ".join(dict.fromkeys(self.places))
        return self.says.replace("{}", f" ({where})" if where else "")


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit and where the plan stands against it.

    Attributes
    ----------
    limit
        The limit; for a capacity with what units have added (and occupied) counted in.
    used
        What the plan uses of it, in ``unit``.
    slack
        How far the plan is from the limit.
    price
        Change of the last objective (discounted value) per unit of right-hand side or bound, integers held; 0
        where there is slack.
    """

    source: Limit
    limit: float
    used: float
    slack: float
    price: float

    @property
    def family(self) -> str:
        """Constraint family, or block of the bound."""
        return self.source.family

    @property
    def entity(self) -> str:
        """Id of the record."""
        return self.source.entity

    @property
    def name(self) -> str:
        """Display name of the record."""
        return self.source.name

    @property
    def period(self) -> int:
        """Position of the period; -1 where the limit is one of the whole horizon."""
        return self.source.period

    @property
    def owner(self) -> str:
        """Owner of what is limited."""
        return self.source.owner

    @property
    def stage(self) -> str:
        """Stage of the chain."""
        return self.source.stage

    @property
    def region(self) -> str:
        """Region of what is limited."""
        return self.source.region

    @property
    def unit(self) -> str:
        """Unit of limit, use and slack."""
        return self.source.unit

    @property
    def side(self) -> Side:
        """Side of the row that is the limit."""
        return self.source.side

    @property
    def kind(self) -> Kind:
        """What sort of limit it is."""
        return self.source.kind

    @property
    def relaxable(self) -> bool:
        """Whether it can be moved at all."""
        return self.source.relaxable


@dataclass(frozen=True, slots=True)
class Priced:
    """Decisions (columns of the program) or rows, each with its place between its sides and its price.

    Attributes
    ----------
    labels
        Block or family, and readable key (id, more where there is more, label of the period) of each.
    names, units
        Display name and unit of each one's record; empty where it has none.
    value, lower, upper
        What the plan has, between what limits.
    price
        Change of the last objective per unit of the limit it stands at: dual of a row, reduced cost of a decision.
    low, high
        Rows: between which right-hand sides the price holds; decisions: between which costs the plan stays best. Not a
        number where it is not known.
    cost, whole
        Of decisions: what one unit adds to the objective, and whether it is an integer that is held. Else empty.
    basis
        Where each stands in the basis of the prices (:class:`~fabopt.solve.outcome.Basis`); empty texts where there is
        none for the objective alone.
    """

    labels: tuple[tuple[str, tuple[str, ...]], ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    value: Array
    lower: Array
    upper: Array
    price: Array
    low: Array
    high: Array
    cost: Array
    whole: NDArray[np.bool_]
    basis: tuple[str, ...]


def _none() -> Array:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Solution:
    """What a run gave. Arrays are empty [0, 0] where there is no plan.

    Attributes
    ----------
    status, has_plan
        How the run ended, and whether it has a plan.
    objective, bound, gap
        Of the objective that was asked for (the first stage), in its unit: million dollars for value, with the
        constant value of what runs anyway; compute; position of the period; share.
    gap_denominator
        What the gap is a share of, in the unit of the objective: the gap is |bound - objective| / this, and this is
        |objective - constant value - standing value|, since what stands anyway proves nothing about a plan.
    seconds
        Time of the whole run.
    stages
        How each stage ended.
    levels, on, switched_on, lots
        By activity and period [n_a, T].
    orders, placed, retired
        By unit and period [n_u, T].
    stock, disposal, shortfall
        By material and period [n_i, T]; disposal includes what is thrown away for nothing.
    delivered
        For each demand [steps, T].
    unmet, backlog, lost
        By demand and period [n_d, T]. Unmet: wanted and not delivered, where demand does not wait. Lost in the last
        period includes what still waits then.
    counters
        Whole lots by window of the whole groups, in their order.
    reached
        Label of the period that reaches the target (time-to-compute).
    columns, rows, prices, reduced_costs
        The plan by column and the activity by row, with duals and reduced costs of the last stage, integers
        held. The first columns and rows are those of the model's tables.
    decisions, requirements
        Every column and every row of the program with its sides and its price; None without a plan.
    limits
        Every registered limit with its use, slack and price.
    objective_terms
        The named terms of discounted value less cost, which sum to the value of the plan.
    premiums
        What premiums (tastes, calibration) come to in the objective, beside all money: they steer and no value counts
        them.
    conflicts
        Why there is no plan.
    size
        Of the program.
    coefficients
        Smallest and largest size of a coefficient in the matrix.
    log
        What the solver said.
    start
        How much of a start plan fitted, a sentence; empty without one.
    dropped
        Orders that the search had found and nothing used, which are no longer in the plan.
    """

    status: Status
    has_plan: bool
    objective: float | None
    bound: float | None
    gap: float | None
    gap_denominator: float | None
    seconds: float
    options: SolveOptions
    stages: tuple[StageReport, ...]
    size: Size
    coefficients: tuple[float, float]
    log: str
    start: str = ""
    conflicts: tuple[Conflict, ...] = ()
    levels: Array = field(default_factory=_none)
    on: Array = field(default_factory=_none)
    switched_on: Array = field(default_factory=_none)
    lots: Array = field(default_factory=_none)
    orders: Array = field(default_factory=_none)
    placed: Array = field(default_factory=_none)
    retired: Array = field(default_factory=_none)
    stock: Array = field(default_factory=_none)
    disposal: Array = field(default_factory=_none)
    shortfall: Array = field(default_factory=_none)
    delivered: tuple[Array, ...] = ()
    unmet: Array = field(default_factory=_none)
    backlog: Array = field(default_factory=_none)
    lost: Array = field(default_factory=_none)
    counters: Array = field(default_factory=_none)
    reached: str | None = None
    columns: Array = field(default_factory=lambda: np.zeros(0))
    rows: Array = field(default_factory=lambda: np.zeros(0))
    prices: Mapping[str, Array] = field(default_factory=dict)
    reduced_costs: Mapping[str, Array] = field(default_factory=dict)
    decisions: Priced | None = None
    requirements: Priced | None = None
    limits: tuple[LimitState, ...] = ()
    objective_terms: Mapping[str, float] = field(default_factory=dict)
    premiums: float = 0.0
    dropped: tuple[Dropped, ...] = ()

    @property
    def value(self) -> float | None:
        """Discounted value less cost of the plan, in million dollars, with the constant; None without a plan."""
        return sum(self.objective_terms.values()) if self.has_plan else None
