"""From a result and a question to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fabopt.analysis.explain.names import known
from fabopt.analysis.explain.next_unit import limit_asked, who_gets
from fabopt.analysis.explain.pegging import pegging
from fabopt.analysis.explain.records import NextUnit, Pegging, WhyNot, WhyShort
from fabopt.analysis.explain.why_short import why_short
from fabopt.analysis.portfolio.study import chip_case
from fabopt.errors import StudyError
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget

Answer = WhyNot | WhyShort | NextUnit | Pegging
"""What answers a question."""

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "why_not": ("lab",),
    "why_short": ("period",),
    "next_unit": (),
    "from_": ("period",),
}
"""What each question needs beside itself."""

SYSTEM = "this question is about the system's plan"

OPTIONAL = {"next_unit": ("period",)}
"""What a question may have."""

OPTIONS = {
    "why_not": "--why-not CHIP",
    "lab": "--for LAB",
    "why_short": "--why-short LAB",
    "next_unit": "--next-unit LIMIT",
    "from_": "--from CHIP",
    "period": "--period P",
}
"""How each part of a question is written."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a plan: exactly one of those of :data:`QUESTIONS`, with what belongs to it.

    Attributes
    ----------
    why_not
        Id of a chip: why ``lab`` does not buy it.
    lab
        Id of a lab.
    why_short
        Id of a lab: why it gets no more in ``period``.
    next_unit
        A limit (its name or id): whom one more unit of it would go to, in ``period`` or in every reported one.
    from_
        Id of a chip: where a unit of it that is packaged in ``period`` comes from.
    period
        Label of a period.
    """

    why_not: str = ""
    lab: str = ""
    why_short: str = ""
    next_unit: str = ""
    from_: str = ""
    period: str = ""

    def checked(self) -> str:
        """Return which question it is.

        Raises
        ------
        StudyError
            If it is none or more than one, or what belongs to it is missing, or something else stands beside it.
        """
        asked = [name for name in QUESTIONS if getattr(self, name)]
        if len(asked) != 1:
            ways = "; ".join(" ".join(OPTIONS[n] for n in (name, *own)) for name, own in QUESTIONS.items())
            raise StudyError(f"Ask one question: {ways}.")
        name = asked[0]
        for part, option in OPTIONS.items():
            if part in QUESTIONS[name] and not getattr(self, part):
                raise StudyError(f"{OPTIONS[name]} needs {option}.")
            if part not in (name, *QUESTIONS[name], *OPTIONAL.get(name, ())) and getattr(self, part):
                raise StudyError(f"{option} does not go with {OPTIONS[name]}.")
        return name


def explained(plan: Plan, question: Question, budget: TimeBudget | None = None) -> Answer:
    """Return the answer to a question about a plan.

    Parameters
    ----------
    plan
        The solved plan.
    question
        What is asked.
    budget
        Time for it; without end when left out.

    Raises
    ------
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended it.
    StudyError
        If the question is not complete, or names what the result does not have.
    fabopt.solve.results.folder.ResultError
        If there is no plan, or it does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    asked, budget = question.checked(), budget or TimeBudget()
    data, where = plan.data, plan.run.instance
    if asked == "why_short":
        return _why_short(plan.of_system(SYSTEM), question, budget)
    if asked == "next_unit":
        return _next_unit(plan.of_system(SYSTEM), question, budget)
    if asked == "from_":
        chip = known("chip", question.from_, data.chips, where)
        period = _period(plan.net, question.period, where)
        return pegging(plan.net, plan.table, chip, data.chips[chip].name, period)
    chip = known("chip", question.why_not, data.chips, where)
    lab = known("lab", question.lab, data.labs, where)
    with budget.timed("what the chip is worth"):
        return WhyNot(lab, data.labs[lab].name, chip_case(plan, lab, chip, budget))


def _solved(plan: Plan, budget: TimeBudget) -> SolvedProgram:
    with budget.timed("plan and its prices"):
        return plan.solved


def _why_short(plan: Plan, question: Question, budget: TimeBudget) -> WhyShort:
    labs, where = plan.data.labs, plan.run.instance
    lab = known("lab", question.why_short, labs, where)
    period, solved = _period(plan.net, question.period, where), _solved(plan, budget)
    with budget.timed("most that can reach it"):
        return why_short(solved, lab, labs[lab].name, period, budget)


def _next_unit(plan: Plan, question: Question, budget: TimeBudget) -> NextUnit:
    where, solved = plan.run.instance, _solved(plan, budget)
    group = limit_asked(solved, question.next_unit, where)
    period = _period(plan.net, question.period, where) if question.period else None
    with budget.timed("one unit more"):
        return who_gets(solved, group, period, plan.unit, budget)


def _period(net: Network, label: str, where: str) -> int:
    labels = [period.label for period in net.periods]
    return labels.index(known("period", label, labels, where))
