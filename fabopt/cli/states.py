"""``fabopt states``: states of an instance from draws of its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption, write_text
from fabopt.cli.output import Output, reporting

_Draws = typer.Option(help="Draws that are made.", metavar="NUMBER", min=1)
_Keep = typer.Option(help="States that stand for them.", metavar="NUMBER", min=1)
_From = typer.Option("--from", help="Period from which it is known which state came.", show_default="the second")
_Seed = typer.Option(help="Seed of the draws.", min=0)
_Lever = typer.Option("--lever", help="A number that is drawn; again for more.", show_default="all with a range")
_File = typer.Option(
    "--file", help="Write the section as a file that solve --states takes.", metavar="FILE", show_default=False
)


@reporting("states", "states")
def states(
    path: Annotated[Path, InstancePath],
    draws: Annotated[int, _Draws] = 200,
    keep: Annotated[int, _Keep] = 8,
    since: Annotated[str, _From] = "",
    lever: Annotated[list[str] | None, _Lever] = None,
    seed: Annotated[int, _Seed] = 0,
    file: Annotated[Path | None, _File] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Make a few states that stand for many draws of an instance's numbers, and say what is lost."""
    from fabopt import api
    from fabopt.io.files import check_file

    if file is not None:
        check_file(file)
    report = api.load(path, scenario, set_ or ()).draw_states(draws, keep, since=since, seed=seed, levers=lever or ())
    if file is not None:
        write_text(file, report.records.text)
    output.tell(report)
