"""What a lab signs, and what that comes to: signatures, and what is paid to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fabopt.analysis.memo.records.amount import Amount

SignatureKind = Literal["accelerators", "compute", "power", "contract", "capacity", "programme"]
"""Purchase of a designer's chip; of compute; power of a site; a contract; capacity that it pays for; its own chip."""


Verdict = Literal["sign", "leave", "undecided", "not run"]
"""Proved to be worth signing; proved to be worth no more than the tolerance; neither; not asked for want of time."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Something that the lab may sign: a purchase, one order, or a contract. All worths are the lab's own money.

    Attributes
    ----------
    id, whole
        ``accelerators:openai:rubin``, or the id of the unit or contract; of one order among several of the same, that
        of all of them.
    kind, what, supplier
        What, in the instance's names, and from whom: empty where the lab builds it itself and the data names nobody of
        whom it buys parts for it.
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
        What it loses if it is never signed, with what is proved of that as low and high.
    verdict
        Whether it is to be signed, by proof.
    under
        Names of contracts in force under which it is bought: an order under what is signed already.
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


@dataclass(frozen=True, slots=True)
class Outlay:
    """What the lab pays to a supplier for a kind of goods, in the money of the day.

    Attributes
    ----------
    supplier
        Empty for what it does itself.
    what
        Kind of goods, as the table ``transfers`` has it; ``orders`` and ``running`` of its own.
    total
        In the reported periods.
    by_period
        By period of the whole horizon.
    """

    supplier: str
    what: str
    total: Amount
    by_period: tuple[tuple[str, Amount], ...]


@dataclass(frozen=True, slots=True)
class BudgetYear:
    """A window of the lab's budget: what it spends and what it may; None where it states no budget."""

    first: str
    last: str
    spent: Amount
    limit: Amount | None
