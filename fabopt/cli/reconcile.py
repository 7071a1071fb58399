"""``fabopt reconcile``: what the instance implies for the recent past, against published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption, guarded, say


@guarded
def reconcile(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Hold what an instance implies against published figures."""
    from fabopt import api
    from fabopt.report.frames import reconcile_lines

    say(reconcile_lines(api.load(path, scenario, set_ or ()).reconcile()))
