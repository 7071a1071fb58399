"""``fabopt show``: what an instance holds, or what a result says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, guarded, say

_Path = typer.Argument(help="Folder of an instance or of a result.", show_default=False)
_Table = typer.Option("--table", help="Print one table of a result as CSV.", metavar="NAME", show_default=False)
_Chart = typer.Option("--chart", help="Write a picture of a result (.svg, .png, .html).", show_default=False)
_Lab = typer.Option(
    "--for", help="The portfolio of this lab in a result; its part of a picture.", metavar="LAB", show_default=False
)
_Kind = typer.Option(
    help="With --chart: plan, flow, use, choke, mix, power, tornado, value or phase.", show_default=False
)
_Period = typer.Option(help="With --kind flow: the period; else that in which most is shipped.", show_default=False)
_Top = typer.Option(help="With --kind use, choke or tornado: how many rows.", show_default=False)
_Lever = typer.Option(help="With --kind value or phase: the number that is moved.", show_default=False)
_Against = typer.Option(help="With --kind phase: the other number.", show_default=False)
_Alternatives = typer.Option(
    "--alternatives",
    help="What all plans have in common that give up at most this share of the objective, and how far they differ.",
    metavar="SHARE",
    show_default=False,
)
_Until = typer.Option(help="With --alternatives: orders until this period alone.", metavar="PERIOD", show_default=False)
_Budget = typer.Option(help="With --alternatives: minutes that may be spent.", metavar="MINUTES", min=0.01)
_Json = typer.Option("--json", help="With --for or --alternatives: print one JSON object and nothing else on stdout.")


@guarded
def show(
    path: Annotated[Path, _Path],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    table: Annotated[str | None, _Table] = None,
    chart: Annotated[Path | None, _Chart] = None,
    lab: Annotated[str | None, _Lab] = None,
    kind: Annotated[str, _Kind] = "",
    period: Annotated[str, _Period] = "",
    top: Annotated[int | None, _Top] = None,
    lever: Annotated[str, _Lever] = "",
    against: Annotated[str, _Against] = "",
    alternatives: Annotated[str | None, _Alternatives] = None,
    until: Annotated[str, _Until] = "",
    budget: Annotated[float, _Budget] = 10.0,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Show what an instance holds, or what a result says."""
    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError, is_result

    asked = {"period": period, "top": top, "lever": lever, "against": against}
    if chart is None and (kind or any(value not in ("", None) for value in asked.values())):
        raise ResultError(
            "--kind, --period, --top, --lever and --against say what is drawn: name the file with --chart."
        )
    if until and alternatives is None:
        raise ResultError("--until belongs to --alternatives SHARE.")
    if not is_result(path):
        if any(given is not None for given in (table, chart, lab, alternatives)):
            raise ResultError(
                f"--table, --chart, --for and --alternatives need the folder of a result, and {path} holds no "
                f"{MANIFEST}."
            )
        say(api.load(path, scenario, set_ or ()).show().lines())
        return
    if scenario is not None or set_:
        raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
    if as_json and (chart is not None or (lab is None and alternatives is None)):
        raise ResultError("--json goes with --for LAB or --alternatives SHARE; --table NAME prints a table's numbers.")
    result = api.load_result(path)
    if table is not None:
        from fabopt.report.csv_text import frame_csv

        typer.echo(frame_csv(result.table(table)), nl=False)
    elif chart is not None:
        result.save_chart(chart, kind or "plan", lab=lab or "", **asked)
        say([f"picture written to {chart}"])
    elif lab is not None:
        report = result.portfolio(lab)
        say([json.dumps(report.as_dict(), allow_nan=False)] if as_json else report.lines())
    elif alternatives is not None:
        found = result.alternatives(_share(alternatives), until=until, budget=budget)
        say([json.dumps(found.as_dict(), allow_nan=False)] if as_json else found.lines())
    else:
        say(result.answer.lines())


def _share(text: str) -> float:
    from fabopt.domain.base import FieldProblem
    from fabopt.domain.quantity import In
    from fabopt.solve.results.folder import ResultError

    try:
        return In("1", ge=0, lt=1).read(text).value
    except FieldProblem as error:
        raise ResultError(f"--alternatives: {error}; write a share like 1% or 0.01") from error
