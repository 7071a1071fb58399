"""``fabopt validate``: is the instance right, and does it make sense as a whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import BAD_INPUT, InstancePath, ScenarioOption, SetOption, guarded, say


@guarded
def validate(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Check an instance and the chain as a whole."""
    from fabopt import api
    from fabopt.report.overview import finding_lines

    instance = api.load(path, scenario, set_ or ())
    findings = instance.validate()
    errors = sum(finding.severity == "error" for finding in findings)
    say(finding_lines(findings))
    say([f"{path}: the files are right; {errors} errors and {len(findings) - errors} warnings about the chain"])
    if errors:
        raise typer.Exit(BAD_INPUT)
