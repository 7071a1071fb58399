"""What a notebook sees of a call that takes long: one line below the cell, which goes when the answer comes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from fabopt.report.text import amount, percent

if TYPE_CHECKING:
    from fabopt.solve.outcome import Progress

FIRST_SECONDS, EVERY_SECONDS = 2.0, 1.0
"""Time to the first line, and from line to line."""
MARK = "fabopt_progress"
"""Stands in the metadata of the line, by which a notebook that is kept can be rid of it."""


_shown: list[Waiting] = []


def progress_line(stage: str, progress: Progress) -> str:
    """Return stage, seconds, best plan, bound and gap in words."""
    plan = "none yet" if progress.incumbent is None else amount(progress.incumbent)
    bound = "none yet" if progress.bound is None else amount(progress.bound)
    return (
        f"{stage}, {progress.step}: {progress.seconds:.0f} s, plan {plan}, bound {bound}, gap {percent(progress.gap)}"
    )


class Waiting:
    """A line that says for how long a call has gone on and what it has last told; it takes what calls tell."""

    def __init__(self, show: Any) -> None:
        self._show, self._said, self._handle = show, "working", None
        self._began, self._ended = time.monotonic(), threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def solve(self, stage: str, progress: Progress) -> None:
        """Take how far a solve is."""
        self._said = progress_line(stage, progress)

    def stage(self, name: str, seconds: float) -> None:
        """Take that a stage of a study has ended."""
        self._said = f"{name} done after {seconds:.0f} s, at work on what follows"

    def count(self, done: int, things: int, word: str = "") -> None:
        """Take how many of a number of things are done."""
        self._said = f"{done:,} of {things:,} {word}".strip()

    def __enter__(self) -> Waiting:
        """Begin to wait."""
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._ended.set()
        self._clock.join()
        if self._handle is not None:
            self._handle.update(_form(""), raw=True, metadata={MARK: True})

    def _tick(self) -> None:
        wait = FIRST_SECONDS
        while not self._ended.wait(wait):
            wait = EVERY_SECONDS
            line = f"{time.monotonic() - self._began:.0f} s: {self._said} (interrupt for what there is)"
            if self._handle is None:
                self._handle = self._show(_form(line), raw=True, display_id=True, metadata={MARK: True})
            else:
                self._handle.update(_form(line), raw=True, metadata={MARK: True})


def _form(line: str) -> dict[str, str]:
    return {"text/html": f"<small>{escape(line)}</small>", "text/plain": line}


@contextmanager
def waiting() -> Iterator[Waiting | None]:
    """Show a line while the body runs where that is a cell of a notebook; None elsewhere, and within such a body."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if _shown or getattr(shell, "kernel", None) is None or threading.current_thread() is not threading.main_thread():
        yield None
        return
    from IPython.display import display

    with Waiting(display) as line:
        _shown.append(line)
        try:
            yield line
        finally:
            _shown.remove(line)
