"""The sandbox of templates: Jinja2's, with an end to time and size, and no way out of the folder of templates.

A template is somebody's text, and may be anybody's. What it multiplies, repeats, pads or formats is held to a size
before it is done; how long it runs and how much memory it takes is looked at on each of its lines.
"""

from __future__ import annotations

import functools
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import generate_lorem_ipsum

SECONDS = 20.0
"""How long a template may run."""
MOST_TEXT = 5_000_000
"""Most letters of a text that a template makes, and of the memo."""
MOST_DIGITS = 4_096
"""Most bits of an integer that a template makes."""
MOST_MEMORY = 500_000
"""Most memory that a template may add to the program's, kB."""
_WIDE = re.compile(r"[0-9]{5,}|%[-+ 0#]*\*|\{[^{}]*:[^{}]*\{")
"""A width in a format that pads beyond 9,999 letters, or one that comes from elsewhere."""


class LimitError(Exception):
    """A template that asks for more than a memo needs; the message is a sentence without its stop."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox with limits of size on what expressions make."""

    intercepted_binops = frozenset(["**", "*", "+", "%"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out a binary operation, unless its result would be larger than a memo could need."""
        if operator == "**":
            _check_power(left, right)
        elif operator == "*":
            for one, other in ((left, right), (right, left)):
                if isinstance(other, int) and isinstance(one, str | list | tuple):
                    _check_size(len(one) * other)
                elif isinstance(one, int) and isinstance(other, int):
                    _check_bits(one.bit_length() + other.bit_length())
        elif operator == "+" and isinstance(left, str) and isinstance(right, str):
            _check_size(len(left) + len(right))
        elif operator == "%" and isinstance(left, str):
            _check_format(left)
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a text or number with widths that a memo could need only."""
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str | bytes | int | list | tuple | dict):
            _check_arguments((*args, *kwargs.values()))
        return super().call(context, obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return what stands in for ``format`` of a text, unless the text pads beyond measure."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _check_format(str(value.__self__))
        return wrapped


class _Inside(FileSystemLoader):
    """Templates of a folder, none of which is a link out of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template, as jinja2 asks for it, from inside the folder alone."""
        check_inside(self.folder, self.folder / template)
        return super().get_source(environment, template)


def check_inside(folder: Path, file: Path) -> None:
    """Refuse a file that a link leads out of its folder to.

    Raises
    ------
    LimitError
        When the file, links followed, lies elsewhere.
    """
    if file.exists() and not file.resolve().is_relative_to(folder.resolve()):
        raise LimitError(f"{file} is a link out of the folder of templates")


def environment(folder: Path | None, finalize: Callable[[Any], Any] | None) -> Environment:
    """Return the environment of templates: those of a folder before those of the package."""
    own = [_Inside(folder)] if folder is not None else []
    env = Sandbox(
        loader=ChoiceLoader([*own, PackageLoader("fabopt.report.memo", "templates")]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update({name: _bounded(name, function) for name, function in env.filters.items()})
    env.globals["lipsum"] = _bounded("", generate_lorem_ipsum)
    return env


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter whose widths and counts are held to a size."""
    # Before the arguments stands the value, a number of the memo perhaps, and before it what Jinja2 hands over.
    first = 0 if not name else 2 if hasattr(function, "jinja_pass_arg") else 1

    @functools.wraps(function)
    def held(*args: Any, **kwargs: Any) -> Any:
        if name == "format":
            _check_format(str(args[0]))
        _check_arguments((*args[first:], *kwargs.values()))
        return function(*args, **kwargs)

    return held


def _check_arguments(arguments: tuple[Any, ...]) -> None:
    for argument in arguments:
        if isinstance(argument, int) and not isinstance(argument, bool):
            _check_size(abs(argument))


def _check_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 1:
        _check_bits(base.bit_length() * exponent)


def _check_bits(bits: int) -> None:
    if bits > MOST_DIGITS:
        raise LimitError(f"an integer of {bits:,} bits is more than a memo needs; {MOST_DIGITS:,} are allowed")


def _check_size(size: int) -> None:
    if size > MOST_TEXT:
        raise LimitError(f"{size:,} letters or entries are more than a memo needs; {MOST_TEXT:,} are allowed")


def _check_format(text: str) -> None:
    if _WIDE.search(text):
        raise LimitError("a format pads to more than 9,999 letters, or to a width that comes from elsewhere")


@contextmanager
def limited() -> Iterator[None]:
    """Watch the lines of templates while the body runs.

    Raises
    ------
    LimitError
        On the line on which a template has run too long, or has taken too much memory.
    """
    end = time.monotonic() + SECONDS
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + MOST_MEMORY

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > end:
            raise LimitError(f"the template has run for {SECONDS:g} seconds, and is stopped")
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > most:
            raise LimitError("the template takes too much memory, and is stopped")
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename.endswith(".j2") or "<template>" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
