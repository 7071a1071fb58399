"""``fabopt solve``: an instance in, a plan out."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fabopt.cli.common import (
    InstancePath,
    JournalOption,
    ScenarioOption,
    SchedulerOption,
    SetOption,
    WorkersOption,
    check_kept,
    complain,
    guarded,
    say,
    solver_on_stderr,
    step,
    tell,
)
from fabopt.cli.planned import end_without_plan
from fabopt.cli.progress import telling

if TYPE_CHECKING:
    from fabopt.api import Instance, Result, StatesResult

_Objective = typer.Option(
    help="value, compute, time_to_compute, least_cost or max_min. Given again, the next in order; value:1% lets later "
    "ones give up 1 % of it, value:50 so many of its unit.",
    show_default="the instance's own, else value",
)
_Relaxed = typer.Option("--relaxed", help="Drop the integers: the LP relaxation, whose plan may take parts of units.")
_Heuristic = typer.Option(
    help="For what the tree does not close, by blocks of periods: relax-and-fix or rolling; rolling:8 by eight blocks "
    "instead of four. The gap told is the one proved.",
    show_default=False,
)
_Grid = typer.Option(
    help="Other periods: month, 'month to 2028Q4' (after it as they were), or '27 months, 8 quarters'.",
    show_default=False,
)
_Target = typer.Option(help="Compute to be reached (time_to_compute).", show_default=False)
_By = typer.Option(help="Period by whose end compute counts (compute); the last reported one.", show_default=False)
_Measure = typer.Option(help="Compute counts as cumulative, or as the rate of a period.")
_Perspective = typer.Option(
    help="Whose value counts: system, buyers, lab:NAME or owner:NAME; else the instance's own, else system.",
    show_default=False,
)
_Given = typer.Option(
    help="Result that others are held to in a perspective; else the system's plan.", show_default=False
)
_Limit = typer.Option("--time-limit", help="Seconds for the solver; else the instance's own.", show_default=False)
_Gap = typer.Option(
    help="Relative gap at which a plan is good enough; else the instance's own, else by size: 1e-6 (proved best) below "
    "1,000 columns, 1e-4 below 10,000, 5e-4 from there on.",
    show_default=False,
)
_Threads = typer.Option(help="Threads of the solver; 0 leaves it to HiGHS.")
_Out = typer.Option(help="Folder of the result; results/<instance>[-<scenario>].", show_default=False)
_Start = typer.Option(help="Result to begin with, of this instance or another; what fits is used.", show_default=False)
_Pin = typer.Option(help="Result whose orders are held: nothing else is ordered.", show_default=False)
_PinUntil = typer.Option("--pin-until", help="Last period whose orders are held; all without it.", show_default=False)
_Stability = typer.Option(
    help="Result whose orders are charged for when they are changed; it steers the plan, and no value counts it.",
    show_default=False,
)
_Share = typer.Option(
    "--stability-share", help="What changing an order is charged, as a share of what it costs; else 0.05.",
    show_default=False,
)  # fmt: skip
_States = typer.Option(
    help="Solve the stochastic program: all states and events of the instance, those of these names (all, or "
    "hbm-slips,demand-falls), or those of a file (states.yaml). What is decided before they are known is decided once.",
    show_default=False,
)
_Risk = typer.Option(
    help="How a plan under states is judged: expected, 'cvar 0.9', 'mean+cvar 0.9 0.5', worst or regret.",
    show_default="the instance's own, else expected",
)
_Method = typer.Option(
    help="How a plan under states is found: extensive, as one program; lshaped or hedging (progressive hedging through "
    "mpi-sppy), branch by branch.",
)
_Pyomo = typer.Option("--through-pyomo", help="Compile the Pyomo model instead of the tables; the answer is the same.")
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")

MOST_WARNINGS = 5
"""Warnings about the chain that a solve tells, those of what is held backwards first."""

JSON_FIELDS = (
    "status",
    "objective_name",
    "objective_unit",
    "objective",
    "bound",
    "gap",
    "gap_denominator",
    "seconds",
    "value",
    "reached",
    "start",
    "size",
)


@guarded
def solve(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    objective: Annotated[list[str] | None, _Objective] = None,
    target: Annotated[float | None, _Target] = None,
    by: Annotated[str | None, _By] = None,
    measure: Annotated[str, _Measure] = "cumulative",
    perspective: Annotated[str | None, _Perspective] = None,
    given: Annotated[Path | None, _Given] = None,
    time_limit: Annotated[float | None, _Limit] = None,
    gap: Annotated[float | None, _Gap] = None,
    threads: Annotated[int, _Threads] = 0,
    states: Annotated[str | None, _States] = None,
    risk: Annotated[str | None, _Risk] = None,
    method: Annotated[str, _Method] = "extensive",
    workers: Annotated[int, WorkersOption] = 1,
    scheduler: Annotated[str | None, SchedulerOption] = None,
    journal: Annotated[Path | None, JournalOption] = None,
    start: Annotated[Path | None, _Start] = None,
    pin: Annotated[Path | None, _Pin] = None,
    pin_until: Annotated[str | None, _PinUntil] = None,
    stability: Annotated[Path | None, _Stability] = None,
    stability_share: Annotated[float | None, _Share] = None,
    out: Annotated[Path | None, _Out] = None,
    relaxed: Annotated[bool, _Relaxed] = False,
    heuristic: Annotated[str, _Heuristic] = "",
    grid: Annotated[str | None, _Grid] = None,
    through_pyomo: Annotated[bool, _Pyomo] = False,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Solve an instance, save the plan and end with the answer."""
    from fabopt import api
    from fabopt.solve.options import OptionError

    options: dict[str, Any] = {"target": target, "by": by, "measure": measure, "threads": threads}
    options |= {"through_pyomo": through_pyomo, "relaxed": relaxed, "heuristic": heuristic}
    stated = {"perspective": perspective, "gap": gap, "time_limit": time_limit}
    options |= {name: given for name, given in stated.items() if given is not None}
    instance = _prepared(path, scenario, set_ or [], as_json, grid)
    if pin is not None:
        instance = instance.pinned(api.load_result(pin), pin_until)
    if stability is not None:
        instance = instance.steady(api.load_result(stability), stability_share)
    elif stability_share is not None:
        raise OptionError("--stability-share needs a --stability RESULT, whose orders it is a share of.")
    folder = api.default_folder(instance.name, scenario, perspective, instance.data.solving.perspective)
    if states is not None:
        folder = api.states_folder(instance.name, scenario)
        if states.endswith((".yaml", ".yml")):
            instance, states = instance.with_states(states), "all"
        options["states"] = [name.strip() for name in states.split(",")]
    folder = out or folder
    options |= {"method": method, "workers": workers, "scheduler": scheduler, "journal": journal}
    options["given"] = None if given is None else api.load_result(given)
    options["start"] = None if start is None else api.load_result(start)
    with step("solve", as_json) as prepared, telling(as_json) as teller, solver_on_stderr():
        result: Result | StatesResult = instance.solve(objective, risk=risk, progress=teller, out=folder, **options)
        prepared += _outcome(result)
    if as_json:
        typer.echo(json.dumps(_summary(instance, result, result.folder), allow_nan=False))
    elif result.has_plan:
        typer.echo()
        tell(result.answer)
        if result.folder is not None:
            one = result.folder / next(iter(result.states)) if isinstance(result, api.StatesResult) else result.folder
            say([f"written to {result.folder}; next: fabopt show {shlex.quote(str(one))} --table orders"])
    if not result.has_plan:
        end_without_plan(result, folder.with_name(f"{folder.name}.log"))
    check_kept(folder, result.folder)


