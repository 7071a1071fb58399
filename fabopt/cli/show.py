"""``fabopt show``: what an instance holds, or what a result says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say

_Path = typer.Argument(help="Folder of an instance or of a result.", show_default=False)
_Table = typer.Option("--table", help="Print one table of a result as CSV.", metavar="NAME", show_default=False)
_Chart = typer.Option("--chart", help="Write the picture of a result (.svg or .png).", show_default=False)


@guarded
def show(
    path: Annotated[Path, _Path],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    table: Annotated[str | None, _Table] = None,
    chart: Annotated[Path | None, _Chart] = None,
) -> None:
    """Show what an instance holds, or what a result says."""
    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError

    if not (path / MANIFEST).is_file():
        if table is not None or chart is not None:
            raise ResultError(f"--table and --chart need the folder of a result, and {path} holds no {MANIFEST}.")
        say(api.load(path, scenario, set_ or ()).show().lines())
        return
    if scenario is not None or set_:
        raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
    result = api.load_result(path)
    if table is not None:
        typer.echo(result.table(table).to_csv(index=False, lineterminator="\n"), nl=False)
    elif chart is not None:
        result.save_chart(chart)
        say([f"picture written to {chart}"])
    else:
        say(result.answer.lines())
