"""``fabopt portfolio``: what a lab's compute stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import JsonOption, ScenarioOption, SetOption, guarded, tell_report
from fabopt.cli.planned import BudgetOption, PlannedPath, result_at

_Lab = typer.Option("--for", metavar="LAB", help="The lab.", show_default=False)


@guarded
def portfolio(
    path: Annotated[Path, PlannedPath],
    lab: Annotated[str, _Lab],
    budget: Annotated[float, BudgetOption] = 10.0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Tell what a lab's compute stands on: its chips, below which price others enter, its suppliers and their loss."""
    result, _ = result_at(path, scenario, set_ or [], budget, as_json)
    tell_report(result.portfolio(lab), as_json)
