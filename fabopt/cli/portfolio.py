"""``fabopt portfolio``: what a lab's compute stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time

_Lab = typer.Option("--for", metavar="LAB", help="The lab.", show_default=False, autocompletion=labs)


@reporting("portfolio", "chips", "mix", "exposure", "points")
def portfolio(
    path: Annotated[Path, PlannedPath],
    lab: Annotated[str, _Lab],
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Tell what a lab's compute stands on: its chips, below which price others enter, its suppliers and their loss."""
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = result.portfolio(lab, budget=time)
    output.tell(report)
