"""``fabopt hedge``: what a plan under several states says to sign now, and what insurance is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import within_time

_Path = typer.Argument(help="Folder of a result of solve --states.", show_default=False)
_Solves = typer.Option(help="Programs that may be solved; what was not is said.", metavar="NUMBER", min=1)


@reporting("hedge", "regrets", "candidates", "decisions", "chokes")
def hedge(
    path: Annotated[Path, _Path],
    solves: Annotated[int, _Solves] = 60,
    *,
    output: Output,
) -> None:
    """Say what to sign now, what to wait for, what knowing is worth, and which order is the cheapest hedge."""
    from fabopt import api

    result = api.load_states(path)
    with within_time(float("inf"), output.quiet) as time:
        report = result.hedge(solves, budget=time)
    output.tell(report)
