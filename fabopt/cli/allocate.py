"""``fabopt allocate``: who gets what under the policies, what the policies cost, and the game of orders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import GapOption, LimitOption, end_without_plan_of, head_of, limits_of_run
from fabopt.errors import StudyError

_Game = typer.Option("--game", help="Play the game of orders instead: what customers order under the rule.")
_TwoStage = typer.Option("--two-stage", help="Let the rules allot what is there first; then plan, each lab too.")
_Each = typer.Option("--each", help="Price each policy alone too, with one more plan each.")


@reporting("allocate", "allocation", "rounds")
def allocate(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    game: Annotated[bool, _Game] = False,
    two_stage: Annotated[bool, _TwoStage] = False,
    each: Annotated[bool, _Each] = False,
    gap: Annotated[float | None, GapOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    *,
    output: Output,
) -> None:
    """Show who gets what under the allocation policies, and what the policies cost."""
    from fabopt import api
    from fabopt.domain.names import display_names
    from fabopt.report.allocation import game_report

    planned = {"--two-stage": two_stage, "--each": each, "--gap": gap, "--time-limit": time_limit}
    others = " and ".join(name for name, value in planned.items() if value is not None and value is not False)
    if game and others:
        raise StudyError(f"--game solves no plan, so {others} does not go with it: ask one after the other.")
    instance = api.load(path, scenario, set_ or ())
    if game:
        output.tell(game_report(instance.games(), display_names(instance.data)), head_of(instance))
        return
    report = instance.allocate(two_stage, each, **limits_of_run(gap, time_limit))
    output.tell(report, head_of(instance))
    if report.records.value.low is None:
        end_without_plan_of("policies", report.records.value.status, report.records.why)
