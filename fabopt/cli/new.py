"""``fabopt new``: a starter instance that is valid and solves."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import BAD_INPUT, complain, guarded, say, write_text

_Folder = typer.Argument(help="Folder to make; it must not hold anything yet.", show_default=False)


@guarded
def new(folder: Annotated[Path, _Folder]) -> None:
    """Write a small commented instance to start from."""
    from importlib.resources import files

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        complain(f"{folder} is there already and is no empty folder; fabopt does not write over it")
        raise typer.Exit(BAD_INPUT)
    starter = files("fabopt.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "instance.yaml", starter)
    except OSError as error:
        complain(f"{folder} cannot be made: {error.strerror or error}")
        raise typer.Exit(BAD_INPUT) from None
    say([f"{folder}/instance.yaml written; next: fabopt solve {shlex.quote(str(folder))}"])
