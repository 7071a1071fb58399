"""What happened since the plan before, where the plan was rolled on with actuals: planned, happened, changed, to do."""

from __future__ import annotations

from dataclasses import dataclass

from fabopt.analysis.memo.records.amount import Amount


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, beside what was planned of it.

    Attributes
    ----------
    what, name, period
        What is counted (a measure, or ``number`` of the instance), what it is of, and when.
    planned, happened
        Both in one unit.
    share
        By how much more happened, as a share of what was planned; None where nothing was.
    worth
        What the difference is worth to all parties at the prices of the plan before, at the margin, before costs; None
        where it was as planned or has no such price.
    """

    what: str
    name: str
    period: str
    planned: Amount
    happened: Amount
    share: Amount | None
    worth: Amount | None


@dataclass(frozen=True, slots=True)
class Changed:
    """An order from the date on that is not that of the plan before; ``mine``: the lab's own."""

    name: str
    owner: str
    period: str
    before: Amount
    now: Amount
    mine: bool


@dataclass(frozen=True, slots=True)
class Since:
    """What happened between the plan before and this one.

    Attributes
    ----------
    first, last
        Labels of the periods that have passed.
    to
        Label of the first period that is open.
    facts
        What is told, what was off most first; what is not told counts as planned.
    changed
        Orders that are not those of the plan before.
    due
        The lab's orders in the first open period: name and how much.
    """

    first: str
    last: str
    to: str
    facts: tuple[Fact, ...]
    changed: tuple[Changed, ...]
    due: tuple[tuple[str, Amount], ...]
