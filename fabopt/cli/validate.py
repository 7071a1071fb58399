"""``fabopt validate``: is the instance right, and does it make sense as a whole?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import BAD_INPUT, WIDTH, InstancePath, ScenarioOption, SetOption, complain, guarded, say


@guarded
def validate(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Check an instance with its scenarios and sweeps, and the chain as a whole."""
    from fabopt import api
    from fabopt.report.answer import wrap
    from fabopt.report.overview import finding_lines, holding_line

    found, instance = api.audit(path, scenario, set_ or ())
    for problem in found.lines:
        complain(problem)
    errors = 0
    if instance is not None:
        findings = instance.validate()
        errors = sum(finding.severity == "error" for finding in findings)
        say(finding_lines(findings))
        if any(finding.leaves_no_plan for finding in findings):
            say(conflict.sentence for conflict in instance.reasons())
        say(wrap(f"{path}: {holding_line(instance.data)}", WIDTH))
        beside = ", ".join(filter(None, (counted(found.scenarios, "scenario"), counted(found.sweeps, "sweep"))))
        right = f"the files are {'not ' if found.problems else ''}right" + (f", with {beside}" if beside else "")
        say([f"{path}: {right}; {errors} errors and {len(findings) - errors} warnings about the chain"])
    if errors or found.problems:
        raise typer.Exit(BAD_INPUT)


def counted(names: Sequence[str], what: str) -> str:
    """Return how many things there are, in words; empty for none."""
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}" if names else ""
