"""``fabopt compare``: plans and their inputs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, within_time

_Paths = typer.Argument(
    help="Folders of two results or more; the others are held against the first.", show_default=False
)
_Decide = typer.Option(
    help="Seconds for solving the plans further, from each other's, until their gaps leave no difference open.",
    metavar="SECONDS",
    show_default=False,
)
_Why = typer.Option(
    help="How many of the inputs that differ are solved again, each alone, to see which orders it moves.",
    metavar="NUMBER",
    min=0,
)
_TABLES = ("plans", "chip_mix", "orders", "worth", "limits", "choke_points", "inputs", "difference", "moves")


@reporting("compare", "gains", *_TABLES)
def compare(
    paths: Annotated[list[Path], _Paths],
    decide: Annotated[float, _Decide] = 0.0,
    why: Annotated[int, _Why] = 0,
    budget: Annotated[float, BudgetOption] = MINUTES,
    *,
    output: Output,
) -> None:
    """Show who gains and who loses between plans, what binds, and which inputs explain it."""
    from fabopt import api

    with within_time(budget, output.quiet) as time:
        report = api.compare(*paths, decide=decide, tell=time.tell, budget=time, why=why)
    output.tell(report)
