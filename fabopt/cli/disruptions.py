"""``fabopt disruptions``: how long a plan survives the failure of its suppliers, and what failures cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.completion import labs
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, result_at, within_time
from fabopt.cli.progress import counting

_Of = typer.Option(
    "--of", help="Kind of supplier beside those of the instance: owner, region, site ...; may be repeated.",
    metavar="KIND",
)  # fmt: skip
_Lab = typer.Option(
    "--for", help="Deliveries to this lab alone are to survive.", metavar="LAB", show_default=False, autocompletion=labs
)
_Draws = typer.Option(help="Draws of failures at random.", min=1, max=1_000_000)
_Seed = typer.Option(help="Seed of these draws.", min=0)


@reporting("disruptions", "suppliers", "random")
def disruptions(
    path: Annotated[Path, PlannedPath],
    of: Annotated[list[str] | None, _Of] = None,
    lab: Annotated[str, _Lab] = "",
    draws: Annotated[int, _Draws] = 10_000,
    seed: Annotated[int, _Seed] = 0,
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Tell how long deliveries survive the failure of each supplier, and what failures cost, also at random."""
    with within_time(budget, output.quiet) as time:
        result = result_at(path, scenario, set_ or [], time, output.quiet)
        with counting(output.quiet) as count:

            def tell(done: int, asked: int) -> None:
                if count is not None:
                    count(done, asked, "suppliers")

            report = result.disruptions(of or (), lab=lab, draws=draws, seed=seed, budget=time, tell=tell)
    output.tell(report)
