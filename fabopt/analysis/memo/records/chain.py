"""How a lab stands in the chain: its chips, what holds it back, whom it depends on, and what their loss costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fabopt.analysis.memo.records.amount import Amount, Withheld


@dataclass(frozen=True, slots=True)
class MixRow:
    """A chip in a calendar year: accelerators shipped to the lab, and share of its compute at the year's end."""

    year: str
    chip: str
    name: str
    shipped: Amount
    share: Amount


@dataclass(frozen=True, slots=True)
class ChipReason:
    """Why a chip is in or out: words of :data:`fabopt.analysis.portfolio.records.Standing`, with its numbers.

    ``loss`` if the lab may buy none of it, for chips that are bought; ``below`` the price under which another enters,
    ``price`` what it costs now.
    """

    chip: str
    name: str
    designer: str
    standing: str
    loss: Amount | None
    price: Amount | None
    below: Amount | None


@dataclass(frozen=True, slots=True)
class ChokeYear:
    """What holds the lab's chain back most in a calendar year, and what is next.

    ``worth``: what 10 % more of it in that year is worth, by its price.
    """

    year: str
    limit: str
    owner: str
    worth: Amount
    next_limit: str
    next_owner: str


@dataclass(frozen=True, slots=True)
class Relief:
    """A limit that holds back, and what relief of it is worth to the lab, at no cost: what it costs stands beside.

    Attributes
    ----------
    limit, family, owner, kind
        Its label and family, whose it is, and its kind (physical, policy, contract, demand, cash, law).
    status
        By proof, see :data:`fabopt.analysis.choke.records.Status`.
    step
        Ten per cent of it in a period, on average, in its own unit.
    to_lab
        What 10 % more from the decision date on, over the reported periods, is worth to the lab, everybody else
        standing still; certified low and high.
    a_unit
        By the price of the plan, at the margin: what one unit more in every period is worth.
    instrument
        Of :data:`fabopt.analysis.choke.records.Instrument`.
    cost, lead, earliest
        What relief costs, how long it takes (periods), when it is there at the earliest; None and empty if nothing in
        the data can be ordered.
    after_lead
        What 10 % more is worth to the lab if it comes only after its lead time.
    withheld
        Set where the certified gain may be zero.
    """

    limit: str
    family: str
    owner: str
    kind: str
    status: str
    step: Amount
    to_lab: Amount
    a_unit: Amount
    instrument: str
    cost: Amount | None
    lead: int | None
    earliest: str
    after_lead: Amount | None
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """Who else uses a limit: share of what is used of it in the reported periods."""

    limit: str
    owner: str
    customer: str
    share: Amount


@dataclass(frozen=True, slots=True)
class SecondSource:
    """How a chip is made: whether any other route exists for each owner that it depends on.

    ``share``: of the lab's compute that depends on it at the end of the reported periods.
    """

    supplier: str
    kind: str
    share: Amount
    replaceable: bool
    chips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnChip:
    """A chip of the lab's own: state of its programme and its worth; see ``fabopt own-silicon``."""

    chip: str
    name: str
    funded: bool
    worth: Amount | None
    as_bargaining: Amount | None


LossNote = Literal["", "required short", "no plan", "time"]
"""Demand of others that is required falls short without the supplier; no plan is left without it; time was up."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A supplier lost from the decision date on, planned anew: on a large program around the plan's integers.

    ``to_lab`` is what the lab itself loses, ``value`` what all together lose; ``compute`` what the lab loses at the end
    of the reported periods. What it gains is negative.
    """

    supplier: str
    name: str
    to_lab: Amount | None
    value: Amount | None
    compute: Amount | None
    note: LossNote
