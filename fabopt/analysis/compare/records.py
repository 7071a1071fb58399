"""What a comparison of plans says, as frozen records: each kind of record is a table.

The first plan is what the others are held against. Every row names the other plan, what the first one has (`base`),
what the other has (`value`), and `change`, the second less the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.frames import frame_of
from fabopt.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Plan:
    """One of the plans.

    Attributes
    ----------
    name
        What it is called here.
    instance, scenario, sets
        What was solved.
    status
        How the run ended.
    objective
        Name of the objective that it was solved for, and whose value counted where that was one party's.
    horizon
        Its first and last period.
    value
        Discounted value less cost (M USD; for a plain network in its own unit of money): to the buyers where all are
        plans for them, else to all together.
    short
        What the best plan may be worth more (same unit); None where the run was not for value, or has no bound.
    gap
        Gap of the run's own objective, a share.
    """

    name: str
    instance: str
    scenario: str | None
    sets: tuple[str, ...]
    status: str
    objective: str
    horizon: str
    value: float
    short: float | None
    gap: float | None


@dataclass(frozen=True, slots=True)
class Gain:
    """What a lab, designer or demand has in a period.

    Attributes
    ----------
    measure
        running: accelerators run at the end of the period. compute: what they yield. power: what they draw.
        shipped: accelerators of a designer that leave for a site in the period. delivered: to a demand, from the
        start up to the end of the period.
    unit
        Unit of base, value and change.
    who, name
        Id of the lab, designer or demand, and what it is called.
    share
        Change as a share of the base; None where the base is 0.
    """

    plan: str
    measure: str
    unit: str
    who: str
    name: str
    period: str
    base: float
    value: float
    change: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Mix:
    """A chip's part in a lab's compute in a period (thousand H100 equivalents; shares of all that the lab runs)."""

    plan: str
    lab: str
    designer: str
    chip: str
    period: str
    base: float
    value: float
    change: float
    base_share: float
    value_share: float


@dataclass(frozen=True, slots=True)
class Order:
    """An order (or retirement, negative) of a unit in a period that is not the same; cost in M USD of the period."""

    plan: str
    id: str
    name: str
    stage: str
    owner: str
    instrument: str
    unit: str
    period: str
    base: float
    value: float
    change: float
    cost_change: float


@dataclass(frozen=True, slots=True)
class Worth:
    """What a kind of value, cost or transfer comes to for a party (M USD, discounted, over the whole horizon).

    Costs are negative. Transfers between parties add up to zero, all rows of a plan to its value.
    """

    plan: str
    party: str
    term: str
    transfer: bool
    base: float
    value: float
    change: float


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit that binds in one of the plans at least.

    Attributes
    ----------
    binds
        only <name of a plan>, or both.
    base_binds, value_binds
        First and last reported period in which it binds.
    base_price, value_price
        Worth of one unit in every period in which it binds (M USD per unit).
    base, value
        Worth of 1 % more throughout, at its price (M USD).
    """

    plan: str
    family: str
    id: str
    side: str
    name: str
    owner: str
    kind: str
    unit: str
    binds: str
    base_binds: str
    value_binds: str
    base_price: float
    value_price: float
    base: float
    value: float
    change: float


@dataclass(frozen=True, slots=True)
class ChokePoint:
    """The limit that holds a plan back most in a period: that of which 1 % more is worth most, at its price (M USD).

    Every reported period of every plan has a row, the first plan too; where nothing binds, the texts are empty.
    """

    plan: str
    period: str
    family: str
    id: str
    side: str
    name: str
    owner: str
    kind: str
    gain: float


@dataclass(frozen=True, slots=True)
class Input:
    """A lever, or a record, that differs; those come first that are worth most.

    Attributes
    ----------
    path
        Its lever path.
    base, value
        What stands in the first plan's instance and in the other's, as text.
    factor
        By how much a number or a whole series was scaled.
    at_prices
        What this change alone is worth at the first plan's prices (M USD); None where they cannot tell.
    held
        What this change alone is worth with the first plan's integers held, solved again (M USD); None where it
        was not solved, or no plan has them.
    reason
        Why prices cannot tell, or why there is no plan; empty where nothing is to be said.
    """

    plan: str
    path: str
    base: str | None
    value: str | None
    factor: float | None
    at_prices: float | None
    held: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference in value of a plan to the first, and what is known of it (M USD).

    Attributes
    ----------
    change
        Value of the plan less that of the first.
    low, high
        Between these lies the difference of the best values that the two instances allow; None where it is not known.
    withheld
        Why the difference shows nothing: gap (0 lies between low and high), horizon or objective (they are not alike),
        unknown; empty where it shows which of the two is worth more.
    at_prices, held, reason
        What all changed inputs together are worth to the first plan, as for one of them (:class:`Input`).
    """

    plan: str
    change: float
    low: float | None
    high: float | None
    withheld: str
    at_prices: float | None
    held: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """What an input that differs moves of the orders, alone; the first row is what all that differs has moved.

    Attributes
    ----------
    path
        Its lever path.
    orders
        Orders (by unit and period) that are others; None where it was not solved.
    moved
        What they cost or cost less, without sign (M USD, not discounted).
    share
        Share of the difference between the two plans' orders that it makes alone, in money; None where that is nothing.
    first
        The dearest of them.
    reason
        Why it was not solved.
    """

    plan: str
    path: str
    orders: int | None
    moved: float | None
    share: float | None
    first: str
    reason: str


TABLES: Mapping[str, type] = {
    "plans": Plan,
    "gains": Gain,
    "chip_mix": Mix,
    "orders": Order,
    "worth": Worth,
    "limits": LimitChange,
    "choke_points": ChokePoint,
    "inputs": Input,
    "difference": Difference,
    "moves": Move,
}
"""Tables of a comparison by name, and what a row of each is."""


@dataclass(frozen=True)
class Comparison:
    """Plans side by side; each attribute is a table.

    Attributes
    ----------
    money
        Unit of money.
    periods
        Labels of the reported periods that all plans have.
    dates
        Labels of the last of these in each calendar year.
    """

    money: str
    periods: tuple[str, ...]
    dates: tuple[str, ...]
    plans: tuple[Plan, ...]
    gains: tuple[Gain, ...]
    chip_mix: tuple[Mix, ...]
    orders: tuple[Order, ...]
    worth: tuple[Worth, ...]
    limits: tuple[LimitChange, ...]
    choke_points: tuple[ChokePoint, ...]
    inputs: tuple[Input, ...]
    difference: tuple[Difference, ...]
    moves: tuple[Move, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """Who has what by period in each plan against the first."""
        return self.table("gains")

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as a data frame.

        Raises
        ------
        StudyError
            When there is no such table.
        """
        if name not in TABLES:
            raise StudyError(f"A comparison has no table {name[:40]!r}; there are {', '.join(TABLES)}.")
        return frame_of(getattr(self, name), TABLES[name])
