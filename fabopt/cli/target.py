"""``fabopt target``: what would have to be true for a target to be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, PlannedPath, result_at, within_time

_Target = typer.Argument(help="'30 GW', '5 MH100e', '90 bn USD', or a number for a plain network.", metavar="TARGET")
_By = typer.Option(help="Period of power or compute; else the last reported one.", show_default=False)
_Lab = typer.Option(
    "--for", help="Power or compute of this lab alone.", metavar="LAB", show_default=False, autocompletion=labs
)
_Levers = typer.Option(
    "--lever", help="A number that may move, to END or else within its range; may be repeated.", metavar="PATH[=END]"
)
_Costs = typer.Option("--cost", help="Cost of a unit of change of a lever, million dollars.", metavar="PATH=COST")


@reporting("target", "target")
def target(
    path: Annotated[Path, PlannedPath],
    target: Annotated[str, _Target],
    by: Annotated[str, _By] = "",
    lab: Annotated[str, _Lab] = "",
    lever: Annotated[list[str] | None, _Levers] = None,
    cost: Annotated[list[str] | None, _Costs] = None,
    budget: Annotated[float, BudgetOption] = 10.0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Say what would have to be true for a target: the least movement of levers, or the proof that none does."""
    costs = _costs(cost or [])
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = result.needed(target, by=by, lab=lab, levers=lever or [], costs=costs, budget=time)
    output.tell(report)


def _costs(texts: list[str]) -> dict[str, float]:
    from fabopt.errors import StudyError

    costs = {}
    for text in texts:
        path, _, number = text.partition("=")
        try:
            costs[path.strip()] = float(number)
        except ValueError:
            raise StudyError(f"--cost {text!r} is no cost: write PATH=NUMBER, in million dollars a unit.") from None
    return costs
