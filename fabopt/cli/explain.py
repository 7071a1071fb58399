"""``fabopt explain``: one question about a plan, and its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import solver_on_stderr
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, within_time
from fabopt.cli.progress import telling

_Path = typer.Argument(help="Folder of a result.", show_default=False)
_WhyNot = typer.Option(help="Why the lab of --for does not buy this chip.", metavar="CHIP", show_default=False)
_Lab = typer.Option("--for", help="With --why-not: the lab.", metavar="LAB", show_default=False, autocompletion=labs)
_WhyShort = typer.Option(help="Why this lab gets no more in --period.", metavar="LAB", show_default=False)
_NextUnit = typer.Option(
    help="Whom one more unit of this limit would go to (its name or id).", metavar="LIMIT", show_default=False
)
_From = typer.Option(
    "--from", help="Where a unit of this chip packaged in --period comes from.", metavar="CHIP", show_default=False
)
_Period = typer.Option(help="With --why-short, --next-unit or --from: the period.", metavar="P", show_default=False)


@reporting("explain", "explain")
def explain(
    path: Annotated[Path, _Path],
    why_not: Annotated[str, _WhyNot] = "",
    lab: Annotated[str, _Lab] = "",
    why_short: Annotated[str, _WhyShort] = "",
    next_unit: Annotated[str, _NextUnit] = "",
    from_: Annotated[str, _From] = "",
    period: Annotated[str, _Period] = "",
    budget: Annotated[float, BudgetOption] = MINUTES,
    *,
    output: Output,
) -> None:
    """Answer one question about a plan."""
    from fabopt import api

    with solver_on_stderr(), telling(output.quiet), within_time(budget, output.quiet) as time:
        result = api.load_result(path)
        report = result.explain(
            why_not=why_not, lab=lab, why_short=why_short, next_unit=next_unit, from_=from_, period=period, budget=time
        )
    output.tell(report)
