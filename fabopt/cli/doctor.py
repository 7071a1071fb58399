"""``fabopt doctor``: can fabopt work here, and what is missing?"""

from __future__ import annotations

import typer

from fabopt.cli.common import columns, guarded, say

_COLUMN, FAULT = 15, 1
"""Width of the column of names; the exit code where something is at fault."""
_SIGNS = {"ok": "ok", "note": "note", "fault": "FAULT"}


@guarded
def doctor() -> None:
    """Check the installation: versions, solver, threads and memory, fonts, missing extras, the folder of results."""
    from fabopt.api.doctor import findings
    from fabopt.report.text import counted, wrap

    faults = 0
    for finding in findings():
        first, *rest = wrap(finding.says, columns() - _COLUMN - 8)
        say([f"{finding.what:<{_COLUMN}} {_SIGNS[finding.verdict]:<6} {first}"])
        say(f"{'':<{_COLUMN + 8}}{line}" for line in rest)
        faults += finding.verdict == "fault"
    say([f"{counted(faults, 'fault')}: mend what is marked FAULT" if faults else "fabopt can work here"])
    if faults:
        raise typer.Exit(FAULT)
