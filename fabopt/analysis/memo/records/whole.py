"""A procurement memo as a whole: what it stands on, its first sentences, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fabopt.analysis.memo.records.amount import Amount, Withheld
from fabopt.analysis.memo.records.chain import ChipReason, ChokeYear, Loss, MixRow, OwnChip, Relief, Rival, SecondSource
from fabopt.analysis.memo.records.signing import BudgetYear, Outlay, Signature, Together, WalkAway
from fabopt.analysis.memo.records.since import Since
from fabopt.analysis.memo.records.turning import Alternative, Assumption, Chance, Choice, Flip, Hedging, Indicator


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


WorthPart = Literal["compute", "sales", "left", "suppliers", "own", "late", "beside"]
"""Worth of compute; what the lab sells; what is left at the end; what it pays others, and itself; what is late or lost;
what its plan counts beside money."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What the lab's plan is worth, part by part.

    Attributes
    ----------
    rate
        Share a year by which money is discounted.
    until
        Label of the last period that counts.
    parts
        Discounted; what is paid is negative. They add up to the value of the plan.
    """

    rate: Amount
    until: str
    parts: tuple[tuple[WorthPart, Amount], ...]


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
    walk_aways
        How far the terms of what is advised may move.
    together
        What can be left alone, but not together.
    budget, outlays
        What the lab spends by window of its budget, and to whom it pays what.
    periods
        Labels of the reported periods.
    ran
        Which analyses found something or came to their end; of one that was cut off with nothing it is said that it was
        not run.
    cases, sampled
        How many cases chances come from, 0 without any, and what made them.
    hedging
        What a plan under several states says; None where none was given.
    since
        What happened since the plan before, where this one was rolled on with actuals.
    worth
        What the plan of :attr:`standing` is worth, part by part; None in a record of before it was told.
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
    walk_aways: tuple[WalkAway, ...]
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
    sampled: Literal["", "sweep", "draws"]
    hedging: Hedging | None
    all_assumptions: tuple[Assumption, ...]
    since: Since | None = None
    together: tuple[Together, ...] = ()
    worth: Worth | None = None

    @property
    def spare(self) -> tuple[Signature, ...]:
        """What the plan has and is not needed, alone or with all others of its goods that are not needed alone."""
        return self._alone("leave")

    @property
    def unsure(self) -> tuple[Signature, ...]:
        """What is undecided, but for what is told of together with others."""
        return self._alone("undecided")

    def _alone(self, verdict: str) -> tuple[Signature, ...]:
        together = {id for some in self.together for id in some.signatures}
        return tuple(s for s in self.signatures if s.verdict == verdict and not s.signed and s.id not in together)

    @property
    def some_of(self) -> tuple[tuple[Together, tuple[Signature, ...]], ...]:
        """What can be left alone, but not together, with its signatures."""
        by_id = {s.id: s for s in self.signatures}
        return tuple((some, tuple(by_id[id] for id in some.signatures)) for some in self.together)

    @property
    def advice(self) -> tuple[Signature, ...]:
        """What is advised to sign, the most urgent first."""
        return tuple(
            sorted((s for s in self.signatures if s.verdict == "sign" and not s.signed), key=lambda s: s.urgency)
        )
