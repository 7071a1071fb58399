"""What studies of a plan share: a result as it was saved, or an instance that is solved first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fabopt.cli.common import INFEASIBLE, LIMIT, complain, say, step
from fabopt.cli.progress import telling

if TYPE_CHECKING:
    from fabopt.api import Instance, Result

PlannedPath = typer.Argument(help="Folder of a result; or an instance, which is then solved first.", show_default=False)

SOLVING = 0.5
"""Share of the budget that solving an instance may take before its plan is studied."""


def result_at(
    path: Path,
    scenario: str | None,
    sets: list[str],
    budget: float,
    quiet: bool,
    check: Callable[[Instance], None] | None = None,
) -> tuple[Result, float]:
    """Return the result at a path, or that of the instance there, and the minutes that are left.

    `check` sees the instance before it is solved, and may refuse it.
    """
    import time

    from fabopt import api
    from fabopt.solve.results.folder import MANIFEST, ResultError

    if (path / MANIFEST).is_file():
        if scenario is not None or sets:
            raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
        return api.load_result(path), budget
    began = time.monotonic()
    instance = api.load(path, scenario, sets)
    if check is not None:
        check(instance)
    with step("solve", quiet) as found, telling(quiet) as teller:
        result = instance.solve(progress=teller, time_limit=max(60.0 * SOLVING * budget, 1.0))
        found.append(result.status)
    if not result.has_plan:
        _explain(instance, result, budget)
    return result, max(budget - (time.monotonic() - began) / 60.0, 0.1 * budget)


def _explain(instance: Instance, result: Result, budget: float) -> None:
    """Say why there is no plan, and end."""
    from fabopt.report.choke_method import reason_lines

    if result.status == "infeasible":
        say(reason_lines(instance.reasons(60.0 * budget)))
        raise typer.Exit(INFEASIBLE)
    for conflict in result.conflicts:
        complain(conflict.sentence)
    complain(f"no plan: {result.status}")
    raise typer.Exit(LIMIT)
