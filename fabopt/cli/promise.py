"""``fabopt promise``: when a delivery can be promised, at what cost, and whom it displaces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time

_Chip = typer.Option("--chip", help="The chip.", show_default=False)
_Quantity = typer.Option("--quantity", help="Accelerators, beside what the plan delivers.", show_default=False)
_Lab = typer.Option(
    "--for", metavar="LAB", help="The lab that gets them; whoever takes them when left out.", autocompletion=labs
)


@reporting("promise", "offers", "displaced", "borne", "nearer")
def promise(
    path: Annotated[Path, PlannedPath],
    chip: Annotated[str, _Chip],
    quantity: Annotated[float, _Quantity],
    lab: Annotated[str, _Lab] = "",
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Tell when a quantity of a chip can be delivered, at what cost, displacing whom, and what brings it nearer."""
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = result.promise(chip, quantity, lab=lab, budget=time)
    output.tell(report)
