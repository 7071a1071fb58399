"""``fabopt limits``: what each limit on diversity, resilience and exports, and each stated one, costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import GapOption, LimitOption, end_without_plan_of, head_of, limits_of_run


@reporting("limits", "limits")
def limits(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    gap: Annotated[float | None, GapOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    *,
    output: Output,
) -> None:
    """Price each limit on diversity, resilience and exports, each stated one, and all of them together."""
    from fabopt import api

    instance = api.load(path, scenario, set_ or ())
    priced = instance.price_limits(**limits_of_run(gap, time_limit))
    output.tell(priced, head_of(instance))
    if priced.records.value.low is None:
        end_without_plan_of("limits", priced.records.value.status, priced.records.why)
