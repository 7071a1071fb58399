"""``fabopt memo``: what a lab should sign, with whom, by when, and what would change that advice; as a document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption, check_kept, guarded, say, step, tell
from fabopt.cli.completion import labs
from fabopt.cli.planned import result_at, within_time
from fabopt.errors import require

if TYPE_CHECKING:
    from fabopt.api import Instance, Result
    from fabopt.report.memo.report import MemoReport
    from fabopt.solve.budget import TimeBudget

_Path = typer.Argument(
    help="Folder of a result; an instance, which is then solved first; or a memo's folder, to write it again.",
    show_default=False,
)
_Lab = typer.Option(
    "--for", metavar="LAB", help="Lab that the memo is written for.", show_default=False, autocompletion=labs
)
_Formats = typer.Option("--format", help="Some of md, html, pdf and docx, with commas between them.")
_Lang = typer.Option(help="Language: en or zh (Simplified Chinese).")
_Template = typer.Option(help="Folder of templates that stand in for the package's.", show_default=False)
_Budget = typer.Option(help="Minutes that may be spent.", metavar="MINUTES", min=0.01)
_Tolerance = typer.Option(
    help="Million dollars that a signature's delay may cost the lab; by default 0.01 % of its plan's value.",
    min=0.0,
    show_default=False,
)
_Sweep = typer.Option(help="Folder of a sweep, for the chances of reaching a target.", show_default=False)
_Draws = typer.Option(
    help="Folder of a report of draws of this result (fabopt draws --out), for the chances.", show_default=False
)
_Hedge = typer.Option(
    help="Folder of a report of a plan under states (fabopt hedge --out), for regrets and what to wait for.",
    show_default=False,
)
_Sheets = typer.Option(help="Write a page beside the memo for each signature that it advises.")
_Seed = typer.Option(help="Seed of solver and draws.", min=0)
_Out = typer.Option(help="Folder for the memo; by default memos/LAB.", show_default=False)
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")


@guarded
def memo(
    path: Annotated[Path, _Path],
    lab: Annotated[str, _Lab] = "",
    formats: Annotated[str, _Formats] = "md,html,pdf,docx",
    lang: Annotated[str, _Lang] = "en",
    template: Annotated[Path | None, _Template] = None,
    budget: Annotated[float, _Budget] = 10.0,
    tolerance: Annotated[float | None, _Tolerance] = None,
    sweep: Annotated[Path | None, _Sweep] = None,
    draws: Annotated[Path | None, _Draws] = None,
    hedge: Annotated[Path | None, _Hedge] = None,
    term_sheets: Annotated[bool, _Sheets] = False,
    seed: Annotated[int, _Seed] = 0,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    out: Annotated[Path | None, _Out] = None,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Write the procurement memo of a lab: what to sign, with whom, by when, and what would change that."""
    require("memo")
    from fabopt import api
    from fabopt.io.files import kept
    from fabopt.report.memo.errors import MemoError
    from fabopt.report.memo.reader import is_memo
    from fabopt.report.memo.report import check_formats, check_out, rehearse

    chosen = check_formats(formats.split(","))
    rehearse(lang, template)
    if is_memo(path):
        if any(one is not None for one in (sweep, draws, hedge, scenario)) or set_:
            raise MemoError(f"{path} is a memo: nothing is computed again, so --sweep, --draws, --hedge, --scenario "
                            "and --set do not go with it.")  # fmt: skip
        report = api.load_memo(path)
        if lab not in ("", report.memo.lab):
            raise MemoError(f"{path} is a memo for {report.memo.lab}, not for {lab}.")
        target = out or api.default_memo_folder(report.memo.lab, lang)
        check_out(target)
    else:
        if not lab:
            raise MemoError("A memo is written for a lab: name it with --for.")
        target = out or api.default_memo_folder(lab, lang)
        check_out(target)
        report = _computed(
            path,
            lab,
            budget,
            scenario,
            set_ or [],
            as_json,
            lambda result, time: result.memo(
                lab, budget=time, tolerance=tolerance, sweep=sweep, draws=draws, hedge=hedge, seed=seed
            ),
        )
    with step("write", as_json) as memo:
        where = kept(target, lambda folder: report.save(folder, chosen, lang, template, term_sheets))
        memo.append(", ".join(chosen))
    if as_json:
        typer.echo(json.dumps(report.report.as_dict(), allow_nan=False))
    else:
        tell(report.report)
        if where is not None:
            say(["", f"written to {where}: {', '.join(sorted(p.name for p in where.iterdir() if p.is_file()))}"])
    check_kept(target, where)


def _computed(
    path: Path,
    lab: str,
    budget: float,
    scenario: str | None,
    sets: list[str],
    quiet: bool,
    memo_of: Callable[[Result, TimeBudget], MemoReport],
) -> MemoReport:
    def check(instance: Instance) -> None:
        from fabopt.analysis.explain.names import known

        known("lab", lab, instance.data.labs, instance.name)

    with within_time(budget, quiet) as time:
        return memo_of(result_at(path, scenario, sets, time, quiet, check), time)
