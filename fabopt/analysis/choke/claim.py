"""Whether a claim about the choke point holds, and the smallest change of capacities that makes it true.

What is asked is a relief of 10 % of every limit of the subject at once, in the periods of the claim:

* **binds** is proved where the next unit has a price at every optimal dual (the one-sided derivative of the linear
  program with the plan's integers held), or where relief adds more than the gap of the plan leaves open. It is refuted
  where relief adds nothing with the integers held and, in the relaxation, no more than the gap. Else it is undecided.
* **is the choke point**: no other class of limits adds as much. Proved and refuted by more than the gap.
* **is the only choke point**: it adds more than the gap, and no other class does.
* **limits** PARTY: binds, where relief may gain through this lab or designer alone.

Where a claim is not proved, the capacity of its limits is scaled down until it is, with the plan's integers held: the
largest scale at which it holds is found by bisection, with what of the limits' own data reaches it within its range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from fabopt.analysis.choke.assemble import Facts
from fabopt.analysis.choke.bench import Effort, linear
from fabopt.analysis.choke.claim_text import Claim, members, read_claim, window
from fabopt.analysis.choke.derivative import prices
from fabopt.analysis.choke.kept import Keeping
from fabopt.analysis.choke.options import through
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.ranking import FIRST_LARGE, TEN, screened
from fabopt.analysis.choke.timeline import counted
from fabopt.io.levers import list_levers
from fabopt.plan.groups import NO_RELIEF, LimitGroup, Relief, together
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.work.executor import Executor

Verdict = Literal["proved", "refuted", "undecided"]

LEAST_SCALE = 0.02
"""Smallest share of a capacity at which a claim is tried."""

HALVINGS = 7
"""Bisections of the scale: to about 1 %."""

RIVALS = 2
"""Other classes that are asked again at another scale."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A number of the instance that would make a claim true, and whether its own range goes as far."""

    lever: str
    value: float
    needed: float
    low: float | None
    within: bool


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change that makes a claim true: to what share of the capacities, and the numbers that state them."""

    scale: float
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a claim.

    Attributes
    ----------
    claim, verdict
        The claim, and whether it holds.
    limits
        Labels of the limits that its subject names.
    first, last
        Labels of the first and the last period of relief.
    gain, relaxed_gain
        What 10 % more of all of them adds to the plan, and to the relaxation (None where it was not needed).
    price
        Worth of the next 1 % of all of them, at the least optimal dual, as if it held for a whole 1 %.
    doubt
        What the gap of the plan leaves open.
    rival, rival_gain
        The other class that adds most, for a claim that compares; empty without.
    change
        The smallest change found that makes it true; None where it is proved, or none was found.
    searched
        Whether there was time to look for it as far as it is looked for.
    why
        What decided, a sentence.
    """

    claim: Claim
    verdict: Verdict
    limits: tuple[str, ...]
    first: str
    last: str
    gain: float
    relaxed_gain: float | None
    price: float
    doubt: float
    rival: str
    rival_gain: float | None
    change: Change | None
    searched: bool
    why: str


def decide(
    plan: Plan,
    text: str,
    *,
    workers: int = 1,
    budget: TimeBudget | None = None,
    executor: Executor | None = None,
    journal: Path | None = None,
) -> Decided:
    """Return whether a claim holds for a plan, by threads of this process or where an executor has it answered.

    What a journal has is not asked again.

    Raises
    ------
    StudyError
        If it is no claim, names no limit, or a period that does not count.
    fabopt.solve.budget.OutOfTimeError
        If there was no time to decide.
    """
    decision = _Decision(plan, read_claim(text), workers, budget or TimeBudget(), executor, journal)
    with decision.oracle:
        return decision.decided()


