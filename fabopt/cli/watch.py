"""``fabopt watch``: solves again whenever a file of the instance changes, and says what changed in the answer."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import (
    InstancePath,
    ScenarioOption,
    SetOption,
    columns,
    complain,
    guarded,
    say,
    solver_on_stderr,
    step,
)
from fabopt.cli.planned import GapOption, LimitOption, end_without_plan, limits_of_run
from fabopt.cli.progress import telling
from fabopt.errors import BAD_INPUT, FaboptError

if TYPE_CHECKING:
    from fabopt.api import Result

_Every = typer.Option(help="Seconds from look to look at the files.", min=0.05, max=3600)
_Times = typer.Option(
    help="End after so many solves or faulty files; without it, with Ctrl-C.", min=1, show_default=False
)
_Out = typer.Option(help="Folder in which the last plan is kept; without it none is.", show_default=False)

_DATA = (".yaml", ".yml", ".csv", ".json")
_SETTLED = 0.05
"""Seconds in which files must not change, so that none is read half written."""


@guarded
def watch(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    gap: Annotated[float | None, GapOption] = None,
    every: Annotated[float, _Every] = 1.0,
    times: Annotated[int | None, _Times] = None,
    out: Annotated[Path | None, _Out] = None,
) -> None:
    """Solve an instance again whenever one of its files changes, and say what changed in the answer."""
    from fabopt.report.text import wrap

    last: Result | None = None
    try:
        for _ in islice(changes(path, every), times):
            result = _solved(path, scenario, set_ or [], gap, time_limit)
            if result is None:
                continue
            say(result.answer.lines(columns()) if last is None else wrap(result.answer.sentence, columns()))
            if last is not None:
                say(["", *(line for text in last.compare(result).said for line in wrap(text, columns()))])
            last = result
            if out is not None:
                result.save(out)
                say([f"written to {out}"])
            if result.status == "interrupted":
                return
    except KeyboardInterrupt:
        if last is None:
            raise
    if last is None:
        raise typer.Exit(BAD_INPUT)


def changes(path: Path, every: float) -> Iterator[None]:
    """Yield at once, and again whenever what the files at a path hold has changed; a touch is no change."""
    seen: dict[Path, str] | None = None
    while True:
        now = _content(path)
        while now != seen:
            time.sleep(_SETTLED)
            before, now = now, _content(path)
            if before == now:
                seen = now
                yield
                now = _content(path)
        time.sleep(every)


def _content(path: Path) -> dict[Path, str]:
    """Return the SHA-256 of each file of data at a path; of an instance that is one file, of those beside it, too."""
    content: dict[Path, str] = {}
    for folder, folders, files in os.walk(path if path.is_dir() else path.parent):
        folders[:] = [name for name in folders if path.is_dir() and not name.startswith(".") and name != "results"]
        for name in files:
            file = Path(folder, name)
            if file.suffix in _DATA and not name.startswith("."):
                with suppress(OSError):  # it went as it was looked at
                    content[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    return content


def _solved(path: Path, scenario: str | None, sets: list[str], gap: float | None, limit: float | None) -> Result | None:
    """Solve what stands in the files now; None, and the reason on stderr, where they cannot be used or have no plan."""
    from fabopt import api

    try:
        instance = api.load(path, scenario, sets)
        with step("solve") as said, telling(False) as teller, solver_on_stderr():
            result = instance.solve(progress=teller, **limits_of_run(gap, limit))
            said.append(result.status)
    except FaboptError as error:
        complain(str(error))
        return None
    if result.has_plan:
        return result
    if result.status == "interrupted":
        raise KeyboardInterrupt
    with suppress(typer.Exit):
        end_without_plan(result)
    return None
