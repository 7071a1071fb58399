"""``fabopt schema``: the JSON Schema of instances, for editors that complete and check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import guarded, say, write_text

_Out = typer.Option("--out", help="File to write to instead of stdout.", show_default=False)


@guarded
def schema(out: Annotated[Path | None, _Out] = None) -> None:
    """Print the JSON Schema (2020-12) of an instance file."""
    from fabopt.domain.instance import Instance
    from fabopt.io.schema import instance_schema

    text = json.dumps(instance_schema(Instance), indent=1) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        say([f"schema written to {out}"])
