"""How likely a lab has its target by when: the share of a sweep's cases, or of draws of the data, in which it does.

A case has reached the target by a period if the lab drew that much facility power in it or before. A case without a
plan has not reached it. Shares are chances only where the cases are samples of the ranges, each as likely as any other:
a grid or one lever at a time is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fabopt.analysis.draws.figures import POWER
from fabopt.analysis.draws.records import Chance as DrawnChance
from fabopt.analysis.draws.records import MonteCarlo
from fabopt.analysis.memo.records import Amount, Chance, Unit
from fabopt.analysis.plan_tables import reported
from fabopt.analysis.sweep.records import KEYS, LONG
from fabopt.analysis.sweep.store import SavedSweep, saved, sweep_at
from fabopt.domain.tolerances import CLOSE
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.solve.results.folder import Read, read_table
from fabopt.solve.results.run_info import RunInfo

SAMPLED = ("latin-hypercube", "sobol")
"""Methods of a sweep whose cases are samples."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances by reported period; the cases of the sweep, and how many of them have no plan."""

    by_period: tuple[Chance, ...]
    cases: int
    without_plan: int


def chances(folder: Path, plan: Plan, lab: str, target: float | None = None) -> Chances:
    """Return the share of a sweep's cases in which a lab has its target power, by period.

    Parameters
    ----------
    folder
        A finished sweep of the instance of a result.
    plan
        That of the result.
    lab
        Id of the lab.
    target
        Facility power, GW; what the result's plan draws in the last reported period when left out.

    Raises
    ------
    StudyError
        If the sweep is one of another instance or objective, is not finished, or has no samples; or the lab draws no
        power in the plan, so that there is no target.
    fabopt.solve.results.folder.ResultError
        If there is no sweep in the folder, or it was changed.
    """
    folder = sweep_at(folder)
    sweep = saved(folder)
    scenario = _scenario(folder, sweep, plan.run)
    power, periods = _power(plan.table, lab)
    origin = f"domain/fleet[lab={lab}, period={periods[-1]}].facility_mw" if target is None else "asked: target"
    wanted = power if target is None else target
    if not wanted > 0:
        raise StudyError(f"The plan gives {lab} no power in {periods[-1]}, so there is no target to reach.")
    cases = read_table(folder, KEYS, "cases.parquet", sweep.files)
    cases = cases[cases["scenario"] == scenario]
    drawn = read_table(folder, LONG["power"], "power.parquet", sweep.files)
    drawn = drawn[(drawn["lab"] == lab) & drawn["case"].isin(cases["case"])]
    table = drawn.pivot(index="case", columns="period", values="power").reindex(columns=periods, fill_value=0.0)
    reached = (table >= wanted * (1.0 - CLOSE)).cummax(axis=1).sum()
    goal = Amount(wanted, "GW", origin)
    return Chances(
        by_period=tuple(
            Chance(p, goal, Amount(float(reached[p]) / len(cases), "share", f"sweep: power[lab={lab}, period={p}]"))
            for p in periods
        ),
        cases=len(cases),
        without_plan=int(cases["objective"].isna().sum()),
    )


def drawn_chances(draws: MonteCarlo, plan: Plan, lab: str) -> Chances:
    """Return the share of the draws of the data in which a lab has reached each of its targets, by period.

    Parameters
    ----------
    draws
        Draws around a result's plan.
    plan
        That of the result.
    lab
        Id of the lab.

    Raises
    ------
    StudyError
        If they are draws of other data, or have no target of the lab.
    """
    if draws.input_hash != plan.run.input_hash:
        raise StudyError(
            f"The draws are of other data than those of the result of {plan.run.instance}: draw around that result."
        )
    mine = [one for one in draws.chances if one.of == lab]
    if not mine:
        raise StudyError(f"The draws have no target of {lab}: draw again with --target '{lab}: 2 GW', or without any.")

    def chance(one: DrawnChance) -> Chance:
        origin = f"draws: {one.target}[lab={lab}]"
        unit: Unit = "GW" if one.target == POWER else "kH100e"
        goal = Amount(one.amount, unit, origin)
        return Chance(one.period, goal, Amount(one.chance, "share", f"{origin} by {one.period}"))

    without = sum(one.status != "stood" for one in draws.draws)
    return Chances(tuple(map(chance, mine)), len(draws.draws), without)


def _scenario(folder: Path, sweep: SavedSweep, run: RunInfo) -> str:
    """Return the scenario of a sweep in which the instance is that of the result."""
    if not sweep.complete:
        raise StudyError(f"The sweep in {folder} is not finished: fabopt sweep --resume goes on with it.")
    names = dict(zip(sweep.hashes, sweep.scenarios, strict=True))
    if run.input_hash not in names:
        raise StudyError(
            f"The sweep in {folder} is one of {sweep.instance} with other data than those of the result of "
            f"{run.instance}: sweep the instance that was solved, with the same scenario and settings."
        )
    method = sweep.spec.method
    if method not in SAMPLED:
        raise StudyError(
            f"The cases of the sweep in {folder} are no samples but {method}, so their shares are no chances; its "
            f"method must be {' or '.join(SAMPLED)}."
        )
    objective, own = sweep.spec.solve.objective, run.options.objective
    if objective != own:
        raise StudyError(f"The sweep in {folder} was solved for {objective}, the result for {own}.")
    return names[run.input_hash]


def _power(read: Read, lab: str) -> tuple[float, list[str]]:
    """Return what a lab draws at the end of the reported periods, GW facility, and their labels."""
    fleet = reported(read("domain/fleet"))
    periods = [str(label) for label in reported(read("core/periods"))["period"]]
    mine = fleet[(fleet["lab"] == lab) & (fleet["period"] == periods[-1])]
    return float(mine["facility_mw"].sum()) / 1000.0, periods
