"""Results side by side, solved further first where their gaps leave open which is worth more."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fabopt.api.timed import timed
from fabopt.domain.tolerances import EXACT

if TYPE_CHECKING:
    from fabopt.analysis.compare.records import Comparison
    from fabopt.api.instance import Result
    from fabopt.report.report import Report
    from fabopt.solve.budget import TimeBudget


def compared(
    results: Sequence[Result],
    folders: Sequence[str],
    names: Sequence[str] | None = None,
    decide: float = 0.0,
    tell: Callable[[str, float], None] | None = None,
    budget: float | TimeBudget = math.inf,
    why: int = 0,
) -> Report[Comparison]:
    """Return plans and their inputs side by side; as :func:`fabopt.api.several.compare`.

    Parameters
    ----------
    results
        The plans; the others are held against the first.
    folders
        Names of the folders that they were read from, of those that were.
    names, decide, tell, budget, why
        As there.
    """
    from fabopt.analysis.compare.compare import comparison
    from fabopt.analysis.lever_names import lever_name
    from fabopt.domain.names import Names, display_names
    from fabopt.report.compare import comparison_report
    from fabopt.report.named import named
    from fabopt.report.perspective import in_whose_money

    origins = {(one.run.instance, one.run.scenario) for one in results}
    if names is None and len(origins) < len(results) and len(set(folders)) == len(results):
        names = folders
    called = Names()
    for one in results:
        called.update(display_names(one.plan.data))
    first = results[0].plan.data
    with timed(budget, tell) as (time, _):
        if decide > 0:
            results = decided(results, min(decide, time.left), tell)
        record = comparison([one.plan for one in results], names, time, why)
        report = comparison_report(record, called, lambda path: lever_name(first, path, called))
    return named(in_whose_money(report, *(one.plan.perspective for one in results)), called)


CLOSER = 0.2
"""What is left of a gap from one round of solving further to the next."""


def decided(
    results: Sequence[Result], seconds: float, tell: Callable[[str, float], None] | None = None
) -> list[Result]:
    """Return plans solved further, each from its own and from the first one's, until their gaps leave nothing open.

    A plan that the others can have too is not worth less to them: so an option that is added shows no loss.

    Parameters
    ----------
    results
        Plans for discounted value less cost.
    seconds
        Time for all of it; at the end of it, what is open stays open.
    tell
        Called with the name of each solve, and how long it took.
    """
    from fabopt.analysis.compare.compare import open_differences
    from fabopt.plan.solved import options_of
    from fabopt.solve.budget import TimeBudget

    budget, decided, gap = TimeBudget(seconds, tell), list(results), max(one.gap or 0.0 for one in results)
    with budget.catching_signals():
        while gap > EXACT and open_differences([one.plan for one in decided]):
            gap *= CLOSER
            for n, one in enumerate(decided):
                for start in dict.fromkeys((decided[0], one)):
                    if budget.over:
                        return decided
                    with budget.timed(f"{one.run.scenario or one.run.instance} to {gap:.2g}"):
                        better = one.instance.solve(
                            "value", start=start, gap=gap, time_limit=budget.left, extra=one.hooks,
                            perspective=options_of(one.run).perspective,
                        )  # fmt: skip
                    if better.has_plan and _proves_more(better, decided[n]):
                        decided[n] = better
    return decided


def _proves_more(one: Result, other: Result) -> bool:
    """Return whether a plan is worth more, or as much with a closer bound."""
    worth = ((r.objective or 0.0, -(r.bound or math.inf)) for r in (one, other))
    return next(worth) > next(worth)
