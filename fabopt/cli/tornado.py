"""``fabopt tornado``: which of the numbers matter, and what it would be worth to know them better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import JournalOption, ScenarioOption, SchedulerOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time
from fabopt.cli.progress import counting

_Top = typer.Option(help="Numbers that are solved again at both ends of their range.", min=1, max=1000)
_Whole = typer.Option(help="Let integers move at the ends; otherwise they are held as in the plan.")


@reporting("tornado", "tornado", "numbers")
def tornado(
    path: Annotated[Path, PlannedPath],
    top: Annotated[int, _Top] = 20,
    whole: Annotated[bool, _Whole] = False,
    scheduler: Annotated[str | None, SchedulerOption] = None,
    journal: Annotated[Path | None, JournalOption] = None,
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Rank the numbers that have a range by what they change: adjoint for all, re-solves for the widest."""
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        with counting(output.quiet) as count:
            report = result.tornado(
                top=top, whole=whole, scheduler=scheduler, journal=journal, budget=time, count=count
            )
    output.tell(report)
