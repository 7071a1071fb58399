"""Where the time goes from an instance file to a model in HiGHS, and how fast the commands start.

``python -m benchmarks.lowering``
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import fabopt
from benchmarks.common import INSTANCES, best, cpu, machine, table
from fabopt.model.build import build
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.solve.compile import compile_model
from fabopt.solve.matrices import program_of
from fabopt.solve.session import HighsSession

SMALL = str(INSTANCES / "textbook" / "giapetto")
LEVER = {"horizon.discount_rate": "*1.1"}


def steps(path: Path) -> dict[str, float]:
    """Return the seconds of each step on an instance."""
    instance = fabopt.load(path)
    net = lower(instance.data)
    tables, model = model_tables(net), build(net)
    program = compile_model(model)
    return {
        "load and validate": best(partial(fabopt.load, path)),
        "set a lever (validate again)": best(partial(instance.with_, LEVER)),
        "lower to the network": best(partial(lower, instance.data)),
        "tables of the model": best(partial(model_tables, net)),
        "the same without the limits": best(partial(model_tables, net, registry=False)),
        "tables and Pyomo model": best(partial(build, net)),
        "compile the Pyomo model": best(partial(compile_model, model)),
        "matrices without Pyomo": best(partial(program_of, tables)),
        "pass to HiGHS": best(partial(HighsSession, program)),
    }


def start(*arguments: str) -> float:
    """Return the processor seconds of a new process."""
    command = [sys.executable, *arguments]
    return cpu(partial(subprocess.run, command, check=True, capture_output=True), 5)


def solved(path: str) -> float:
    """Return the processor seconds of a solve from a new process, its result saved."""
    with tempfile.TemporaryDirectory() as folder:
        return start("-m", "fabopt", "solve", path, "--out", f"{folder}/result")


def main() -> None:
    """Measure and print."""
    machine("pyomo", "highspy", "pydantic", "pandas")
    found = {name: steps(INSTANCES / name) for name in ("tutorial", "frontier")}
    rows = [[step, *(seconds[step] for seconds in found.values())] for step in found["frontier"]]
    path = ("load and validate", "lower to the network", "tables of the model", "matrices without Pyomo")
    rows.append(["in all, from file to HiGHS", *(sum(s[p] for p in (*path, "pass to HiGHS")) for s in found.values())])
    table("Seconds by step (best of 3)", ["step", *found], rows)
    begins = [
        ["python -c pass", start("-c", "pass")],
        ["import fabopt", start("-c", "import fabopt")],
        ["fabopt --help", start("-m", "fabopt", "--help")],
        ["fabopt validate, ten columns", start("-m", "fabopt", "validate", SMALL)],
        ["fabopt solve, ten columns", solved(SMALL)],
    ]
    table("Processor seconds of a new process (best of 5)", ["command", "seconds"], begins)


if __name__ == "__main__":
    main()
