"""``fabopt validate``: is the instance right, and does it make sense as a whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption, columns, complain, guarded, say
from fabopt.errors import BAD_INPUT


@guarded
def validate(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
) -> None:
    """Check an instance with its scenarios and sweeps, and the chain as a whole."""
    from fabopt import api
    from fabopt.report.overview import finding_counts, finding_lines, holding_line
    from fabopt.report.text import counted, wrap

    audited, instance = api.audit(path, scenario, set_ or ())
    for problem in audited.lines:
        complain(problem)
    errors = False
    if instance is not None:
        findings = instance.validate()
        errors = any(finding.severity == "error" for finding in findings)
        parts = ((len(audited.scenarios), "scenario"), (len(audited.sweeps), "sweep"))
        beside = ", ".join(counted(number, what) for number, what in parts if number)
        right = f"the files are {'not ' if audited.problems else ''}right" + (f", with {beside}" if beside else "")
        say(wrap(f"{path}: {right}; {finding_counts(findings)}.", columns()))
        say(finding_lines(findings, columns()))
        if any(finding.leaves_no_plan for finding in findings):
            say(line for conflict in instance.reasons() for line in wrap(conflict.sentence, columns()))
        say(wrap(f"{path}: {holding_line(instance.data)}.", columns()))
    if errors or audited.problems:
        raise typer.Exit(BAD_INPUT)
