"""What was asked for a choke-point study or a claim, kept in a file: it is not asked again where it is cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fabopt.analysis.choke.bench import Answered, Asked
from fabopt.analysis.choke.confidence import LATE, Draw
from fabopt.analysis.choke.derivative import Price
from fabopt.analysis.choke.finite import AveragePrice, Piece, Trace
from fabopt.analysis.choke.package import Package, Packages
from fabopt.plan.plan import Plan
from fabopt.plan.problem import Interval
from fabopt.solve.budget import TimeBudget
from fabopt.solve.outcome import CUT_SHORT, Ended, Outcome
from fabopt.solve.perturbation import Growth, Perturbation, Values
from fabopt.solve.resolver import Run
from fabopt.solve.work.executor import Executor
from fabopt.solve.work.journal import Journal, Kept, composed, digest
from fabopt.solve.work.plain import plain

ANSWERS = composed(
    Answered, AveragePrice, Ended, Growth, Interval, Outcome, Package, Packages, Perturbation, Piece, Price, Run, Trace,
    Values,
)  # fmt: skip
"""Answers to questions, and draws."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps the answers of a study of a plan.

    Attributes
    ----------
    path
        The file; None: nothing is kept.
    plan
        The plan.
    asked
        What of the study its questions depend on.
    budget
        Its time: an answer that comes when it is over may have been cut short, and is not kept.
    """

    path: Path | None
    plan: Plan
    asked: Mapping[str, Any]
    budget: TimeBudget

    def questions(self, executor: Executor) -> Executor:
        """Return an executor that keeps answers to questions."""
        return self._kept(executor, "questions", _question, in_full, self.asked)

    def draws(self, executor: Executor, asked: Mapping[str, Any]) -> Executor:
        """Return an executor that keeps draws of the data, which depend on more that is asked."""
        return self._kept(executor, "draws of a study", None, _drawn, {**self.asked, **asked})

    def _kept(
        self,
        executor: Executor,
        study: str,
        of: Callable[[Any], Any] | None,
        whole: Callable[[Any], bool],
        asked: Mapping[str, Any],
    ) -> Executor:
        if self.path is None:
            return executor
        journal = Journal(self.path, digest({"study": study, **self.plan.rests_on, **asked}), ANSWERS)
        return Kept(executor, journal, of, lambda answer: whole(answer) and not self.budget.over)


def _question(asked: Asked) -> Any:
    """Return what the answer to a question depends on: what is called with what, not the time that there is for it."""
    job = asked.job
    function, given = (job.func, (job.args, job.keywords)) if isinstance(job, partial) else (job, ())
    return [function.__module__, function.__qualname__, plain(given), asked.searching]


def in_full(answered: Answered) -> bool:
    """Return whether time has cut nothing of an answer short."""
    return not answered.late and not any(run.ended in CUT_SHORT for run in answered.runs)


def _drawn(draw: Draw) -> bool:
    return draw[0] != LATE
