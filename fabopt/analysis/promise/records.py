"""What is known of a promised delivery: frozen records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """The quantity by a period.

    Attributes
    ----------
    period
        Label of the period by whose end all of it is there.
    cost
        What all together (in the buyers' plan: the buyers) lose by it, discounted, M USD; what the chips are worth to
        those who get them is counted in.
    each, next_one
        That for one of them on average, and for one more of them at the margin, in USD; the latter None where more
        cannot be there.
    """

    period: str
    cost: float
    each: float
    next_one: float | None


@dataclass(frozen=True, slots=True)
class Displaced:
    """Thousand accelerators of a chip shipped to a lab up to the earliest period: in the plan and with the promise."""

    lab: str
    chip: str
    now: float
    then: float


@dataclass(frozen=True, slots=True)
class Borne:
    """What a party gains by the promise at list prices, discounted, M USD; negative where it loses."""

    party: str
    gain: float


@dataclass(frozen=True, slots=True)
class Nearer:
    """A limit of which more brings the delivery nearer: how much more could be there a period earlier.

    Attributes
    ----------
    limit, owner, kind
        Its label, whose it is, and its kind.
    brings
        Thousand accelerators that 10 % more of it brings by then, at the margin.
    needed
        Share by which it would have to grow to bring all that is missing, at the margin.
    """

    limit: str
    owner: str
    kind: str
    brings: float
    needed: float


@dataclass(frozen=True, slots=True)
class Promise:
    """When a quantity of a chip can be there beside what the plan delivers.

    Attributes
    ----------
    name, held
        The instance, and the plan in words.
    chip, lab
        Ids; no lab: whoever takes it.
    chip_name, lab_name
        What they are called.
    quantity
        Accelerators.
    earliest
        Period by whose end all of it can be there at the earliest, with the orders of the plan; empty where that is in
        none of the reported periods.
    impossible
        Last period of which it is proved that no plan at all has it by then; empty where that is none, or not known.
    offers
        By period, from the earliest on.
    displaced, borne
        At the earliest period, largest first.
    before
        The period before the earliest; empty where there is none.
    could
        How many could be there by then, thousand, with the orders of the plan.
    nearer
        What more of would bring it nearer, the most first.
    left_out
        What there was no time for.
    """

    name: str
    held: str
    chip: str
    lab: str
    chip_name: str
    lab_name: str
    quantity: float
    earliest: str
    impossible: str
    offers: tuple[Offer, ...]
    displaced: tuple[Displaced, ...]
    borne: tuple[Borne, ...]
    before: str
    could: float | None
    nearer: tuple[Nearer, ...]
    left_out: tuple[str, ...]
