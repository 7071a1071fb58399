"""``fabopt reconcile``: what the instance implies for the recent past, against published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting


@reporting("reconcile", "published")
def reconcile(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Hold what an instance implies against published figures."""
    from fabopt import api
    from fabopt.report.frames import reconcile_report

    output.tell(reconcile_report(api.load(path, scenario, set_ or ()).reconcile()))
