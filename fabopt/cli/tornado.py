"""``fabopt tornado``: which of the numbers matter, and what it would be worth to know them better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import JsonOption, ScenarioOption, SetOption, guarded, tell_report
from fabopt.cli.planned import MINUTES, PlannedPath, keep_report, result_at, telling_steps
from fabopt.cli.progress import counting

_Top = typer.Option(help="Numbers that are solved again at both ends of their range.", min=1, max=1000)
_Whole = typer.Option(help="Let whole numbers move at the ends; otherwise they are held as in the plan.")
_Out = typer.Option(help="Folder for report, records, tables and picture.", show_default=False)


@guarded
def tornado(
    path: Annotated[Path, PlannedPath],
    top: Annotated[int, _Top] = 20,
    whole: Annotated[bool, _Whole] = False,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    as_json: Annotated[bool, JsonOption] = False,
    out: Annotated[Path | None, _Out] = None,
) -> None:
    """Rank the numbers that have a range by what they change: adjoint for all, re-solves for the widest."""
    if out is not None:
        from fabopt.report.tornado import TornadoReport

        TornadoReport.check_place(out)
    result, _ = result_at(path, scenario, set_ or [], MINUTES, as_json)
    with counting(as_json) as count:
        report = result.tornado(top=top, whole=whole, tell=telling_steps(as_json), count=count)
    tell_report(report, as_json)
    if out is not None:
        keep_report(report, out, as_json)
