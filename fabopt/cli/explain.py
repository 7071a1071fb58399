"""``fabopt explain``: one question about a plan, and its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import guarded, say, solver_on_stderr

_Path = typer.Argument(help="Folder of a result.", show_default=False)
_WhyNot = typer.Option(help="Why the lab of --for does not buy this chip.", metavar="CHIP", show_default=False)
_Lab = typer.Option("--for", help="With --why-not: the lab.", metavar="LAB", show_default=False)
_WhyShort = typer.Option(help="Why this lab gets no more in --period.", metavar="LAB", show_default=False)
_NextUnit = typer.Option(
    help="Whom one more unit of this limit would go to (its name or id).", metavar="LIMIT", show_default=False
)
_From = typer.Option(
    "--from", help="Where a unit of this chip packaged in --period comes from.", metavar="CHIP", show_default=False
)
_Period = typer.Option(help="With --why-short, --next-unit or --from: the period.", metavar="P", show_default=False)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")


@guarded
def explain(
    path: Annotated[Path, _Path],
    why_not: Annotated[str, _WhyNot] = "",
    lab: Annotated[str, _Lab] = "",
    why_short: Annotated[str, _WhyShort] = "",
    next_unit: Annotated[str, _NextUnit] = "",
    from_: Annotated[str, _From] = "",
    period: Annotated[str, _Period] = "",
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Answer one question about a plan."""
    from fabopt import api

    with solver_on_stderr():
        result = api.load_result(path)
        report = result.explain(
            why_not=why_not, lab=lab, why_short=why_short, next_unit=next_unit, from_=from_, period=period
        )
    say([json.dumps(report.as_dict(), allow_nan=False)] if as_json else report.lines())
