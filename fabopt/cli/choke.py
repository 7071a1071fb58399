"""``fabopt choke``: what holds a plan back, what it is worth to move it, and what comes after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say
from fabopt.cli.planned import PlannedPath, keep_report, result_at

_Lab = typer.Option(
    "--for", help="Relief gains through this lab alone, others keep what they get; its target.", show_default=False
)
_Target = typer.Option(help="What would have to be true for it: '30 GW', '5 MH100e', '90 bn USD'.", show_default=False)
_By = typer.Option(help="With --target: the period of power or compute.", metavar="PERIOD", show_default=False)
_Levers = typer.Option(
    "--lever", help="With --target: a number that may move, to END or else within its range.", metavar="PATH[=END]"
)
_Costs = typer.Option("--cost", help="With --target: cost of a unit of change, million dollars.", metavar="PATH=COST")
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
    target: Annotated[str, _Target] = "",
    by: Annotated[str, _By] = "",
    lever: Annotated[list[str] | None, _Levers] = None,
    cost: Annotated[list[str] | None, _Costs] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    as_json: Annotated[bool, _Json] = False,
    out: Annotated[Path | None, _Out] = None,
) -> None:
    """Name the choke point of a plan: proven, priced both ways, and what binds next; or what a target needs."""
    from fabopt import api
    from fabopt.errors import StudyError

    if not target and (by or lever or cost):
        raise StudyError("--by, --lever and --cost belong to a target: name it with --target.")
    if target and (period or out is not None):
        raise StudyError("--period and --out do not go with --target; its date is --by, and --json its records.")
    if out is not None:
        from fabopt.report.choke import ChokeReport

        ChokeReport.check_place(out)
    result, left = result_at(path, scenario, set_ or [], budget, as_json)

    def tell(name: str, took: float) -> None:
        if not as_json:
            typer.echo(f"{name:>24}  {took:7.1f} s", err=True)

    if target:
        needed = result.needed(
            target, by=by, lab=lab, levers=lever or [], costs=_costs(cost or []), budget=left, tell=tell
        )
        say([json.dumps(needed.as_dict(), allow_nan=False)] if as_json else needed.lines())
        return
    report = result.choke_points(
        lab=lab, period=period, top=top, budget=left, draws=draws, seed=seed, workers=api.WORKERS, tell=tell
    )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), allow_nan=False))
    else:
        say(report.lines())
    if out is not None:
        keep_report(report, out, as_json)


def _costs(texts: list[str]) -> dict[str, float]:
    from fabopt.errors import StudyError

    found = {}
    for text in texts:
        path, _, number = text.partition("=")
        try:
            found[path.strip()] = float(number)
        except ValueError:
            raise StudyError(f"--cost {text!r} is no cost: write PATH=NUMBER, in million dollars a unit.") from None
    return found
