"""``fabopt roll``: a plan at a later decision date, and what it regrets."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import (
    ScenarioOption,
    SetOption,
    check_kept,
    say,
    solver_on_stderr,
    step,
)
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import end_without_plan
from fabopt.cli.progress import telling

_Path = typer.Argument(help="Folder of a result.", show_default=False)
_To = typer.Option(help="The new decision date: a period, or its first day.", show_default=False)
_Instance = typer.Option(help="The instance as it is known now; that of the result without it.", show_default=False)
_Actuals = typer.Option(
    help="What happened before the date: CSV, XLSX or YAML with what, name, period, value, unit, source.",
    show_default=False,
)
_Limit = typer.Option("--time-limit", help="Seconds for each of the two plans that are made.", show_default=False)
_Stability = typer.Option(
    help="Charge changed orders from the date on at this share of what they cost (0.05); it steers and is no money.",
    metavar="SHARE",
    show_default=False,
)
_Out = typer.Option(help="Folder of the new plan; results/<instance>-from-<period>.", show_default=False)


@reporting("roll", "regrets", "next", "opening", "actuals", "followed", "pushed", folder=False)
def roll(
    path: Annotated[Path, _Path],
    to: Annotated[str, _To],
    instance: Annotated[Path | None, _Instance] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    stability: Annotated[float | None, _Stability] = None,
    actuals: Annotated[Path | None, _Actuals] = None,
    time_limit: Annotated[float, _Limit] = 3600.0,
    out: Annotated[Path | None, _Out] = None,
    *,
    output: Output,
) -> None:
    """Move the decision date: hold what was decided or happened, plan the rest again, and say what is regretted."""
    from fabopt import api
    from fabopt.solve.results.folder import check_target

    before = api.load_result(path)
    check_target(out or api.RESULTS / f"{before.run.instance}-from-{to}")
    now = None
    if instance is not None or scenario is not None or set_:
        now = api.load(path if instance is None else instance, scenario, set_ or [])
    with step("solve", output.quiet) as roll, telling(output.quiet) as teller, solver_on_stderr():
        report = before.roll(to, now, stability=stability, actuals=actuals, progress=teller, time_limit=time_limit)
        roll.append(report.result.status)
    folder = out or api.RESULTS / f"{report.result.run.instance}-from-{report.records.to}"
    where = report.result.keep(folder) if report.result.has_plan else None
    output.tell(report)
    if where is not None and not output.quiet:
        say(["", f"written to {where}; next: fabopt show {shlex.quote(str(where))} --table orders"])
    if not report.result.has_plan:
        end_without_plan(report.result, folder.with_name(f"{folder.name}.log"))
    check_kept(folder, where)
