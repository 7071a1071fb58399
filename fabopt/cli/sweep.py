"""``fabopt sweep``: an instance solved in many cases, over levers and scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, SchedulerOption, SetOption, WorkersOption, complain, say, solver_on_stderr
from fabopt.cli.output import Output, reporting
from fabopt.cli.progress import counting
from fabopt.errors import INTERRUPTED

_Spec = typer.Argument(help="YAML file: method, scenarios, levers.", show_default=False)
_Out = typer.Option(help="Folder of the sweep; results/sweeps/<instance>-<file>.", show_default=False)
_Resume = typer.Option("--resume", help="Go on with a sweep that was stopped.")
_MaxRuns = typer.Option("--max-runs", help="More runs than these are refused.", min=1)


@reporting("sweep", "cases", "labs", "power", "chips", "demands", folder=False)
def sweep(
    path: Annotated[Path, InstancePath],
    spec: Annotated[Path, _Spec],
    set_: Annotated[list[str] | None, SetOption] = None,
    workers: Annotated[int, WorkersOption] = 1,
    scheduler: Annotated[str | None, SchedulerOption] = None,
    max_runs: Annotated[int, _MaxRuns] = 1000,
    resume: Annotated[bool, _Resume] = False,
    out: Annotated[Path | None, _Out] = None,
    *,
    output: Output,
) -> None:
    """Solve many cases: a grid, one lever at a time, or samples of the ranges, in one or more scenarios."""
    from fabopt import api

    folder = out or api.default_sweep_folder(api.name_of(path), spec)
    with counting(output.quiet) as count, solver_on_stderr():

        def tell(done: int, runs: int, ended: str) -> None:
            if count is not None:
                count(done, runs, "runs")

        report = api.sweep(
            path, spec, set=set_ or [], out=folder, resume=resume, workers=workers, scheduler=scheduler,
            max_runs=max_runs, tell=tell,
        )  # fmt: skip
    output.tell(report)
    if report.records.complete and not output.quiet:
        say(["", f"written to {folder}: cases, labs, power, chips, demands (.parquet)"])
    if not report.records.complete:
        complain("interrupted; the same command with --resume goes on")
        raise typer.Exit(INTERRUPTED)
