"""``fabopt import``: a workbook that was filled in becomes the folder of an instance."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import guarded, say

_File = typer.Argument(help="Workbook (.xlsx), as fabopt new --xlsx writes one to fill in.", show_default=False)
_Out = typer.Option("--out", help="Folder to make; it must not hold anything yet.", metavar="DIR", show_default=False)


@guarded
def import_(file: Annotated[Path, _File], out: Annotated[Path, _Out]) -> None:
    """Read an instance that was filled in as a workbook and write it as a folder of YAML and CSV."""
    from fabopt import api

    api.import_(file, out)
    say([f"{out}/instance.yaml written; next: fabopt solve {shlex.quote(str(out))}"])
