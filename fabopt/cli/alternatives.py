"""``fabopt alternatives``: what all plans nearly as good have in common, and how far they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, PlannedPath, result_at, within_time

_Within = typer.Option(help="Share of the objective that a plan may give up: 1%, 0.01.", metavar="SHARE")
_Until = typer.Option(help="Orders until this period alone.", metavar="PERIOD", show_default=False)


@reporting("alternatives", "alternatives", "shares", "changes")
def alternatives(
    path: Annotated[Path, PlannedPath],
    within: Annotated[str, _Within] = "1%",
    until: Annotated[str, _Until] = "",
    budget: Annotated[float, BudgetOption] = 10.0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Tell what all plans nearly as good as the best have in common, and how far they differ."""
    share = _share(within)
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        report = result.alternatives(share, until=until, budget=time)
    output.tell(report)


def _share(text: str) -> float:
    from fabopt.domain.base import FieldProblem
    from fabopt.domain.quantity_field import In
    from fabopt.errors import StudyError

    try:
        return In("1", ge=0, lt=1).read(text).value
    except FieldProblem as error:
        raise StudyError(f"--within: {error}; write a share like 1% or 0.01") from error
