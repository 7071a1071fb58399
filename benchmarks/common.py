"""Clocks and tables for the benchmarks."""

from __future__ import annotations

import gc
import os
import platform
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
INSTANCES = Path(__file__).parents[1] / "instances"


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that ``work`` takes once, and what it returns."""
    gc.collect()
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def best(work: Callable[[], object], runs: int = 3) -> float:
    """Return the least seconds of some runs: what else the machine does only adds to them."""
    return min(timed(work)[0] for _ in range(runs))


def cpu(work: Callable[[], object], runs: int = 3) -> float:
    """Return the least processor seconds (user and system, child processes included) of some runs."""
    return min(spent(work)[0] for _ in range(runs))


def spent(work: Callable[[], T]) -> tuple[float, T]:
    """Return the processor seconds that ``work`` takes once, and what it returns."""
    gc.collect()
    began = used()
    result = work()
    return used() - began, result


def used() -> float:
    """Return the processor seconds that this process and its ended children have taken."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def memory(work: Callable[[], object]) -> float:
    """Return the most megabytes that Python and numpy hold at a time while ``work`` runs once."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@contextmanager
def quiet() -> Iterator[None]:
    """Send what a solver prints past Python to nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def median(values: Sequence[float]) -> float:
    """Return the middle value (of an even number the lower of the two)."""
    return sorted(values)[(len(values) - 1) // 2]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    text = [[_told(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in text) for i in range(len(head))]
    print(f"\n{title}")
    for number, row in enumerate(text):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def machine(*packages: str) -> None:
    """Print what the numbers were measured with."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}")


def _told(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}" if cell < 0.1 else f"{cell:.2f}" if cell < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
