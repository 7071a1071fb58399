"""``fabopt new``: a starter instance that is valid and solves."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import check_ending, complain, guarded, say, write_text
from fabopt.errors import BAD_INPUT

_Folder = typer.Argument(help="Folder to make; it must not hold anything yet.", show_default=False)
_Xlsx = typer.Option(
    "--xlsx", help="Write it as a workbook to fill in instead of a folder.", metavar="FILE", show_default=False
)
_Synthetic = typer.Option(
    "--synthetic",
    help="Write a made-up chain of this size, to measure with.",
    metavar="chips=N,fabs=N,labs=N,periods=N",
    show_default=False,
)
_From = typer.Option(
    "--from",
    help="Copy an instance that comes with fabopt (tutorial), or the notebooks (notebooks); with --only, cut it out of "
    "a larger one: its name (frontier) or folder.",
    metavar="INSTANCE",
    show_default=False,
)
_Only = typer.Option(
    "--only",
    help="What is kept of it, with all that this needs: lab=anthropic,designer=nvidia; may be repeated.",
    metavar="KIND=NAME,...",
    show_default=False,
)
_Seed = typer.Option("--seed", help="Seed of a made-up chain; equal seeds give equal files.", min=0)


@guarded
def new(
    folder: Annotated[Path | None, _Folder] = None,
    xlsx: Annotated[Path | None, _Xlsx] = None,
    synthetic: Annotated[str | None, _Synthetic] = None,
    seed: Annotated[int, _Seed] = 0,
    source: Annotated[str | None, _From] = None,
    only: Annotated[list[str] | None, _Only] = None,
) -> None:
    """Write a small commented instance to start from, or one made up, or cut out of a larger one."""
    from importlib.resources import as_file, files

    from fabopt.io.folder import check_new

    if source is not None and folder is not None and not (only or xlsx or synthetic):
        _copied(folder, source)
        return
    if source is not None or only:
        _cut_out(folder, source, only, xlsx is not None or synthetic is not None)
        return
    if synthetic is not None:
        _made_up(folder, xlsx, synthetic, seed)
        return
    starter = files("fabopt.cli").joinpath("starter.yaml")
    if (folder is None) == (xlsx is None):
        complain("name the folder to make, or the workbook to write: fabopt new DIR, or fabopt new --xlsx FILE")
        raise typer.Exit(BAD_INPUT)
    if xlsx is not None:
        from fabopt import api

        check_ending(xlsx, ".xlsx")
        if xlsx.exists():
            complain(f"{xlsx} is there already; fabopt does not write over it")
            raise typer.Exit(BAD_INPUT)
        with as_file(starter) as path:
            api.load(path).export(xlsx)
        say([f"{xlsx} written; fill it in; next: fabopt import {shlex.quote(str(xlsx))} --out DIR"])
    if folder is not None:
        check_new(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / "instance.yaml", starter.read_text(encoding="utf-8"))
        except OSError as error:
            complain(f"{folder} cannot be made: {error.strerror or error}")
            raise typer.Exit(BAD_INPUT) from None
        say([f"{folder}/instance.yaml written; next: fabopt solve {shlex.quote(str(folder))}"])


def _copied(folder: Path, source: str) -> None:
    """Write what comes with fabopt into a folder of the user's."""
    from fabopt.io.shipped import NOTEBOOKS, copy_shipped, shipped, shipped_folder

    books = source == NOTEBOOKS
    copy_shipped(shipped_folder(NOTEBOOKS) if books else shipped(source), folder)
    say([f"{folder} written; next: {'jupyter lab' if books else 'fabopt solve'} {shlex.quote(str(folder))}"])


def _cut_out(folder: Path | None, source: str | None, only: list[str] | None, more: bool) -> None:
    """Write what is cut out of a larger instance as a folder."""
    if folder is None or source is None or not only or more:
        complain("to copy what comes with fabopt: fabopt new DIR --from NAME")
        complain("to cut out of a larger instance: fabopt new DIR --from INSTANCE --only lab=NAME,designer=NAME")
        raise typer.Exit(BAD_INPUT)
    from fabopt.api.cutting import cut_folder

    say(cut_folder(source, only, folder))
    say([f"{folder}/instance.yaml written; next: fabopt solve {shlex.quote(str(folder))}"])


def _made_up(folder: Path | None, xlsx: Path | None, size: str, seed: int) -> None:
    """Write a made-up chain as a folder."""
    from fabopt.io.synthetic.chain import write_synthetic
    from fabopt.io.synthetic.shape import read_shape

    if folder is None or xlsx is not None:
        complain("a synthetic instance is a folder: fabopt new DIR --synthetic chips=40,fabs=16,labs=9,periods=20")
        raise typer.Exit(BAD_INPUT)
    shape = read_shape(size)
    write_synthetic(folder, shape, seed)
    say([f"{folder} written, drawn with the seed {seed}; next: fabopt solve {shlex.quote(str(folder))}"])
