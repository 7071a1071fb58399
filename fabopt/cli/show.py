"""``fabopt show``: what an instance holds, or what a result says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say

_Path = typer.Argument(help="Folder of an instance or of a result.", show_default=False)
_Table = typer.Option("--table", help="Print one table of a result as CSV.", metavar="NAME", show_default=False)
_Chart = typer.Option("--chart", help="Write the picture of a result (.svg or .png).", show_default=False)
_Lab = typer.Option("--for", help="The portfolio of this lab in a result.", metavar="LAB", show_default=False)
_Json = typer.Option("--json", help="With --for: print one JSON object and nothing else on stdout.")


@guarded
def show(
    path: Annotated[Path, _Path],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    table: Annotated[str | None, _Table] = None,
    chart: Annotated[Path | None, _Chart] = None,
    lab: Annotated[str | None, _Lab] = None,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Show what an instance holds, or what a result says."""
    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError

    if not (path / MANIFEST).is_file():
        if table is not None or chart is not None or lab is not None:
            raise ResultError(
                f"--table, --chart and --for need the folder of a result, and {path} holds no {MANIFEST}."
            )
        say(api.load(path, scenario, set_ or ()).show().lines())
        return
    if scenario is not None or set_:
        raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
    if as_json and lab is None:
        raise ResultError("--json goes with --for LAB; use --table NAME for the numbers of a table.")
    result = api.load_result(path)
    if table is not None:
        typer.echo(result.table(table).to_csv(index=False, lineterminator="\n"), nl=False)
    elif lab is not None:
        report = result.portfolio(lab)
        say([json.dumps(report.as_dict(), allow_nan=False)] if as_json else report.lines())
    elif chart is not None:
        result.save_chart(chart)
        say([f"picture written to {chart}"])
    else:
        say(result.answer.lines())
