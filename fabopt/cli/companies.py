"""``fabopt companies``: what each company makes, earns and pays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.output import Output, reporting

_Path = typer.Argument(help="Folder of a result.", show_default=False)
_Per = typer.Option(help="quarter, year, or period of the plan.", metavar="TIME")
_For = typer.Option("--for", metavar="COMPANY", help="Only this company; may be repeated.", show_default=False)
_By = typer.Option(help="In --table: told apart by item or other party; may be repeated.", show_default=False)


@reporting("companies", "companies", "wide")
def companies(
    path: Annotated[Path, _Path],
    of: Annotated[list[str] | None, _For] = None,
    per: Annotated[str, _Per] = "year",
    by: Annotated[list[str] | None, _By] = None,
    *,
    output: Output,
) -> None:
    """Tell wafers, stacks, packages, power, revenue, cost and margin of each company by time, past and plan."""
    from fabopt import api

    output.tell(api.load_result(path).companies(per=per, of=of or (), by=by or ()))
