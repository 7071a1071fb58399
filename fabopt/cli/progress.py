"""Progress of a solve on stderr: bound, incumbent and gap; live on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from fabopt.cli.common import is_quiet

if TYPE_CHECKING:
    from fabopt.solve.session import Progress

FIRST_SECONDS, EVERY_SECONDS = 2.0, 10.0
"""Time to the first line, and from line to line, where stderr is no terminal."""


class Teller:
    """Receives progress and shows it."""

    def __init__(self, live: bool) -> None:
        self._next = FIRST_SECONDS
        self._told = self._began = time.monotonic()
        self._ended = threading.Event()
        self._status = None
        if live:
            from rich.console import Console
            from rich.status import Status

            self._status = Status("solving", console=Console(stderr=True), spinner="dots")

    def __call__(self, stage: str, progress: Progress) -> None:
        """Show where a stage stands."""
        from fabopt.report.waiting import progress_line

        line = progress_line(stage, progress)
        if self._status is not None:
            self._status.update(line.replace("[", r"\["))
        elif progress.seconds >= self._next:
            self._next = progress.seconds + EVERY_SECONDS
            self._line(line)

    def start(self) -> None:
        """Show the live line, or say now and then that work goes on while nothing is received."""
        if self._status is not None:
            self._status.start()
        else:
            threading.Thread(target=self._wait, daemon=True).start()

    def stop(self) -> None:
        """Take the live line away."""
        self._ended.set()
        if self._status is not None:
            self._status.stop()

    def _line(self, line: str) -> None:
        self._told = time.monotonic()
        typer.echo(f"           {line}", err=True)

    def _wait(self) -> None:
        while not self._ended.wait(1.0):
            if time.monotonic() - self._told >= EVERY_SECONDS:
                self._line(f"at work for {time.monotonic() - self._began:.0f} s")


@contextmanager
def telling(quiet: bool) -> Iterator[Teller | None]:
    """Show progress while the body runs, unless it is to be quiet."""
    if is_quiet(quiet):
        yield None
        return
    teller = Teller(live=sys.stderr.isatty())
    teller.start()
    try:
        yield teller
    finally:
        teller.stop()


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """Show how many of a number of things are done while the body runs: a bar on a terminal, elsewhere lines.

    What is yielded takes what is done, how many there are, and the word for them.
    """
    if is_quiet(quiet):
        yield None
        return
    if not sys.stderr.isatty():
        following = time.monotonic() + FIRST_SECONDS

        def tell(done: int, things: int, word: str) -> None:
            nonlocal following
            if done == things or time.monotonic() >= following:
                following = time.monotonic() + EVERY_SECONDS
                typer.echo(f"{done:>9,} of {things:,} {word}", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, things, word: shown.update(task, completed=done, total=things, description=word)
