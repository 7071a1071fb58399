"""``fabopt choke``: what holds a plan back, what it is worth to move it, and what comes after it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, PlannedPath, result_at, within_time

_Lab = typer.Option(
    "--for", metavar="LAB", help="Relief gains through this lab alone, others keep what they get.", show_default=False
)
_Period = typer.Option(help="Relief stands in this period alone, or 2027Q1..2027Q4.", show_default=False)
_Top = typer.Option(help="Limits that are studied in full.", min=1, max=100)
_Draws = typer.Option(help="Draws of the data.", min=0, max=10_000)
_Seed = typer.Option(help="Seed of solver and draws.", min=0)


@reporting("choke", "limits", "runs")
def choke(
    path: Annotated[Path, PlannedPath],
    lab: Annotated[str, _Lab] = "",
    period: Annotated[str, _Period] = "",
    top: Annotated[int, _Top] = 10,
    budget: Annotated[float, BudgetOption] = 10.0,
    draws: Annotated[int, _Draws] = 40,
    seed: Annotated[int, _Seed] = 0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Name the choke point of a plan: proven, priced both ways, and what binds next."""
    from fabopt import api

    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = result.choke_points(
            lab=lab, period=period, top=top, budget=time, draws=draws, seed=seed, workers=api.WORKERS
        )
    output.tell(report)
