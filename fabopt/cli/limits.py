"""``fabopt limits``: what each limit on diversity, resilience and exports costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fabopt.cli.common import InstancePath, JsonOption, ScenarioOption, SetOption, guarded
from fabopt.cli.planned import GapOption, LimitOption, end_without_plan_of, limits_of_run, tell_study


@guarded
def limits(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    gap: Annotated[float | None, GapOption] = None,
    time_limit: Annotated[float | None, LimitOption] = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Price each limit on diversity, resilience and exports, and all of them together."""
    from fabopt import api

    instance = api.load(path, scenario, set_ or ())
    priced = instance.price_limits(**limits_of_run(gap, time_limit))
    tell_study(instance, priced, as_json)
    if priced.study.value.low is None:
        end_without_plan_of("limits", priced.study.value.status, priced.study.why)
