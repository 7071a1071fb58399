"""``fabopt compare``: plans and their inputs side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import WIDTH, check_ending, guarded, say
from fabopt.domain.text import printable

_Paths = typer.Argument(
    help="Folders of two results or more; the others are held against the first.", show_default=False
)
_Table = typer.Option(
    "--table",
    help="Print one table as CSV: plans, gains, chip_mix, orders, worth, limits, choke_points, inputs, difference.",
    metavar="NAME",
    show_default=False,
)
_Html = typer.Option("--html", help="Write one page with tables and pictures.", metavar="FILE", show_default=False)
_Xlsx = typer.Option("--xlsx", help="Write a workbook with formulas.", metavar="FILE", show_default=False)
_Decide = typer.Option(
    help="Seconds for solving the plans further, from each other's, until their gaps leave no difference open.",
    metavar="SECONDS",
    show_default=False,
)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")


@guarded
def compare(
    paths: Annotated[list[Path], _Paths],
    table: Annotated[str | None, _Table] = None,
    html: Annotated[Path | None, _Html] = None,
    xlsx: Annotated[Path | None, _Xlsx] = None,
    decide: Annotated[float, _Decide] = 0.0,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Show who gains and who loses between plans, what binds, and which inputs explain it."""
    from fabopt import api
    from fabopt.report.compare import check_paths
    from fabopt.report.text import wrap

    check_ending(html, ".html")
    check_ending(xlsx, ".xlsx")
    files = [file for file in (html, xlsx) if file is not None]
    check_paths(*files)

    def tell(name: str, took: float) -> None:
        if not as_json:
            typer.echo(f"{printable(name):>24}  {took:7.1f} s", err=True)

    report = api.compare(*paths, decide=decide, tell=tell)
    report.save(*files)
    if table is not None:
        from fabopt.report.csv_text import frame_csv

        typer.echo(frame_csv(report.table(table)), nl=False)
    elif as_json:
        typer.echo(json.dumps(report.as_dict(), allow_nan=False))
    elif files:
        say(
            [
                *(line for text in report.said for line in wrap(text, WIDTH)),
                "",
                f"written to {', '.join(map(str, files))}",
            ]
        )
    else:
        say(report.lines())
