"""What studies of a plan share: a result as it was saved, or an instance that is solved first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from fabopt.cli.common import complain, is_quiet, step, write_text
from fabopt.cli.progress import telling
from fabopt.domain.text import printable
from fabopt.errors import BAD_INPUT, INFEASIBLE, INTERRUPTED, LIMIT

if TYPE_CHECKING:
    from fabopt.api import Instance, Result
    from fabopt.api.plan import PlanTables
    from fabopt.api.states import StatesResult
    from fabopt.solve.budget import TimeBudget
    from fabopt.solve.options import RunOptions

PlannedPath = typer.Argument(help="Folder of a result; or an instance, which is then solved first.", show_default=False)

BudgetOption = typer.Option(help="Minutes that may be spent.", metavar="MINUTES", min=0.01)
GapOption = typer.Option(
    help="Relative gap at which a plan is good enough; else the instance's own, else by size, as for solve.",
    show_default=False,
)
LimitOption = typer.Option("--time-limit", help="Seconds for each plan; else the instance's own.", show_default=False)

EXIT_WITHOUT_PLAN = {"infeasible": INFEASIBLE, "unbounded": BAD_INPUT, "interrupted": INTERRUPTED}

MINUTES = 30.0
"""Budget of a study that takes none: what solving an instance may take, before its plan is studied, is half of it."""

SOLVING = 0.5
"""Share of the budget that solving an instance may take before its plan is studied."""

LEAST_SECONDS = 1.0
"""Seconds that solving an instance may take at least."""


def result_at(
    path: Path,
    scenario: str | None,
    sets: list[str],
    budget: TimeBudget,
    quiet: bool,
    check: Callable[[Instance], None] | None = None,
) -> Result:
    """Return the result at a path, or that of the instance there, solved within its share of a budget.

    `check` sees the instance before it is solved, and may refuse it.
    """
    from fabopt import api
    from fabopt.solve.results.folder import ResultError, is_result

    if is_result(path):
        if scenario is not None or sets:
            raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
        return api.load_result(path)
    instance = api.load(path, scenario, sets)
    if check is not None:
        check(instance)
    with step("solve", quiet) as stepped, telling(quiet) as teller:
        result = instance.solve(
            instance.data.solving.first, progress=teller, time_limit=max(SOLVING * budget.left, LEAST_SECONDS)
        )
        stepped.append(result.status)
    if not result.has_plan:
        end_without_plan(result)
    return result


@contextmanager
def within_time(minutes: float, quiet: bool) -> Iterator[TimeBudget]:
    """Give a study a time that begins now, tells of its stages on stderr, and ends with Ctrl-C and SIGTERM, too."""
    from fabopt.solve.budget import TimeBudget

    budget = TimeBudget(60.0 * minutes, telling_steps(quiet))
    with budget.catching_signals():
        yield budget


def end_without_plan(result: PlanTables | StatesResult, log: Path | None = None) -> NoReturn:
    """Say why there is no plan, keep the solver's log where nothing was decided, and end with the exit code of that."""
    for conflict in result.conflicts:
        complain(conflict.sentence)
    if log is not None and result.status in ("no_plan", "interrupted"):
        log.parent.mkdir(parents=True, exist_ok=True)
        write_text(log, result.log)
        complain(f"the solver's log is in {log}")
    complain(f"no plan: {result.status}")
    raise typer.Exit(EXIT_WITHOUT_PLAN.get(result.status, LIMIT))


def telling_steps(quiet: bool) -> Callable[[str, float], None]:
    """Return what is told of each step of a study: a line on stderr, unless all is quiet."""
    silent = is_quiet(quiet)

    def tell(name: str, took: float) -> None:
        if not silent:
            typer.echo(f"{printable(name):>24}  {took:7.1f} s", err=True)

    return tell


def limits_of_run(gap: float | None, time_limit: float | None) -> RunOptions:
    """Return the limits of a run that were given; what was not is the instance's own."""
    options: RunOptions = {}
    if gap is not None:
        options["gap"] = gap
    if time_limit is not None:
        options["time_limit"] = time_limit
    return options


def head_of(instance: Instance) -> dict[str, object]:
    """Return what a study of an instance says of it in JSON."""
    return {"instance": instance.name, "scenario": instance.scenario, "sets": list(instance.sets)}


def end_without_plan_of(under: str, status: str, why: tuple[str, ...]) -> NoReturn:
    """Say why there is no plan under policies or limits, and end with the exit code of that."""
    for sentence in why:
        complain(sentence)
    complain(f"no plan under the {under}: {status}")
    raise typer.Exit(EXIT_WITHOUT_PLAN.get(status, LIMIT))
