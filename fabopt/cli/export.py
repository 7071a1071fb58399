"""``fabopt export``: a result, or an instance, as an Excel workbook; its program as a file for another solver."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fabopt.cli.common import ScenarioOption, SetOption, check_ending, complain, guarded, say
from fabopt.errors import BAD_INPUT

_Path = typer.Argument(help="Folder of a result, or an instance.", show_default=False)
_Xlsx = typer.Option("--xlsx", help="Workbook to write (.xlsx).", metavar="FILE", show_default=False)
_Mps = typer.Option("--mps", help="Program to write (.mps), for another solver.", metavar="FILE", show_default=False)
_Lp = typer.Option("--lp", help="Program to write (.lp), for people to read.", metavar="FILE", show_default=False)


@guarded
def export(
    path: Annotated[Path, _Path],
    xlsx: Annotated[Path | None, _Xlsx] = None,
    mps: Annotated[Path | None, _Mps] = None,
    lp: Annotated[Path | None, _Lp] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Write a result as a workbook with formulas for its totals, or an instance as one that can be filled in.

    Of either, the program that is solved can be written for another solver.
    """
    from fabopt import api
    from fabopt.solve.results.folder import ResultError, is_result

    for file, ending in ((xlsx, ".xlsx"), (mps, ".mps"), (lp, ".lp")):
        check_ending(file, ending)
    programs = [file for file in (mps, lp) if file is not None]
    if xlsx is None and not programs:
        complain("say what to write: --xlsx FILE, --mps FILE or --lp FILE")
        raise typer.Exit(BAD_INPUT)
    solved = is_result(path)
    if solved and (scenario is not None or set_):
        raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
    if xlsx is not None:
        held = api.load_result(path) if solved else api.load(path, scenario, set_ or ())
        held.export(xlsx)
        say([f"workbook written to {xlsx}"])
    if programs:
        instance, asked = api.load(path, scenario, set_ or ()), _asked(path) if solved else {}
        for file in programs:
            instance.export(file, **asked)
            say([f"program written to {file}"])


def _asked(path: Path) -> dict[str, Any]:
    """Return the options that say what a result was solved for."""
    from fabopt import api

    options = api.load_result(path).run.options
    asked: dict[str, Any] = {
        name: getattr(options, name) for name in ("by", "target", "measure", "perspective", "demands", "relaxed")
    }
    return asked | {"objective": [goal.said for goal in options.goals]}
