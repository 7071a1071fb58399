"""``fabopt own-silicon``: what a lab's own chip is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import GapOption, LimitOption, head_of, limits_of_run

_Chip = typer.Argument(help="Id of a chip that has a programme.", metavar="CHIP", show_default=False)


@reporting("own-silicon", "allotted")
def own_silicon(
    path: Annotated[Path, InstancePath],
    chip: Annotated[str, _Chip],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    gap: Annotated[float | None, GapOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    *,
    output: Output,
) -> None:
    """Say what a lab's own chip is worth to it: as supply, and as bargaining with those who sell to it."""
    from fabopt import api

    instance = api.load(path, scenario, set_ or ())
    output.tell(instance.own_silicon(chip, **limits_of_run(gap, time_limit)), head_of(instance))
