"""A job whose answers are known, with items that end their worker or run it out of memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fabopt.solve.work.cluster import Cluster
from fabopt.solve.work.executor import Job, answers
from fabopt.solve.work.journal import Journal, Kept, record


@dataclass(frozen=True, slots=True)
class Plan:
    """A factor, a folder in which items leave a mark, and the seconds that an item takes."""

    factor: int
    folder: str
    seconds: float = 0.0


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
        time.sleep(plan.seconds)
        done.append(item)
        return Answer(plan.factor * item, os.getpid(), len(done))

    return do


ENDS, ENDS_ONCE, TOO_LARGE = 1000, 1001, 1002


def job(folder: Path, seconds: float = 0.0) -> Job:
    return Job("number", begin, Plan(3, str(folder), seconds))


def times(folder: Path, item: int) -> int:
    """How often an item was begun."""
    mark = folder / f"began-{item}"
    return len(mark.read_text()) if mark.exists() else 0


MANY = 25


def study(scheduler: str, folder: Path) -> list[Answer]:
    """Numbers on a cluster, kept in a journal."""
    return kept(Cluster(scheduler), job(folder, 0.03), range(MANY), folder / "done.jsonl")


def kept(executor, job: Job, items, path: Path, plan: str = "plan", tell=None) -> list[Answer]:
    """The answers to items, kept in a journal."""
    with Kept(executor, Journal(path, plan, record(Answer))).crew(job) as crew:
        return answers(crew, items, tell)
