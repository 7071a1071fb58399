"""Build, solve and memory as instances grow, beside linopy and a matrix made by hand.

``python -m benchmarks.scale [--smallest 1e4] [--largest 1e6] [--seconds 120] [--csv FILE] [--svg FILE] [--from FILE]``

Two families, in growing sizes, about a power of ten apart in nonzeros:

- *mill* (``benchmarks/mill.py``): one program, built by fabopt from its network records, by linopy from labelled arrays
  and by hand from index arithmetic (SciPy and highspy). A path ends when HiGHS holds the program.
- *chain*: made-up chains (``fabopt new --synthetic``) from their files: read, lower, formulate, load.

Then HiGHS solves the program without its integers, within ``--seconds`` (0: not at all). Every measurement runs in a
process of its own, so that its peak of memory is its own; processor seconds are counted, so that what else the machine
does adds little. ``--from FILE`` draws the picture again from a table that is there.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import table

MILLS = {1e4: (90, 18, 12), 1e5: (390, 78, 24), 1e6: (2900, 580, 32), 1e7: (29000, 5800, 32)}
CHAINS = {
    1e4: "chips=6,fabs=4,labs=3,periods=8",
    1e5: "chips=30,fabs=14,labs=8,periods=20",
    1e6: "chips=100,fabs=40,labs=120,periods=24",
    1e7: "chips=250,fabs=100,labs=900,periods=24",
}
"""Sizes by about so many nonzeros."""

BESIDE = ("by hand", "fabopt", "linopy")
COLUMNS = ("family", "path", "nonzeros", "columns", "read", "build", "solve", "ended", "MB")
Row = dict[str, Any]


# -- one measurement, in a process of its own --------------------------------------------------------------------------


def peak() -> float:
    """Return the most memory that this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def mill(path: str, size: Sequence[int], seconds: float) -> Row:
    """Measure one way to build the mill, and its relaxation."""
    from benchmarks import build_path
    from benchmarks import mill as mills

    data = mills.make(*size)
    ways: dict[str, Callable[[Any], Any]] = {
        "by hand": build_path.with_numpy,
        "fabopt": build_path.with_fabopt,
        "linopy": build_path.with_linopy,
    }
    given = mills.network(data) if path == "fabopt" else data
    ways[path](mills.network(mills.make(4, 2, 4)) if path == "fabopt" else mills.make(4, 2, 4))  # imports are no work
    began = time.process_time()
    loaded = ways[path](given)
    built = time.process_time() - began
    row = {"read": None, "build": built, "nonzeros": loaded.nonzeros, "columns": loaded.columns, "MB": peak()}
    if path != "by hand":  # the program is the same
        return row | {"solve": None, "ended": ""}
    program = build_path.by_hand(data)
    return row | _solved(replace(program, integer=np.zeros_like(program.integer)), seconds)


def chain(path: str, size: str, seconds: float) -> Row:
    """Measure a made-up chain from its files to HiGHS, and its relaxation."""
    import fabopt
    from fabopt.io.synthetic.chain import write_synthetic
    from fabopt.io.synthetic.shape import read_shape
    from fabopt.solve.formulate import formulate
    from fabopt.solve.session import HighsSession

    def load(program: Any) -> None:
        HighsSession(program)

    with tempfile.TemporaryDirectory() as folder:
        small = formulate(fabopt.synthetic(chips=1, fabs=2, labs=1, periods=4).network, registry=False)
        load(small.program)  # imports are no work
        write_synthetic(Path(folder) / "chain", read_shape(size), seed=1)
        began = time.process_time()
        instance = fabopt.load(Path(folder) / "chain")
        read = time.process_time() - began
    program = formulate(instance.network, registry=False).program
    load(program)
    built = time.process_time() - began - read
    row = {"read": read, "build": built, "nonzeros": int(program.a.nnz), "columns": program.n_columns, "MB": peak()}
    relaxed = formulate(instance.network, registry=False, relaxed=True).program
    return row | _solved(relaxed, seconds)


def _solved(program: Any, seconds: float) -> Row:
    """Solve a linear program within a time, or not at all where there is none."""
    if seconds <= 0.0:
        return {"solve": None, "ended": ""}
    from fabopt.solve.budget import TimeBudget
    from fabopt.solve.session import HighsSession

    session = HighsSession(program, threads=1, budget=TimeBudget(seconds))
    began = time.process_time()
    outcome = session.solve()
    return {"solve": time.process_time() - began, "ended": outcome.ended.value}


