"""What the commands share: errors as sentences with an exit code, steps on stderr, lines on stdout."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from fabopt.cli.completion import levers, scenarios
from fabopt.cli.starting import as_exception, out_at_once
from fabopt.domain.text import printable
from fabopt.errors import BAD_INPUT, INTERRUPTED, FaboptError

if TYPE_CHECKING:
    from fabopt.report.report import Report

P = ParamSpec("P")
R = TypeVar("R")

NARROW, WIDE = 80, 120
"""Widths of a line between which that of the terminal decides."""

InstancePath = typer.Argument(help="Folder of an instance (instance.yaml), or an instance file.", show_default=False)
ScenarioOption = typer.Option(
    "--scenario", "-s", help="Scenario of the instance.", show_default=False, autocompletion=scenarios
)
SetOption = typer.Option(
    "--set",
    metavar="LEVER=VALUE",
    help="Set a lever; may be repeated. VALUE: 200, '200 kwafer/month', '*1.1', '+5'.",
    autocompletion=levers,
)

JournalOption = typer.Option(
    "--journal",
    help="Keep what is finished in this file, and go on with what stands there.",
    metavar="FILE",
    show_default=False,
)
WorkersOption = typer.Option("--workers", help="Processes that work at a time.", min=1, max=1024)
SchedulerOption = typer.Option(
    "--scheduler",
    metavar="ADDRESS",
    help="Work on a Dask cluster: tcp://HOST:PORT of its scheduler; or mpi, on the ranks that mpiexec started.",
    show_default=False,
)


_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)

_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell no steps and no progress; warnings and errors stay.")]


def is_quiet(asked: bool = False) -> bool:
    """Return whether nothing is told on the way: the command was asked for it, or its output stands alone."""
    return asked or _QUIET.get()


def hushable(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--quiet``, and let it tell once which of its defaults come from a file."""

    @functools.wraps(command)
    def run(ctx: typer.Context, *, quiet: bool, **given: Any) -> None:
        before = _QUIET.set(quiet)
        try:
            if ctx.obj and not quiet:
                from fabopt.cli.defaults import used

                if told := used(ctx, ctx.obj.get(ctx.info_name, {})):
                    complain(told)
            command(**given)
        finally:
            _QUIET.reset(before)

    asked = inspect.signature(command, eval_str=True).parameters.values()
    added = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Quiet)
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    take(run, context, *asked, added)
    return run


def take(command: Callable[..., None], *parameters: inspect.Parameter) -> None:
    """Let a command have these parameters, each given by its name, as typer reads them."""
    by_name = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    command.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in by_name} | {"return": None}


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that a user can cause into sentences on stderr and an exit code; no traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            as_exception()
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            out_at_once()
            complain("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise
        except FaboptError as error:
            complain(str(error))
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            complain(str(error))
            raise typer.Exit(BAD_INPUT) from None
        finally:
            out_at_once()

    return run


def complain(text: str) -> None:
    """Write the lines of a message to stderr; only a terminal gets colour."""
    for line in text.splitlines() or [""]:
        typer.secho(printable(line), err=True, fg=typer.colors.RED if coloured(sys.stderr) else None)


def say(lines: Iterable[str]) -> None:
    """Write lines to stdout."""
    for line in lines:
        typer.echo(printable(line))


def columns() -> int:
    """Return how wide a line may be: as the terminal (or COLUMNS) is, from 80 to 120; elsewhere as in a file."""
    from fabopt.report.text import WIDTH

    return min(max(shutil.get_terminal_size((WIDTH, 0)).columns, NARROW), WIDE)


def tell(report: Report[Any]) -> None:
    """Write a report to stdout, as wide as the terminal is, and below it how to ask what its words mean."""
    from fabopt.report.glossary import ask_for

    lines = report.lines(columns())
    say([*lines, *ask_for(lines, columns())])


def coloured(stream: object) -> bool:
    """Return whether a stream is a terminal that wants colours."""
    terminal = hasattr(stream, "isatty") and stream.isatty()
    return bool(terminal) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


@contextmanager
def solver_on_stderr() -> Iterator[None]:
    """While the body runs, send what native code writes to stdout to stderr instead.

    The solver has a leftover print of its own on rare programs; on stdout it would spoil a pipe or a JSON object.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def step(name: str, quiet: bool = False) -> Iterator[list[str]]:
    """Time one step and write about it to stderr, the time at the end; the body puts what was found into the list."""
    from fabopt.report.text import wrap

    start, step, width = time.perf_counter(), list[str](), columns() - 20
    yield step
    if not is_quiet(quiet):
        took = f"{time.perf_counter() - start:.1f} s"
        *above, last = wrap(", ".join(step), width)
        for line in above:
            typer.echo(f"{name:>9}  {printable(line)}", err=True)
            name = ""
        typer.echo(f"{name:>9}  {printable(last):<{width}} {took:>7}", err=True)


ENDINGS = {".xlsx": "a workbook", ".html": "a page", ".mps": "a program", ".lp": "a program"}
"""What files are by their ending."""


def check_ending(file: Path | None, ending: str) -> None:
    """Refuse a file, where one is named, that what opens it would not know by its name."""
    if file is not None and file.suffix.lower() != ending:
        complain(f"{file} is no name of {ENDINGS[ending]}: it ends in {ending}")
        raise typer.Exit(BAD_INPUT)


def check_kept(asked: Path, where: Path | None) -> None:
    """End with the code of bad input where something was not written to the place that was asked for."""
    if where != asked:
        raise typer.Exit(BAD_INPUT)


class Notes(logging.Handler):
    """Writes to stderr what reading and writing folders has to tell."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one note."""
        complain(record.getMessage())


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named, whole or not at all."""
    from fabopt.io.files import atomic_write

    atomic_write(path, text)
