"""``fabopt show``: what an instance holds, or what a result says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say, tell
from fabopt.cli.completion import labs

_Path = typer.Argument(help="Folder of an instance or of a result.", show_default=False)
_Table = typer.Option("--table", help="Print one table of a result as CSV.", metavar="NAME", show_default=False)
_Chart = typer.Option("--chart", help="Write a picture of a result (.svg, .png, .html).", show_default=False)
_Lab = typer.Option(
    "--for",
    help="With --chart: this lab's part of the picture.",
    metavar="LAB",
    show_default=False,
    autocompletion=labs,
)
_Kind = typer.Option(
    help="With --chart: plan, flow, use, choke, mix, power, past, tornado, value or phase.", show_default=False
)
_Period = typer.Option(help="With --kind flow: the period; else that in which most is shipped.", show_default=False)
_Top = typer.Option(help="With --kind use, choke or tornado: how many rows.", show_default=False)
_Lever = typer.Option(help="With --kind value or phase: the number that is moved.", show_default=False)
_Against = typer.Option(help="With --kind phase: the other number.", show_default=False)


@guarded
def show(
    path: Annotated[Path, _Path],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    table: Annotated[str | None, _Table] = None,
    chart: Annotated[Path | None, _Chart] = None,
    lab: Annotated[str, _Lab] = "",
    kind: Annotated[str, _Kind] = "",
    period: Annotated[str, _Period] = "",
    top: Annotated[int | None, _Top] = None,
    lever: Annotated[str, _Lever] = "",
    against: Annotated[str, _Against] = "",
) -> None:
    """Show what an instance holds, or what a result says."""
    from fabopt import api
    from fabopt.errors import StudyError
    from fabopt.solve.results.folder import MANIFEST, ResultError, is_result

    asked = {"period": period, "lab": lab, "top": top, "lever": lever, "against": against}
    if chart is None and (kind or any(value not in ("", None) for value in asked.values())):
        raise StudyError(
            "--kind, --period, --for, --top, --lever and --against say what is drawn: name the file with --chart. "
            "What a lab's compute stands on is told by fabopt portfolio."
        )
    if chart is not None and table is not None:
        raise StudyError("--table and --chart do not go together: ask one after the other.")
    if not is_result(path):
        if table is not None or chart is not None:
            raise ResultError(f"--table and --chart need the folder of a result, and {path} holds no {MANIFEST}.")
        tell(api.load(path, scenario, set_ or ()).show())
        return
    if scenario is not None or set_:
        raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
    result = api.load_result(path)
    if table is not None:
        from fabopt.analysis.companies import table_of
        from fabopt.report.csv_text import frame_csv

        typer.echo(frame_csv(table_of(result.plan, table)[1]), nl=False)
    elif chart is not None:
        result.save_chart(chart, kind or "plan", **asked)
        say([f"picture written to {chart}"])
    else:
        tell(result.answer)
