"""``fabopt page``: a result as one page to look into with a browser, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import guarded, say, step

_Paths = typer.Argument(help="Folder of a result; of more, the others are held against the first.", show_default=False)
_Out = typer.Option(help="The page (.html); by default the name of the result's folder.", show_default=False)
_Study = typer.Option(
    "--study", help="Folder of a study that was saved (fabopt choke RESULT --out FOLDER); repeatable.",
    metavar="FOLDER", show_default=False,
)  # fmt: skip


@guarded
def page(
    paths: Annotated[list[Path], _Paths],
    out: Annotated[Path | None, _Out] = None,
    study: Annotated[list[Path] | None, _Study] = None,
) -> None:
    """Write a result as one page: map of the chain, choke points, who gets what, money, assumptions, with filters."""
    from fabopt import api

    place = out if out is not None else Path(f"{api.name_of(paths[0])}.html")
    with step("page") as told:
        api.load_result(paths[0]).page(place, *paths[1:], studies=study or ())
        told.append(f"{place.stat().st_size / 1e6:.1f} MB")
    say([f"page written to {place}: open it with a browser, no network is needed"])