class _Decision:
    """A claim as it is decided."""

    def __init__(
        self,
        plan: Plan,
        claim: Claim,
        workers: int,
        budget: TimeBudget,
        executor: Executor | None,
        journal: Path | None,
    ) -> None:
        plan.of_system("choke points are those of the system's plan")
        net, self.plan, self.claim = plan.net, plan, claim
        self.window = window(claim, net, counted(net).periods)
        solved = through(plan.solved, claim.party) if claim.party else plan.solved
        problem = replace(solved.problem, reportable=self.window)
        capacities = [g for g in problem.movable if not g.obligation]
        classes = problem.by_class(net)
        self.subject = members(claim, capacities, classes.groups, net)
        effort = Effort(workers=workers, seed=solved.options.seed)
        depends = {"through": claim.party, "periods": self.window, "gap": effort.gap, "seed": effort.seed}
        self.oracle = Oracle(
            problem,
            effort,
            basis=solved.basis,
            budget=budget,
            executor=executor,
            keep=Keeping(journal, plan, depends, budget).questions,
        )
        self.oracle.searching = not solved.program.large
        self.large = solved.program.large
        own = {g.id for g in self.subject}
        self.others = [g for g in classes.movable if not g.obligation and not own & {m.id for m in g.parts}]

    # -- what relief adds --------------------------------------------------------------------------------------------

    def _scaled(self, share: float) -> Relief:
        """Return the relief by a share of every limit of the subject; less than nothing tightens."""
        reliefs = (g.by(share * np.where(np.isfinite(g.base), g.base, 0.0)) for g in self.subject)
        return replace(together(reliefs), after=None, label=f"{self.claim.text}: {share:+.3g}")

    def _adds(self, first: Relief, then: Relief) -> float:
        """Return what a relief adds on top of another; without a plan before it, everything."""
        both = replace(first + then, after=None) if first else then
        before, after = self.oracle.plan_values([first, both])
        gain = after - before
        return gain if gain > self.oracle.eps else 0.0

    def decided(self) -> Decided:
        """Return what becomes of the claim."""
        oracle, ten = self.oracle, self._scaled(0.1)
        gain, doubt = self._adds(NO_RELIEF, ten), oracle.base.width
        price = max(prices(oracle, [self._scaled(0.01)])[0].right, 0.0)
        rival, rival_gain = self._rival() if "choke point" in self.claim.verb else ("", None)
        verdict, why, relaxed = self._verdict(gain, price if price > oracle.eps else 0.0, doubt, rival_gain)
        change, searched = (None, True) if verdict == "proved" else self._searched()
        labels = [p.label for p in self.plan.net.periods]
        return Decided(
            claim=self.claim,
            verdict=verdict,
            limits=tuple(g.label for g in self.subject),
            first=labels[self.window[0]],
            last=labels[self.window[-1]],
            gain=gain,
            relaxed_gain=relaxed,
            price=price,
            doubt=doubt,
            rival=rival,
            rival_gain=rival_gain,
            change=change,
            searched=searched,
            why=why,
        )

    def _verdict(
        self, gain: float, price: float, doubt: float, rival: float | None
    ) -> tuple[Verdict, str, float | None]:
        """Return the verdict, what decided it, and the gain of the relaxation where it was asked."""
        binds, why, relaxed = self._binds(gain, price, doubt)
        if rival is None or binds == "refuted":
            return binds, why, relaxed
        if self.claim.verb == "is the only choke point":
            if rival > doubt:
                return "refuted", "another class of limits adds more than the gap leaves open, too", relaxed
            if gain > doubt:
                return "proved", "it adds more than the gap leaves open, and no other class does", relaxed
            return "undecided", "neither it nor another class adds more than the gap leaves open", relaxed
        if gain - rival > doubt:
            return "proved", "it adds more than every other class, by more than the gap leaves open", relaxed
        if rival - gain > doubt:
            return "refuted", "another class adds more, by more than the gap leaves open", relaxed
        return "undecided", "another class adds as much within what the gap leaves open", relaxed

    def _binds(self, gain: float, price: float, doubt: float) -> tuple[Verdict, str, float | None]:
        if gain > doubt:
            return "proved", "10 % more adds more than the gap leaves open", None
        if price > 0.0:
            return "proved", "the next unit has a price at every optimal dual, the plan's integers held", None
        base, more = self.oracle.relaxed_values([NO_RELIEF, self._scaled(0.1)])
        relaxed = max(more - base, 0.0)
        if gain == 0.0 and relaxed <= max(doubt, self.oracle.eps):
            said = "10 % more adds nothing with the plan's integers held, and no more than the gap in the relaxation"
            return "refuted", said, relaxed
        return "undecided", "10 % more adds something, but no more than the gap leaves open", relaxed

    def _rival(self) -> tuple[str, float | None]:
        """Return the other class that adds most."""
        self._best = self._ranked()
        if not self._best:
            return "", 0.0
        group, gain = self._best[0]
        return group.label, gain

    def _ranked(self) -> list[tuple[LimitGroup, float]]:
        base = self.oracle.ask([partial(linear, "fixed", NO_RELIEF)])[0]
        by_id = {g.id: g for g in self.others}
        parts = screened(self.oracle, base, self.others, FIRST_LARGE, self.large)
        gains = [(by_id[id], gain) for part in parts for id, gain in part.items()]
        return sorted(gains, key=lambda pair: -pair[1])

    # -- the smallest change ------------------------------------------------------------------------------------------

    def _holds(self, scale: float) -> bool:
        """Return whether the claim is true with the plan's integers held, were there so much of the capacities."""
        less = self._scaled(scale - 1.0)
        if not np.isfinite(self.oracle.plan_value(less)):
            return True
        doubt = self.oracle.base.width
        if self.claim.verb in ("binds", "limits"):
            return self._adds(less, self._scaled(0.01 * scale)) > 0.0
        own = self._adds(less, self._scaled(0.1 * scale))
        rivals = [self._adds(less, group.relief(TEN)) for group, _ in self._best[:RIVALS]]
        most = max(rivals, default=0.0)
        if self.claim.verb == "is the only choke point":
            return own > doubt >= most
        return own - most > doubt

    def _searched(self) -> tuple[Change | None, bool]:
        """Return the smallest change, and whether there was time to look for it: half of what the question has."""
        budget = self.oracle.budget
        with budget.part(share=0.5), budget.attempt(f"the smallest change that makes '{self.claim.text}' true"):
            return self._change(), True
        return None, False

    def _change(self) -> Change | None:
        """Return the largest scale below one at which the claim holds."""
        if not self._holds(LEAST_SCALE):
            return None
        scale = bisected(self._holds, LEAST_SCALE, 1.0)
        return Change(scale, self._reaches(scale))

    def _reaches(self, scale: float) -> tuple[Reach, ...]:
        """Return the numbers that state the capacities, with whether their range goes as far down."""
        facts = Facts(self.plan.solved, self.plan.data)
        stated = {field for group in self.subject for field in facts.fields(group)}
        reaches = []
        for lever in list_levers(self.plan.data):
            if lever.path in stated:
                q = lever.quantity
                low = q.range_of(q.points[0])[0] if q.points else None
                needed = q.value * scale
                within = low is not None and low < q.value and low <= needed
                reaches.append(Reach(lever.path, q.value, needed, low, within))
        return tuple(reaches)


def bisected(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return the largest number, to within a share of the span, at which something holds that holds at the low end."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def decide_all(
    plan: Plan,
    texts: Sequence[str],
    *,
    workers: int = 1,
    budget: TimeBudget | None = None,
    executor: Executor | None = None,
    journal: Path | None = None,
) -> list[Decided]:
    """Return whether each of some claims holds; all are read before any is decided.

    Each has its part of the time that is left. What there was no time for is missing, and the budget lists it.

    Raises
    ------
    StudyError
        If one is no claim, names no limit, or a period that does not count.
    fabopt.solve.budget.OutOfTimeError
        If there was no time to decide any.
    """
    for text in texts:
        read_claim(text)
    budget = budget or TimeBudget()
    decided: list[Decided] = []
    for n, text in enumerate(texts):
        with budget.stage(f"claim '{text}'", share=1.0 / (len(texts) - n)):
            decided.append(decide(plan, text, workers=workers, budget=budget, executor=executor, journal=journal))
    if texts and not decided:
        raise budget.out_of_time(", ".join(f"'{text}'" for text in texts))
    return decided
