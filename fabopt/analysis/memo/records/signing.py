"""What a lab signs, and what that comes to: signatures, and what is paid to whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fabopt.analysis.memo.records.amount import Amount

SignatureKind = Literal["accelerators", "compute", "power", "contract", "capacity", "programme"]
"""Purchase of a designer's chip; of compute; power of a site; a contract; capacity that it pays for; its own chip."""


Verdict = Literal["sign", "leave", "undecided", "not run"]
"""Proved to be worth signing; proved to be worth no more than the tolerance; neither; not asked for want of time."""


Serves = Literal["", "sites", "fleet", "chips"]
"""What parts are bought for: the lab's sites, the servers that it runs, its own chips; empty where nothing says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """What an order takes that is bought beside it: how much in all, of whom, and what that comes to at mean prices.

    ``paid`` is in the money of the day, and no part of what the order itself costs; None where the plan buys none.
    """

    what: str
    suppliers: tuple[str, ...]
    amount: Amount
    paid: Amount | None


@dataclass(frozen=True, slots=True)
class Hedged:
    """What a plan under several states says of a signature.

    Attributes
    ----------
    verdict
        ``sign now``, ``sign now, as a hedge`` or ``wait``.
    until
        Of what waits the last period in which it is ordered in some state; of what is signed the last one in which it
        is ordered before anything is known.
    option
        What is lost if none of it is ordered before anything is known: the worth of signing now over keeping the
        choice; to all whom the plan under states is for. None where it was not solved.
    """

    verdict: str
    until: str
    option: Amount | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Something that the lab may sign: a purchase, one order, or a contract. All worths are the lab's own money.

    Attributes
    ----------
    id, whole
        ``accelerators:openai:rubin``, or the id of the unit or contract; of one order among several of the same, that
        of all of them.
    kind, goods, what, supplier
        What, in the instance's names, and from whom: the lab itself where it builds it, as the data names nobody who
        builds for it. Goods as the table ``transfers`` has them; empty for orders.
    amount
        How much in all, in the reported periods; under a contract, over its whole time.
    schedule
        How much by period of delivery (for capacity: the period from which it is there).
    first, last
        Periods of the first and last delivery.
    beyond
        Whether nothing of it is there before the reported periods end.
    price
        For one, in the money of the day; None where the instance has none.
    paid, payments
        What it comes to and by period, in the money of the day.
    prepayment
        What is paid before delivery, not discounted; None where nothing is.
    break_even
        The price of one at which this schedule is worth no more to the lab than going without; None where unknown. It
        is low where the proof leaves something open, and high at the most.
    signed
        Whether it is signed already: shown as what stands, not as advice.
    planned
        Period in which the plan signs it: of a purchase, the last in which all of it can still be had.
    decide_by
        Last responsible date: the last period in which signing costs no more than :attr:`Memo.tolerance`; empty where
        it was not found, or where never signing costs no more than that.
    lead
        Periods from signature to the first delivery.
    late
        What the lab loses by signing later, by period of signature, up to the first after :attr:`decide_by`.
    waiting
        What it loses by signing one period after :attr:`planned`; None where that was not asked.
    without
        What it loses if it is never signed, with what is proved of that as low and high; of a contract in force, if the
        supplier ends it now. None where that was not asked, or no plan does without it.
    verdict
        Whether it is to be signed, by proof.
    under
        Names of contracts in force under which it is bought: an order under what is signed already.
    changes
        What would turn it, the nearest first: name of an assumption, and the value at which it is worth no more than
        going without. Empty where nothing was found, or flip points were not run.
    hedge
        What plans under several states say of it; None where it was not asked, or they do not order it.
    parts
        Of an order of its own: what it takes that is bought beside it, each in orders of their own.
    serves
        What parts are bought for.
    """

    id: str
    whole: str
    kind: SignatureKind
    what: str
    supplier: str
    amount: Amount
    schedule: tuple[tuple[str, Amount], ...]
    first: str
    last: str
    beyond: bool
    price: Amount | None
    paid: Amount | None
    payments: tuple[tuple[str, Amount], ...]
    prepayment: Amount | None
    break_even: Amount | None
    signed: bool
    planned: str
    decide_by: str
    lead: int
    late: tuple[tuple[str, Amount], ...]
    waiting: Amount | None
    without: Amount | None
    verdict: Verdict = "not run"
    under: tuple[str, ...] = ()
    changes: tuple[tuple[str, Amount], ...] = ()
    hedge: Hedged | None = None
    goods: str = ""
    parts: tuple[Part, ...] = ()
    serves: Serves = ""

    @property
    def part_suppliers(self) -> tuple[str, ...]:
        """Of whom parts are bought for it, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.suppliers))

    @property
    def parts_paid(self) -> Amount | None:
        """What its parts come to in all; None where it takes none, or of one that is not known."""
        paid = [part.paid for part in self.parts]
        known = [amount for amount in paid if amount is not None]
        if not known or len(known) < len(paid):
            return None
        return Amount(sum(amount.value for amount in known), "MUSD", " + ".join(amount.origin for amount in known))

    @property
    def one_of_several(self) -> bool:
        """Whether it is one order among several of the same, which only their dates tell apart."""
        return self.id != self.whole

    @property
    def urgency(self) -> tuple[bool, str, float, float]:
        """What orders signatures by how urgent they are: by date, then by what a period later and never to sign cost.

        What no plan does without comes before what has a cost.
        """
        later, never = (-math.inf if lost is None else -lost.value for lost in (self.waiting, self.without))
        return not self.decide_by, self.decide_by, later, never


@dataclass(frozen=True, slots=True)
class Together:
    """Purchases of the same goods of which some are needed, though each alone can be done without or is undecided.

    Attributes
    ----------
    goods
        Kind of goods, as the table ``transfers`` has it.
    signatures
        Ids of the :class:`Signature` of each that the plan has.
    without
        What the lab loses if it signs none of them, nor any other of these goods that is not advised, with what is
        proved of that as low and high; None where no plan is left.
    decide_by
        Last period in which signing all of them costs no more than the tolerance; empty where it was not found.
    """

    goods: str
    signatures: tuple[str, ...]
    without: Amount | None
    decide_by: str


@dataclass(frozen=True, slots=True)
class WalkAway:
    """How far each term of a signature may move, alone, before signing is worth nothing to the lab.

    Attributes
    ----------
    signature, kind, what, order, supplier
        Id, kind, name and counterparty of the :class:`Signature`; of one order among several of the same the period in
        which the plan signs it.
    in_force
        Whether it is a contract that is signed already, of whose terms only what lies ahead is told.
    worth
        What signing is worth to the lab: the least that is proved of what it loses without.
    due
        What its payments come to, discounted: what price and volume expose.
    price
        The most to pay for one.
    least
        The least that may be delivered for the same payments, where each part of a delivery is worth the same. What is
        lost first is worth least, so that less may do.
    most
        The most that may have to be taken and paid for at the price, where nothing beyond the schedule is of use.
    prepaid
        Share of what is due after the signature that may have to be paid at it; 1 where all of it may.
    cancelled
        The largest chance of a cancellation by which all that is paid before the first delivery is lost; 1 where
        nothing is.
    latest
        The last period in which signing is worth more than the tolerance, everything planned again: what is signed
        then is delivered as much later. Empty where it was not run. The other terms are by exposure: what signing is
        worth over what a term costs for each part that it moves.
    """

    signature: str
    what: str
    supplier: str
    worth: Amount
    due: Amount
    price: Amount | None
    least: Amount
    most: Amount
    prepaid: Amount
    cancelled: Amount
    latest: str = ""
    order: str = ""
    in_force: bool = False
    kind: SignatureKind = "capacity"


@dataclass(frozen=True, slots=True)
class Outlay:
    """What the lab pays to a supplier for a kind of goods, in the money of the day.

    Attributes
    ----------
    supplier
        Empty for what it pays to nobody whom the data names.
    what
        Kind of goods, as the table ``transfers`` has it; of its own ``orders``, ``systems`` (what stands around
        accelerators), ``running``, ``assembly``, ``contracts`` and ``rest``.
    total, later
        In the reported periods, and after them.
    by_period
        By period of the whole horizon.
    """

    supplier: str
    what: str
    total: Amount
    by_period: tuple[tuple[str, Amount], ...]
    later: Amount | None = None


@dataclass(frozen=True, slots=True)
class BudgetYear:
    """A window of the lab's budget: what it spends and what it may; None where it states no budget."""

    first: str
    last: str
    spent: Amount
    limit: Amount | None
