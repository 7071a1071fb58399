"""The time that a call has: it ends with Ctrl-C too, with what there is by then, and a notebook sees how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fabopt.report.waiting import Waiting
    from fabopt.solve.budget import TimeBudget


@contextmanager
def timed(
    budget: float | TimeBudget, tell: Callable[[str, float], None] | None = None
) -> Iterator[tuple[TimeBudget, Waiting | None]]:
    """Give a study so many minutes, or the time that has begun, and what shows in a notebook how far it is.

    Ctrl-C, or the interrupt of a kernel, ends the time: the study says what it has found and lists what it has not.
    """
    from fabopt.report.waiting import waiting
    from fabopt.solve.budget import TimeBudget

    time = TimeBudget.of(budget, tell)
    with waiting() as line, time.catching_signals():
        if line is not None and time.tell is None:
            time.tell = line.stage
        yield time, line