# -- all of them -------------------------------------------------------------------------------------------------------


def measured(family: str, path: str, size: object, seconds: float) -> Row:
    """Return what a process of its own measures."""
    asked = json.dumps([family, path, size, seconds])
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--one", asked], capture_output=True, text=True, check=False
    )
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or ["killed"]
        return {"family": family, "path": path, "ended": last[0][:80]}
    found: Row = json.loads(run.stdout.splitlines()[-1])
    return {"family": family, "path": path} | found


def rows(smallest: float, largest: float, seconds: float) -> list[Row]:
    """Measure everything between two sizes."""
    found: list[Row] = []
    for size in (size for size in MILLS if smallest <= size <= largest):
        for family, path, what in [
            *(("mill", path, MILLS[size]) for path in BESIDE),
            ("chain", "fabopt", CHAINS[size]),
        ]:
            found.append(measured(family, path, what, seconds))
            print(*(found[-1].get(column) for column in COLUMNS), file=sys.stderr, flush=True)
    return found


def growth(found: Sequence[Row], column: str) -> list[tuple[str, str, float]]:
    """Return the exponent of growth in nonzeros between the last two sizes of each path: 1 is linear."""
    from math import log

    exponents = []
    for family, path in dict.fromkeys((row["family"], row["path"]) for row in found):
        mine = [row for row in found if (row["family"], row["path"]) == (family, path) and row.get(column)]
        if len(mine) > 1:
            first, last = mine[-2:]
            slope = log(last[column] / first[column]) / log(last["nonzeros"] / first["nonzeros"])
            exponents.append((family, path, slope))
    return exponents


def picture(found: Sequence[Row]) -> str:
    """Return seconds and memory against nonzeros as SVG."""
    import altair as alt
    import pandas as pd

    from fabopt.report.charts.style import as_file

    frame = pd.DataFrame([row for row in found if row.get("nonzeros")])
    frame["way"] = frame["family"] + ", " + frame["path"]
    ends = [frame["nonzeros"].min() / 2, frame["nonzeros"].max() * 2]
    axis = alt.Axis(format="~e", values=list(MILLS))
    x = alt.X("nonzeros:Q", scale=alt.Scale(type="log", domain=ends), title="nonzeros", axis=axis)
    panels = []
    for column, title in (
        ("build", "processor seconds to a program in HiGHS"),
        ("solve", "processor seconds of the relaxation"),
        ("MB", "peak of memory, MB"),
    ):
        shown = frame[frame[column].notna() & ((column != "solve") | (frame["ended"] == "optimal"))]
        y = alt.Y(f"{column}:Q", scale=alt.Scale(type="log"), title=None)
        panels.append(
            alt.Chart(shown, title=title, width=230, height=230)
            .mark_line(point=True)
            .encode(x=x, y=y, color=alt.Color("way:N", title=None))
        )
    return as_file(alt.hconcat(*panels), ".svg").decode()


def main() -> None:
    """Measure, print, and write the table and the picture."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--smallest", type=float, default=1e4)
    asked.add_argument("--largest", type=float, default=1e7)
    asked.add_argument("--seconds", type=float, default=120.0)
    asked.add_argument("--csv", type=Path)
    asked.add_argument("--svg", type=Path)
    asked.add_argument("--from", dest="kept", type=Path)
    asked.add_argument("--one")
    given = asked.parse_args()
    if given.one:
        family, path, size, seconds = json.loads(given.one)
        print(json.dumps({"mill": mill, "chain": chain}[family](path, size, seconds)))
        return
    if given.kept:
        with given.kept.open(encoding="utf-8", newline="") as file:
            kept = list(csv.DictReader(file))
        words = ("family", "path", "ended")
        found = [{k: v if k in words else float(v) if v else None for k, v in row.items()} for row in kept]
    else:
        found = rows(given.smallest, given.largest, given.seconds)
    table("build, solve and memory", COLUMNS, [[row.get(column, "") for column in COLUMNS] for row in found])
    slopes = {column: growth(found, column) for column in ("build", "MB")}
    for column, mine in slopes.items():
        table(
            f"growth of {column}: exponent in nonzeros",
            ["family, path", "exponent"],
            [[f"{f}, {p}", s] for f, p, s in mine],
        )
    if given.csv:
        with given.csv.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(found)
    if given.svg:
        given.svg.write_text(picture(found), encoding="utf-8")


if __name__ == "__main__":
    main()
