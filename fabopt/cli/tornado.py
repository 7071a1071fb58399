"""``fabopt tornado``: which of the numbers matter, and what it would be worth to know them better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say
from fabopt.cli.planned import PlannedPath, keep_report, result_at
from fabopt.cli.progress import counting

if TYPE_CHECKING:
    from fabopt.report.tornado import TornadoReport
    from fabopt.report.value_function import PhaseReport, ValueReport

_Top = typer.Option(help="Numbers that are solved again at both ends of their range.", min=1, max=1000)
_Whole = typer.Option(help="Let whole numbers move at the ends; otherwise they are held as in the plan.")
_Lever = typer.Option(help="Follow this number alone: the value against it, with its breakpoints.", show_default=False)
_Against = typer.Option(help="With --lever: which limit is the choke point against both.", show_default=False)
_Low = typer.Option(
    help="With --lever: from 400, '0.4 GW', of a series '*0.8' or '+-50 MW'; otherwise its range.",
    metavar="VALUE", show_default=False,
)  # fmt: skip
_High = typer.Option(help="With --lever: to this, likewise.", metavar="VALUE", show_default=False)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
_Out = typer.Option(help="Folder for report, records, tables and picture.", show_default=False)

MINUTES = 30.0
"""What solving an instance may take, before its plan is studied, is half of this."""


@guarded
def tornado(
    path: Annotated[Path, PlannedPath],
    top: Annotated[int, _Top] = 20,
    whole: Annotated[bool, _Whole] = False,
    lever: Annotated[str, _Lever] = "",
    against: Annotated[str, _Against] = "",
    low: Annotated[str | None, _Low] = None,
    high: Annotated[str | None, _High] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    as_json: Annotated[bool, _Json] = False,
    out: Annotated[Path | None, _Out] = None,
) -> None:
    """Rank the numbers that have a range by what they change: adjoint for all, re-solves for the widest."""
    from fabopt.errors import StudyError

    if not lever and (against or low is not None or high is not None):
        raise StudyError("--against, --low and --high belong to a number: name it with --lever.")
    if against and (whole or low is not None or high is not None):
        raise StudyError("--against goes over the ranges of both numbers: --whole, --low and --high do not go with it.")
    if out is not None:
        from fabopt.report.tornado import TornadoReport
        from fabopt.report.value_function import PhaseReport, ValueReport

        (PhaseReport if against else ValueReport if lever else TornadoReport).check_place(out)
    result, _ = result_at(path, scenario, set_ or [], MINUTES, as_json)

    def tell(name: str, took: float) -> None:
        if not as_json:
            typer.echo(f"{name:>24}  {took:7.1f} s", err=True)

    report: TornadoReport | ValueReport | PhaseReport
    if against:
        report = result.phase_diagram(lever, against)
    elif lever:
        report = result.value_function(lever, low, high, whole=whole)
    else:
        with counting(as_json) as count:
            report = result.tornado(top=top, whole=whole, tell=tell, count=count)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), allow_nan=False))
    else:
        say(report.lines())
    if out is not None:
        keep_report(report, out, as_json)
