"""``fabopt calibrate``: the premiums with which a plan ships what was observed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption, write_text
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, within_time

_To = typer.Option(
    help="File with the section 'outcomes' to calibrate on; else the instance's own.",
    metavar="FILE",
    show_default=False,
)
_Premiums = typer.Option(
    help="Write the premiums as a file that the instance can include.", metavar="FILE", show_default=False
)


@reporting("calibrate", "premiums")
def calibrate(
    path: Annotated[Path, InstancePath],
    to: Annotated[Path | None, _To] = None,
    premiums: Annotated[Path | None, _Premiums] = None,
    budget: Annotated[float, BudgetOption] = 10.0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Find the premiums per designer and lab with which a plan ships what was observed."""
    from fabopt import api
    from fabopt.io.files import check_file

    if premiums is not None:
        check_file(premiums)
    instance = api.load(path, scenario, set_ or ())
    with within_time(budget, output.quiet) as time:
        report = instance.calibrate(to, budget=time)
    if premiums is not None:
        write_text(premiums, report.records.overlay)
    output.tell(report)
