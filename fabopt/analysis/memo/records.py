"""What a procurement memo says: frozen records, every number with its unit and the place that it comes from.

Nothing here is prose: what a sentence needs stands as names, numbers and words of a fixed list, so that a template in
any language can write it. Names of parties, chips and limits are those of the instance. Money is in million dollars,
discounted to the decision date unless a field says otherwise; labels of periods are those of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Confidence = Literal["", "high", "medium", "low", "assumption"]
"""How sure the source of a number is; empty for what the model found."""

Unit = Literal["GW", "MW", "MUSD", "USD", "kaccelerator", "kH100e", "share", "month", "count", "period", "as written"]
"""Units that templates know how to write for people; ``as written`` is followed by :attr:`Amount.unit_text`."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that a memo may print.

    Attributes
    ----------
    value, unit
        The number.
    origin
        Where it comes from: ``domain/power[lab=openai, period=2030Q4].used`` for cells of a result's table (summed
        over those rows), ``choke: ...``, ``tornado: ...``, ``re-solve: ...`` for a study, ``instance: PATH`` for a
        number of the data.
    low, high
        What it lies between, by proof or range; None where it is a point.
    confidence
        Of its source.
    unit_text
        The unit where ``unit`` is ``as written``.
    """

    value: float
    unit: Unit
    origin: str
    low: float | None = None
    high: float | None = None
    confidence: Confidence = ""
    unit_text: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the memo stands on: the plan, how good it is, and how it was made.

    Attributes
    ----------
    status
        ``optimal``, ``within_gap``, ``wider_gap``, ``time_limit``, ``interrupted``.
    incumbent
        Whether the plan is only the best that was found when time ran out.
    value, bound
        Of the plan.
    gap
        As a share; None where no bound is known.
    doubt
        Million dollars by which a better plan may exceed this one: a difference below it proves nothing by itself.
    version, solver, input_hash, options
        Of fabopt, of HiGHS, of the instance's data, and every option of the run.
    analyses
        Seconds by analysis, and what its budget left out.
    hooks
        Constraints of the user's own, each as name and hash.
    """

    status: str
    incumbent: bool
    value: Amount
    bound: Amount | None
    gap: Amount | None
    doubt: Amount
    version: str
    solver: str
    input_hash: str
    options: Mapping[str, str]
    analyses: tuple[tuple[str, float], ...] = ()
    left_out: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a recommendation is withheld: the difference it rests on is smaller than what the proof leaves open."""

    difference: Amount
    doubt: Amount


@dataclass(frozen=True, slots=True)
class Headline:
    """The facts of the first three sentences: what the lab gets, what holds it back, what it signs first."""

    power: Amount
    accelerators: Amount
    compute: Amount
    first_chip: str
    first_chip_share: Amount | None
    choke: str
    choke_owner: str
    choke_worth: Amount | None
    choke_withheld: Withheld | None
    sign: str
    sign_supplier: str
    sign_by: str
    sign_loss: Amount | None


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


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number of the data that the memo rests on.

    Attributes
    ----------
    path, value
        Its lever, and the number with its range as low and high.
    at_low, at_high
        Change of the plan's value at the ends of its range, solved again where ``solved``, else by the adjoint.
    choke_low, choke_high
        Choke point of the whole chain there, where solved.
    choke_now
        That of the plan itself; empty where no tornado was made.
    information
        What it is worth to know it before deciding.
    sources
        Titles of its sources with date, empty for an assumption.
    as_of
        Date of the source.
    """

    path: str
    name: str
    value: Amount
    at_low: Amount | None
    at_high: Amount | None
    solved: bool
    choke_low: str
    choke_high: str
    choke_now: str
    information: Amount | None
    sources: tuple[str, ...]
    as_of: str


@dataclass(frozen=True, slots=True)
class Flip:
    """Where a recommendation turns: the value of an assumption at which signing is worth no more than not signing.

    Attributes
    ----------
    path
        The assumption's lever.
    recommendation
        Id of the signature, or ``choke`` for the first choke point.
    at
        Value at which it turns; None where it does not turn in the searched interval.
    searched
        The interval, as (low, high) in the number's unit.
    now, range_low, range_high
        The number and its range.
    inside
        Whether it turns within the range.
    distance
        How far ``at`` lies from the nearest end of the range, as a share of the number; negative inside of it.
    to
        What is best beyond it: id of another signature, label of another limit, or empty.
    """

    path: str
    name: str
    recommendation: str
    recommendation_name: str
    at: Amount | None
    searched: tuple[float, float]
    now: Amount
    range_low: float
    range_high: float
    inside: bool
    distance: Amount | None
    to: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An order or contract in plans nearly as good: must, may, never, open; least and most."""

    name: str
    owner: str
    verdict: str
    now: Amount
    least: Amount
    most: Amount


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan nearly as good: what it is worth less, and its largest changes (name, now, there)."""

    how: str
    cost: Amount
    moved: Amount
    changes: tuple[tuple[str, Amount, Amount], ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """What to watch: a number whose next publication may move the plan, who publishes it, and what it would change."""

    path: str
    name: str
    publisher: str
    last_seen: str
    value: Amount
    moves: Amount
    turns: str


@dataclass(frozen=True, slots=True)
class Chance:
    """Share of the cases of a sweep in which the lab has its target power by a period."""

    period: str
    target: Amount
    share: Amount


@dataclass(frozen=True, slots=True)
class Memo:
    """A procurement memo: see the fields' records.

    Attributes
    ----------
    lab, name
        Id and name of the lab.
    instance, scenario
        Title of the instance and its scenario.
    decision, until
        Decision date (ISO) and last reported period.
    tolerance
        Loss that defines a last responsible date.
    standing
        The lab's own plan, everybody else held at another.
    given
        The plan that everybody else is held at.
    budget, outlays
        What the lab spends by window of its budget, and to whom it pays what.
    periods
        Labels of the reported periods.
    ran
        Which analyses were run to their end or in part; what is not among them was not run.
    cases
        Of the sweep from which chances come; 0 without one.
    """

    lab: str
    name: str
    instance: str
    scenario: str
    decision: str
    until: str
    tolerance: Amount
    standing: Standing
    given: Standing
    headline: Headline
    signatures: tuple[Signature, ...]
    budget: tuple[BudgetYear, ...]
    outlays: tuple[Outlay, ...]
    periods: tuple[str, ...]
    ran: tuple[str, ...]
    mix: tuple[MixRow, ...]
    reasons: tuple[ChipReason, ...]
    chokes: tuple[ChokeYear, ...]
    reliefs: tuple[Relief, ...]
    rivals: tuple[Rival, ...]
    sources: tuple[SecondSource, ...]
    own: tuple[OwnChip, ...]
    losses: tuple[Loss, ...]
    assumptions: tuple[Assumption, ...]
    flips: tuple[Flip, ...]
    choices: tuple[Choice, ...]
    alternatives: tuple[Alternative, ...]
    within: Amount | None
    watch: tuple[Indicator, ...]
    chances: tuple[Chance, ...]
    cases: int
    all_assumptions: tuple[Assumption, ...]
