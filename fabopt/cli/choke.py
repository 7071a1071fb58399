"""``fabopt choke``: what holds a plan back, what it is worth to move it, and what comes after it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import JournalOption, ScenarioOption, SchedulerOption, SetOption, WorkersOption
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, PlannedPath, result_at, within_time

_Lab = typer.Option(
    "--for",
    metavar="LAB",
    help="Relief gains through this lab alone, others keep what they get.",
    show_default=False,
    autocompletion=labs,
)
_Period = typer.Option(help="Relief stands in this period alone, or 2027Q1..2027Q4.", show_default=False)
_Top = typer.Option(help="Limits that are studied in full.", min=1, max=100)
_Draws = typer.Option(help="Draws of the data.", min=0, max=10_000)
_Claim = typer.Option(
    help="Decide a claim instead: 'asml binds by 2029', 'n3 of tsmc is the choke point in 2026', 'hbm limits nvidia'. "
    "May be given several times.",
    metavar="TEXT",
    show_default=False,
)
_Seed = typer.Option(help="Seed of solver and draws.", min=0)


@reporting("choke", "limits", "runs", "claims")
def choke(
    path: Annotated[Path, PlannedPath],
    lab: Annotated[str, _Lab] = "",
    period: Annotated[str, _Period] = "",
    top: Annotated[int, _Top] = 10,
    budget: Annotated[float, BudgetOption] = 10.0,
    draws: Annotated[int, _Draws] = 40,
    seed: Annotated[int, _Seed] = 0,
    workers: Annotated[int | None, WorkersOption] = None,
    scheduler: Annotated[str | None, SchedulerOption] = None,
    journal: Annotated[Path | None, JournalOption] = None,
    claim: Annotated[list[str] | None, _Claim] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Name the choke point of a plan: proven, priced both ways, and what binds next."""
    from fabopt.analysis.choke.claim_text import read_claim
    from fabopt.errors import StudyError
    from fabopt.report.report import check_table

    for text in claim or ():
        read_claim(text)
    if output.table:
        check_table("claims" if claim else "choke", output.table, ("claims",) if claim else ("limits", "runs"))
    if claim and (lab or period):
        raise StudyError(
            "A claim says itself through whom and when: 'hbm limits LAB in 2027'; leave --for and --period."
        )
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        if claim:
            output.tell(result.claim(*claim, budget=time, workers=workers, scheduler=scheduler, journal=journal))
            return
        report = result.choke_points(
            lab=lab, period=period, top=top, budget=time, draws=draws, seed=seed, workers=workers, scheduler=scheduler,
            journal=journal,
        )  # fmt: skip
    output.tell(report)
