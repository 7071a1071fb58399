"""``fabopt portfolio``: what a lab's compute stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import SOLVING, PlannedPath, result_at, within_time

_Budget = typer.Option(
    help="Minutes that solving an instance first may take; else 5.", metavar="MINUTES", min=0.01, show_default=False
)
_Lab = typer.Option("--for", metavar="LAB", help="The lab.", show_default=False)


@reporting("portfolio", "chips", "mix", "exposure", "points")
def portfolio(
    path: Annotated[Path, PlannedPath],
    lab: Annotated[str, _Lab],
    budget: Annotated[float | None, _Budget] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Tell what a lab's compute stands on: its chips, below which price others enter, its suppliers and their loss."""
    from fabopt.solve.results.folder import ResultError, is_result

    if budget is not None and is_result(path):
        raise ResultError(f"{path} is a result, which is not solved again: --budget says nothing about it.")
    with within_time((5.0 if budget is None else budget) / SOLVING, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
    output.tell(result.portfolio(lab))
