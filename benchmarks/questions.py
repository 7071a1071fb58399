"""Questions of a solved plan: processor and wall seconds, beside plain Pyomo that rebuilds and solves.

``python -m benchmarks.questions RESULT [--only WORD] [--heavy] [--lab LAB] [--lever LEVER] [--workers N]``

Every row is one question of the plan in the folder RESULT, asked in this order in one process and printed as a table in
Markdown. What is made once is paid for by the row that asks first. *Plain* is the linear program of the plan, integers
held, made with Pyomo from its lowered network and solved from nothing (``benchmarks.whatif``), in the same run; the
ratio says how often a question that is one such program fits into it. Rows that may take minutes are asked with
``--heavy``.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from benchmarks.common import machine, median, used
from benchmarks.whatif import plain_held
from fabopt.analysis.sensitivity.adjoint import slopes
from fabopt.analysis.sensitivity.explore import Exploration
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.places import Prices
from fabopt.api import WORKERS, Result, load_result
from fabopt.plan.groups import LimitGroup
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.outcome import Outcome
from fabopt.solve.resolver import Resolver
from fabopt.solve.work.executor import LocalProcesses

LIMITS = 40
"""Limits of which 10 % more is asked."""

Seconds = tuple[float, float]
"""Of the processor and of the wall."""

Work = Callable[[], object]


def both(work: Work) -> Seconds:
    """Return the seconds that work takes."""
    gc.collect()
    began, before = time.perf_counter(), used()
    work()
    return used() - before, time.perf_counter() - began


class Questions:
    """A saved plan and what is asked of it.

    Parameters
    ----------
    folder
        The result.
    lab, lever
        The lab that is asked for, and the lever under the slider; the first ones when empty.
    workers
        Processes and threads that may be used.
    """

    def __init__(self, folder: Path, lab: str, lever: str, workers: int) -> None:
        self.folder, self._lab, self._lever, self.workers = folder, lab, lever, workers

    @cached_property
    def result(self) -> Result:
        """The result."""
        return load_result(self.folder)

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.result.plan

    @property
    def solved(self) -> SolvedProgram:
        """Its program."""
        return self.plan.solved

    @cached_property
    def resolver(self) -> Resolver:
        """What asks the program again."""
        return self.solved.resolver()

    @property
    def lab(self) -> str:
        """The lab."""
        return self._lab or next(iter(self.plan.data.labs))

    @cached_property
    def binding(self) -> list[LimitGroup]:
        """The limits that the plan pays for in the periods that count, the most expensive first."""
        row, column = np.abs(self.solved.row_price), np.abs(self.solved.column_price)
        paid = [
            float(np.concatenate([row[group.rows], column[group.columns]]) @ group.base)
            for group in self.solved.problem.movable
        ]
        order = sorted(range(len(paid)), key=lambda place: -paid[place])
        return [self.solved.problem.movable[place] for place in order if paid[place] > 0.0]

    def more(self, group: LimitGroup) -> Outcome:
        """Return the plan with 10 % more of a limit."""
        return self.resolver.ask(group.by(0.1 * group.base).on(self.solved.program))

    def first(self) -> None:
        """Load the result and answer the first question."""
        self.more(self.binding[0])

    def adjoint(self) -> None:
        """Price every number with a range."""
        found, solved = numbers_of(self.plan), self.solved
        pair = Prices(solved.x, solved.row_price, solved.column_price)
        slopes(
            found,
            solved.net.name,
            solved.options,
            [pair],
            LocalProcesses(self.workers, solves=False),
            hooks=solved.hooks,
        )

    def memo(self) -> None:
        """Write the memo of the lab, with an hour to leave nothing out."""
        with tempfile.TemporaryDirectory() as folder:
            self.result.memo(self.lab, budget=60.0, workers=self.workers).save(folder)

    def rows(self, heavy: bool) -> Iterator[tuple[str, str, Work]]:
        """Yield each question: what is asked, the seconds that are aimed at on frontier, and the work."""
        result, lab, chip = self.result, self.lab, next(iter(self.plan.data.chips))
        period = next(p.label for p in self.plan.net.periods if p.reported)
        yield "explain: why a lab gets no more", "10", lambda: result.explain(why_short=lab, period=period)
        yield "explain: whom one more unit goes to", "10", lambda: result.explain(next_unit=self.binding[0].id)
        yield "explain: why a lab does not buy a chip", "10", lambda: result.explain(why_not=chip, lab=lab)
        yield "explain: where a chip comes from", "10", lambda: result.explain(from_=chip, period=period)
        yield "portfolio of a lab", "15", lambda: result.portfolio(lab)
        lever = self._lever or next(iter(numbers_of(self.plan).found))
        explorer = Exploration(self.plan, [lever])
        low, high = explorer.dials[0].low, explorer.dials[0].high
        near, far = (explorer.dials[0].setting(low + part * (high - low)) for part in (0.6, 0.7))
        yield "a slider's plan", "1", lambda: next(explorer.steps({lever: near}))
        yield "a slider's plan with its choke point", "2", lambda: explorer.at({lever: far})
        if heavy:
            yield "adjoint of all numbers", "60", self.adjoint
            yield "tornado --top 20", "240", lambda: result.tornado(20, workers=self.workers)
            yield "choke, complete", "240", lambda: result.choke_points(budget=60.0)
            yield "memo, nothing left out", "600", self.memo


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Questions of a solved plan: processor and wall seconds.")
    parser.add_argument("result", type=Path)
    parser.add_argument("--only", default="", help="ask only what contains this word")
    parser.add_argument("--heavy", action="store_true", help="ask what may take minutes, too")
    parser.add_argument("--lab", default="")
    parser.add_argument("--lever", default="")
    parser.add_argument("--workers", type=int, default=WORKERS)
    asked = parser.parse_args()
    machine("pyomo", "highspy")
    questions = Questions(asked.result, asked.lab, asked.lever, asked.workers)
    print("\n| question | CPU s | wall s | aim, wall s | plain Pyomo, CPU s | ratio |\n|---|---|---|---|---|---|")
    first = both(questions.first)
    plain = both(lambda: plain_held(questions.solved.net, questions.solved.x))[0]
    tell("load a result and answer the first question", first, "3", plain)
    more = [both(partial(questions.more, group)) for group in questions.binding[1 : LIMITS + 1]]
    tell("+10 % of one limit, median", (median([m[0] for m in more]), median([m[1] for m in more])), "0.3", plain)
    for name, aim, work in questions.rows(asked.heavy):
        if asked.only in name:
            tell(name, both(work), aim)


def tell(name: str, seconds: Seconds, aim: str, plain: float | None = None) -> None:
    """Print a row."""
    ratio = "" if plain is None else f"{plain:.1f} | {plain / seconds[0]:.0f}"
    print(f"| {name} | {seconds[0]:.2f} | {seconds[1]:.2f} | {aim} | {ratio or ' | '} |", flush=True)


if __name__ == "__main__":
    main()
