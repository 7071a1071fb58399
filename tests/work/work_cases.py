"""A job whose answers are known, with items that end their worker or run it out of memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fabopt.solve.work.executor import Job


@dataclass(frozen=True, slots=True)
class Plan:
    """A factor, and a folder in which items leave a mark."""

    factor: int
    folder: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The item times the factor, who did it, and what number this was of those that it did with one plan."""

    product: int
    pid: int
    serial: int


def begin(plan: Plan):
    done = []

    def do(item: int) -> Answer:
        mark = Path(plan.folder, f"began-{item}")
        with mark.open("a") as stream:
            stream.write("x")
        times = len(mark.read_text())
        if item == ENDS or (item == ENDS_ONCE and times == 1):
            os._exit(9)
        if item == TOO_LARGE and times == 1:
            raise MemoryError
        done.append(item)
        return Answer(plan.factor * item, os.getpid(), len(done))

    return do


ENDS, ENDS_ONCE, TOO_LARGE = 1000, 1001, 1002


def job(folder: Path, factor: int = 3) -> Job:
    return Job("number", begin, Plan(factor, str(folder)))


def times(folder: Path, item: int) -> int:
    """How often an item was begun."""
    mark = folder / f"began-{item}"
    return len(mark.read_text()) if mark.exists() else 0
