"""``fabopt own-silicon``: what a lab's own chip is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, JsonOption, ScenarioOption, SetOption, guarded
from fabopt.cli.planned import GapOption, LimitOption, limits_of_run, tell_study

_Chip = typer.Argument(help="Id of a chip that has a programme.", metavar="CHIP", show_default=False)


@guarded
def own_silicon(
    path: Annotated[Path, InstancePath],
    chip: Annotated[str, _Chip],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    gap: Annotated[float | None, GapOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Say what a lab's own chip is worth to it: as supply, and as bargaining with those who sell to it."""
    from fabopt import api

    instance = api.load(path, scenario, set_ or ())
    tell_study(instance, instance.own_silicon(chip, **limits_of_run(gap, time_limit)), as_json)
