"""Defaults of options from a file: ``fabopt.toml`` of the folder of work, else ``~/.config/fabopt/config.toml``.

What the command line says goes before the folder's file, that before the user's own, that before fabopt's defaults::

    quiet = true            # of every command that has the option

    [solve]                 # of one command, before what stands above
    time-limit = 600
    gap = 0.001
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from fabopt.errors import UserError

FOLDER_FILE = Path("fabopt.toml")
_NEVER = frozenset({"help", "version", "install_completion", "show_completion"})
"""Options that end a command."""
_MOST_BYTES = 1_000_000


class DefaultsError(UserError):
    """A file of defaults that cannot be used; the message names file, key and the likely fix."""


@dataclass(frozen=True, slots=True)
class Default:
    """A default from a file: its key there, its value, and that as the parser takes it."""

    file: Path
    key: str
    value: Any
    given: Any


Defaults = dict[str, dict[str, Default]]
"""Defaults by command and parameter."""


def user_file() -> Path:
    """Return where a user's own defaults stand."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "fabopt" / "config.toml"


def files() -> list[Path]:
    """Return the files of defaults that are there, the weakest first."""
    found = []
    for place in (user_file, lambda: FOLDER_FILE):
        try:
            file = place()
            found += [file] if file.is_file() else []
        except (OSError, RuntimeError):  # there is no home, or it may not be looked into
            continue
    return found


def read_defaults(group: Any) -> Defaults:
    """Return the defaults that the files give to the commands of the command line.

    Parameters
    ----------
    group
        All commands, with their parameters.

    Raises
    ------
    DefaultsError
        With every key that means nothing, and every value that its option does not take.
    """
    context = typer.Context(group, info_name="fabopt")
    commands = {name: dict(_options(command)) for name, command in group.commands.items()}
    found: Defaults = {}
    faults: list[str] = []
    for file in files():
        try:
            with file.open("rb") as stream:
                raw = tomllib.loads(stream.read(_MOST_BYTES).decode("utf-8-sig"))
        except (OSError, ValueError) as error:
            raise DefaultsError(f"{file} cannot be read as TOML: {error}.") from error
        everywhere = {key: value for key, value in raw.items() if not isinstance(value, Mapping)}
        sections = {key: value for key, value in raw.items() if isinstance(value, Mapping)}
        faults += [f"{file}: {fault}" for fault in _faults(everywhere, sections, commands, context)]
        for name, options in commands.items():
            for key, value in {**everywhere, **sections.get(name, {})}.items():
                if (option := options.get(_plain(key))) is not None:
                    found.setdefault(name, {})[option.name] = Default(file, key, value, _given(option, value))
    if faults:
        raise DefaultsError("\n".join(faults))
    return found


def _options(command: Any) -> Iterator[tuple[str, Any]]:
    """Yield the options of a command by what they are called in a file."""
    for one in command.params:
        if one.param_type_name == "option" and one.name not in _NEVER:
            yield from ((_plain(name.lstrip("-")), one) for name in one.opts if name.startswith("--"))


def _plain(key: str) -> str:
    return key.replace("-", "_")


def _faults(
    everywhere: Mapping[str, Any],
    sections: Mapping[str, Mapping[str, Any]],
    commands: Mapping[str, Mapping[str, Any]],
    context: Any,
) -> Iterator[str]:
    """Yield what is wrong with a file of defaults."""
    from fabopt.io.problems import brief, nearest

    every = {name.replace("_", "-") for options in commands.values() for name in options}
    for key, value in everywhere.items():
        having = [options[_plain(key)] for options in commands.values() if _plain(key) in options]
        if not having:
            hint = nearest(key, [*every, *commands])
            yield f"{brief(key)} is no option of any command{f'; {hint}' if hint else ''}"
        elif wrong := [text for text in (_unfit(option, value, context) for option in having) if text]:
            yield f"{key}: {wrong[0]}"
    for name, options in sections.items():
        if name not in commands:
            hint = nearest(name, commands)
            yield f"[{name}] is no command{f'; {hint}' if hint else ''}"
            continue
        for key, value in options.items():
            known = commands[name]
            if _plain(key) not in known:
                hint = nearest(key, [one.replace("_", "-") for one in known])
                yield f"[{name}] {brief(key)} is no option of 'fabopt {name}'{f'; {hint}' if hint else ''}"
            elif text := _unfit(known[_plain(key)], value, context):
                yield f"[{name}] {key}: {text}"


def _unfit(option: Any, value: object, context: Any) -> str:
    """Return why an option does not take a value; empty where it does."""
    from fabopt.io.problems import brief

    if option.is_flag or isinstance(value, bool):
        if option.is_flag and isinstance(value, bool):
            return ""
        takes = "true or false" if option.is_flag else "a value, and is no switch"
        return f"{brief(value)} is no value of it; it takes {takes}"
    if isinstance(value, list) and not option.multiple:
        return "it takes one value"
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, list | dict) or not isinstance(one, str | int | float):
            return f"{brief(one)} is no value of it"
    try:
        option.process_value(context, _given(option, value))
    except typer.BadParameter as error:
        return error.message.rstrip(".")
    return ""


def default_map(found: Defaults) -> dict[str, dict[str, Any]]:
    """Return defaults as the parser of the command line takes them."""
    return {name: {key: one.given for key, one in options.items()} for name, options in found.items()}


def _given(option: Any, value: Any) -> Any:
    if option.multiple:
        return [str(one) for one in (value if isinstance(value, list) else [value])]
    return value if isinstance(value, bool) else str(value)


def used(ctx: Any, found: Mapping[str, Default]) -> str:
    """Return which defaults a command took from files, in words; empty where none."""
    taken: dict[Path, list[str]] = {}
    for name, default in found.items():
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "DEFAULT_MAP":
            taken.setdefault(default.file, []).append(f"{default.key} = {default.value}")
    return "; ".join(f"defaults from {file}: {', '.join(said)}" for file, said in taken.items())
