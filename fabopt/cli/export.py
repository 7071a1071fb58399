"""``fabopt export``: a result, or an instance, as an Excel workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, check_ending, guarded, say

_Path = typer.Argument(help="Folder of a result, or an instance.", show_default=False)
_Xlsx = typer.Option("--xlsx", help="Workbook to write (.xlsx).", metavar="FILE", show_default=False)


@guarded
def export(
    path: Annotated[Path, _Path],
    xlsx: Annotated[Path, _Xlsx],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Write a result as a workbook with formulas for its totals, or an instance as one that can be filled in."""
    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError

    check_ending(xlsx, ".xlsx")
    if (path / MANIFEST).is_file():
        if scenario is not None or set_:
            raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
        api.load_result(path).export(xlsx)
    else:
        api.load(path, scenario, set_ or ()).export(xlsx)
    say([f"workbook written to {xlsx}"])
