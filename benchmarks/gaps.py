"""Every instance and each of its scenarios: gap and seconds of fabopt, and of plain HiGHS on the same matrix.

``python -m benchmarks.gaps [--quick] [--seconds 60] [--out benchmarks/gaps.md] [INSTANCE ...]``

Both sides get the same program, the instance's own gap and one thread. *Plain* is what HiGHS makes of the program by
itself: no dive, no start, none of the options that fabopt sets; it is stopped after so many processor seconds. A
scenario is solved from the plan of its instance, as a sweep does. Processor seconds stand beside those of the wall,
since a busy machine stretches the latter alone. ``--quick`` leaves out what has 10,000 columns or more; names of
instances leave out all others.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np

import fabopt
from benchmarks.common import INSTANCES, quiet
from fabopt.network.tables import Network
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import LARGE, Matrices
from fabopt.solve.objectives import stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.proof import proof
from fabopt.solve.run import solve
from fabopt.solve.start import StartPlan, start_of


@dataclass(frozen=True)
class Side:
    """What one side found: worth of a plan and its gap, not a number without; seconds of the wall and the processor."""

    objective: float
    gap: float
    wall: float
    cpu: float


def found() -> Iterator[Path]:
    """Yield the folders of all instances that are shipped."""
    yield from sorted(path.parent for path in INSTANCES.rglob("instance.yaml"))


def searched(net: Network, options: SolveOptions, start: StartPlan | None) -> tuple[Side, StartPlan | None]:
    """Solve as ``fabopt solve`` does; return what was found and the plan for others to begin with."""
    wall, cpu = time.perf_counter(), time.process_time()
    solution = solve(net, options, start=start)
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    objective = np.nan if solution.objective is None else solution.objective
    return Side(objective, np.nan if solution.gap is None else solution.gap, *seconds), start_of("base", net, solution)


def plain(program: Matrices, constant: float, apart: float, gap: float, limit: float) -> Side:
    """Give the program to HiGHS as it is, for so many processor seconds."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    for name, value in (("threads", 1), ("mip_rel_gap", gap)):
        h.setOptionValue(name, value)
    lp, a = highspy.HighsLp(), program.a
    lp.num_col_, lp.num_row_ = program.n_columns, program.n_rows
    lp.sense_, lp.offset_ = highspy.ObjSense.kMaximize, -apart
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.column_lower, program.column_upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
    lp.integrality_ = [kinds[int(whole)] for whole in program.integer]
    highspy.Highs.resetGlobalScheduler(True)
    wall, cpu = time.perf_counter(), time.process_time()
    for source in (h.cbMipInterrupt, h.cbSimplexInterrupt, h.cbIpmInterrupt):
        source.subscribe(lambda event: event.interrupt(time.process_time() - cpu > limit))
    with quiet():
        h.passModel(lp)
        h.run()
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    info = h.getInfo()
    if info.primal_solution_status != highspy.kSolutionStatusFeasible:
        return Side(np.nan, np.nan, *seconds)
    worth = info.objective_function_value
    bound = info.mip_dual_bound if program.integer.any() else worth
    return Side(worth + apart + constant, proof(worth, bound).gap if np.isfinite(bound) else np.nan, *seconds)


def rows(folder: Path, quick: bool, limit: float) -> Iterator[list[str]]:
    """Yield the rows of the table for an instance and its scenarios."""
    base, start = fabopt.load(folder), None
    for scenario in (None, *base.scenarios):
        instance = base if scenario is None else fabopt.load(folder, scenario)
        net, options = instance.network, SolveOptions(gap=instance.data.solving.gap, threads=1)
        made = formulate(net, options.aim, registry=False)
        program = made.program
        options = options.sized(program.n_columns)
        if quick and program.n_columns >= LARGE:
            return
        stage = stages(made.tables, options, program.cost, program.offset)[0]
        one, plan = searched(net, options, start)
        other = plain(program, stage.constant, stage.standing, options.asked, limit)
        start = plan if scenario is None else start
        name = f"{folder.relative_to(INSTANCES)}{f', {scenario}' if scenario else ''}"
        size = [f"{program.n_columns:,}", f"{int(program.integer.sum()):,}", f"{100 * options.asked:g} %"]
        yield [name, *size, *cells(one), *cells(other)]


def cells(side: Side) -> list[str]:
    """Return worth, gap and seconds of a side as text."""
    gap = "no plan" if np.isnan(side.objective) else "no bound" if np.isnan(side.gap) else f"{100 * side.gap:.4f} %"
    worth = "-" if np.isnan(side.objective) else f"{side.objective:,.6g}"
    return [worth, gap, f"{side.wall:.2f}", f"{side.cpu:.2f}"]


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("instances", nargs="*")
    asked = parser.parse_args()
    head = ["instance", "columns", "integers", "asked"]
    head += [f"{side}: {what}" for side in ("fabopt", "plain HiGHS") for what in ("plan", "gap", "s", "CPU s")]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    print("\n".join(lines))
    load = [os.getloadavg()[0]]
    for folder in found():
        if asked.instances and str(folder.relative_to(INSTANCES)) not in asked.instances:
            continue
        for row in rows(folder, asked.quick, asked.seconds):
            lines.append(f"| {' | '.join(row)} |")
            print(lines[-1], flush=True)
            load.append(os.getloadavg()[0])
            if asked.out is not None:
                asked.out.write_text("\n".join(["# Gaps", "", note(asked.seconds, load), "", *lines, ""]), "utf-8")


def note(seconds: float, load: Sequence[float]) -> str:
    """Return what the numbers were measured with."""
    return (
        f"`python -m benchmarks.gaps --seconds {seconds:g}`: HiGHS {highspy.Highs().version()}, {os.cpu_count()} "
        f"cores, one thread a side. All work together put a load of {min(load):.1f} to {max(load):.1f} on them, so "
        f"trust the processor seconds. Plain HiGHS was stopped after {seconds:g} of them."
    )


if __name__ == "__main__":
    main()