def _prepared(path: Path, scenario: str | None, sets: list[str], quiet: bool, grid: str | None) -> Instance:
    """Read and check an instance, a line a step."""
    from fabopt import api
    from fabopt.network.checks import ENDLESS, HELD_BACKWARDS
    from fabopt.report.overview import finding_counts, finding_lines

    with step("read", quiet) as prepared:
        instance = api.load(path, scenario, sets)
        if grid is not None:
            instance = instance.on_grid(grid)
        prepared.append(f"{path}" + (f" with {', '.join(instance.sets)}" if instance.sets else ""))
    with step("check", quiet) as prepared:
        findings = instance.validate()
        prepared.append(finding_counts(findings))
    errors = [finding for finding in findings if finding.severity == "error" and finding.check != ENDLESS]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    warnings.sort(key=lambda finding: finding.check != HELD_BACKWARDS)
    for line in finding_lines([*errors, *warnings[:MOST_WARNINGS]]):
        complain(line)
    if len(warnings) > MOST_WARNINGS:
        asked = [str(path), *(["--scenario", scenario] if scenario else []), *(f"--set={one}" for one in sets)]
        complain(f"{len(warnings) - MOST_WARNINGS} more: fabopt validate {shlex.join(asked)} lists all")
    return instance


def _outcome(result: Result | StatesResult) -> list[str]:
    from fabopt.report.text import counted, percent

    size, states = result.run.size, getattr(result, "states", ())
    start = getattr(result.run, "start", "")
    return [
        *([counted(len(states), "state")] if states else []),
        f"{size.columns:,} columns ({size.integers:,} whole)",
        f"{size.rows:,} rows",
        result.status,
        f"gap {percent(result.gap)}",
        *([f"start: {start}"] if start else []),
    ]


def _summary(instance: Instance, result: Result | StatesResult, folder: Path | None) -> dict[str, Any]:
    """Return the object of ``--json``."""
    run = result.run.as_dict()
    named = {name: run[name] for name in (*JSON_FIELDS, "risk", "expected", "states") if name in run}
    headlines = result.answer.as_dict().get("headlines") if result.has_plan else None
    return {
        "instance": instance.name,
        "scenario": instance.scenario,
        "sets": list(instance.sets),
        **named,
        "result": None if folder is None else str(folder),
        "headlines": headlines,
        "conflicts": [conflict.sentence for conflict in result.conflicts],
    }
