"""``fabopt choke``: what holds a plan back, what it is worth to move it, and what comes after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import (
    INFEASIBLE,
    LIMIT,
    ScenarioOption,
    SetOption,
    complain,
    guarded,
    say,
    step,
)
from fabopt.cli.progress import telling

if TYPE_CHECKING:
    from fabopt.api import Instance, Result

_Path = typer.Argument(help="Folder of a result; or an instance, which is then solved first.", show_default=False)
_Lab = typer.Option("--for", help="Relief gains through this lab alone; others keep what they get.", show_default=False)
_Period = typer.Option(help="Relief stands in this period alone, or 2027Q1..2027Q4.", show_default=False)
_Top = typer.Option(help="Limits that are studied in full.", min=1, max=100)
_Budget = typer.Option(help="Minutes that may be spent.", metavar="MINUTES", min=0.01)
_Draws = typer.Option(help="Draws of the data.", min=0, max=10_000)
_Seed = typer.Option(help="Seed of solver and draws.", min=0)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
_Out = typer.Option(help="Folder for report, records, runs and pictures.", show_default=False)

SOLVING = 0.5
"""Share of the budget that solving an instance may take before its plan is studied."""


@guarded
def choke(
    path: Annotated[Path, _Path],
    lab: Annotated[str, _Lab] = "",
    period: Annotated[str, _Period] = "",
    top: Annotated[int, _Top] = 10,
    budget: Annotated[float, _Budget] = 10.0,
    draws: Annotated[int, _Draws] = 40,
    seed: Annotated[int, _Seed] = 0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    as_json: Annotated[bool, _Json] = False,
    out: Annotated[Path | None, _Out] = None,
) -> None:
    """Name the choke point of a plan: proven, priced both ways, and what binds next."""
    from fabopt import api

    result, left = _result(path, scenario, set_ or [], budget, as_json)

    def tell(name: str, took: float) -> None:
        if not as_json:
            typer.echo(f"{name:>24}  {took:7.1f} s", err=True)

    report = result.choke_points(
        lab=lab, period=period, top=top, budget=left, draws=draws, seed=seed, workers=api.WORKERS, tell=tell
    )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), allow_nan=False))
    else:
        say(report.lines())
    if out is not None:
        paths = report.save(out)
        if not as_json:
            say(["", f"written to {out}: {', '.join(path.name for path in paths)}"])


def _result(path: Path, scenario: str | None, sets: list[str], budget: float, quiet: bool) -> tuple[Result, float]:
    """Return the result at a path, or that of the instance there, and the minutes that are left."""
    import time

    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError

    if (path / MANIFEST).is_file():
        if scenario is not None or sets:
            raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
        return api.load_result(path), budget
    began = time.monotonic()
    instance = api.load(path, scenario, sets)
    with step("solve", quiet) as found, telling(quiet) as teller:
        result = instance.solve(progress=teller, time_limit=max(60.0 * SOLVING * budget, 1.0))
        found.append(result.status)
    if not result.has_plan:
        _explain(instance, result, budget)
    return result, max(budget - (time.monotonic() - began) / 60.0, 0.1 * budget)


def _explain(instance: Instance, result: Result, budget: float) -> None:
    """Say why there is no plan, and end."""
    from fabopt.report.choke_method import reason_lines

    if result.status == "infeasible":
        say(reason_lines(instance.reasons(60.0 * budget)))
        raise typer.Exit(INFEASIBLE)
    for conflict in result.conflicts:
        complain(conflict.sentence)
    complain(f"no plan: {result.status}")
    raise typer.Exit(LIMIT)
