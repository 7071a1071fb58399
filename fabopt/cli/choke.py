"""``fabopt choke``: what holds a plan back, what it is worth to move it, and what comes after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say
from fabopt.cli.planned import PlannedPath, result_at

_Lab = typer.Option("--for", help="Relief gains through this lab alone; others keep what they get.", show_default=False)
_Period = typer.Option(help="Relief stands in this period alone, or 2027Q1..2027Q4.", show_default=False)
_Top = typer.Option(help="Limits that are studied in full.", min=1, max=100)
_Budget = typer.Option(help="Minutes that may be spent.", metavar="MINUTES", min=0.01)
_Draws = typer.Option(help="Draws of the data.", min=0, max=10_000)
_Seed = typer.Option(help="Seed of solver and draws.", min=0)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
_Out = typer.Option(help="Folder for report, records, runs and pictures.", show_default=False)


@guarded
def choke(
    path: Annotated[Path, PlannedPath],
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

    result, left = result_at(path, scenario, set_ or [], budget, as_json)

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
