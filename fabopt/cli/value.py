"""``fabopt value``: the objective and the choke point against one number, or the choke point against two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time

_Lever = typer.Option(help="The number that is followed: its path.", metavar="LEVER", show_default=False)
_Against = typer.Option(
    help="A second number: which limit is the choke point against both.", metavar="LEVER", show_default=False
)
_Low = typer.Option(
    help="From 400, '0.4 GW', of a series '*0.8' or '+-50 MW'; otherwise its range.",
    metavar="VALUE",
    show_default=False,
)
_High = typer.Option(help="To this, likewise.", metavar="VALUE", show_default=False)
_Whole = typer.Option(help="Certify the value with integers free too; otherwise they are held as in the plan.")


@reporting("value", "value", "phases")
def value(
    path: Annotated[Path, PlannedPath],
    lever: Annotated[str, _Lever],
    against: Annotated[str, _Against] = "",
    low: Annotated[str | None, _Low] = None,
    high: Annotated[str | None, _High] = None,
    whole: Annotated[bool, _Whole] = False,
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Follow one number: the value against it, with its breakpoints; or map the choke point against two."""
    from fabopt.errors import StudyError

    if against and (whole or low is not None or high is not None):
        raise StudyError("--against goes over the ranges of both numbers: --whole, --low and --high do not go with it.")
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = (
            result.phase_diagram(lever, against, budget=time)
            if against
            else result.value_function(lever, low, high, whole=whole, budget=time)
        )
    output.tell(report)
