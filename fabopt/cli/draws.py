"""``fabopt draws``: what a plan is worth, reaches and is held back by when its numbers are drawn from their ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import JournalOption, ScenarioOption, SchedulerOption, SetOption, WorkersOption, complain
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time
from fabopt.cli.progress import counting
from fabopt.errors import INTERRUPTED

_Draws = typer.Option(help="Draws of the data.", min=1, max=1_000_000)
_Exact = typer.Option(help="So many of them are solved with all integers free as well.", min=0)
_Seed = typer.Option(help="Seed: draw n of a seed depends on both alone.", min=0)
_Target = typer.Option(
    "--target", help="Power or compute: '2 GW', 'LAB: 5 MH100e'; may be repeated.", metavar="[LAB:]AMOUNT"
)


@reporting("draws", "bands", "chances", "published", "chokes", "numbers", "draws")
def draws(
    path: Annotated[Path, PlannedPath],
    draws: Annotated[int, _Draws] = 200,
    exact: Annotated[int, _Exact] = 0,
    seed: Annotated[int, _Seed] = 0,
    target: Annotated[list[str] | None, _Target] = None,
    workers: Annotated[int, WorkersOption] = 1,
    scheduler: Annotated[str | None, SchedulerOption] = None,
    journal: Annotated[Path | None, JournalOption] = None,
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Draw the numbers from their ranges: bands, chances of targets and choke points, and which numbers matter."""
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        with counting(output.quiet) as count:

            def tell(done: int, asked: int) -> None:
                if count is not None:
                    count(done, asked, "draws")

            report = result.draws(
                draws, exact=exact, seed=seed, targets=target or [], workers=workers, scheduler=scheduler,
                journal=journal, budget=time, tell=tell,
            )  # fmt: skip
    output.tell(report)
    if not report.records.complete:
        complain("not all draws are finished; the same command with --journal goes on with those that are")
        if time.cancelled:
            raise typer.Exit(INTERRUPTED)
