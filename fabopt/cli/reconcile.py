"""``fabopt reconcile``: what goes in and what comes out, against published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import MINUTES, BudgetOption, PlannedPath, end_without_plan, result_at, within_time

if TYPE_CHECKING:
    from fabopt import api
    from fabopt.solve.budget import TimeBudget

_Feasible = typer.Option(help="Whether the published outcomes can all hold at once; if not, what clashes.")


@reporting("reconcile", "outcomes", "skill", "expectations", "history")
def reconcile(
    path: Annotated[Path, PlannedPath],
    *,
    feasible: Annotated[bool, _Feasible] = False,
    budget: Annotated[float, BudgetOption] = MINUTES,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    output: Output,
) -> None:
    """Hold an instance and its plan, for which it is solved first, against published figures."""
    from fabopt import api
    from fabopt.errors import StudyError
    from fabopt.solve.results.folder import is_result

    with within_time(budget, output.quiet) as time:
        if feasible and is_result(path):
            raise StudyError("--feasible plans anew: give the folder of the instance.")
        if feasible:
            instance = api.load(path, scenario, set_ or ())
            output.tell(_least_missed(instance, time, output.quiet).feasible(budget=time))
            return
        alone = None if is_result(path) else api.load(path, scenario, set_ or ()).reconcile()
        if alone is None or alone.records.waiting:
            alone = result_at(path, scenario, list(set_ or ()), time, output.quiet).reconcile()
        output.tell(alone)


def _least_missed(instance: api.Instance, budget: TimeBudget, quiet: bool) -> api.Result:
    """Return the plan that misses the published outcomes least; of a large program with fractions for its integers.

    What clashes, and by how much, is asked with fractions of every program; integers of a large one cost minutes more.
    """
    from fabopt.cli.common import step
    from fabopt.cli.planned import LEAST_SECONDS, SOLVING
    from fabopt.cli.progress import telling
    from fabopt.solve.formulate import formulate

    large = formulate(instance.network, relaxed=True).program.large

    with step("solve", quiet) as said, telling(quiet) as teller:
        seconds = max(SOLVING * budget.left, LEAST_SECONDS)
        result = instance.solve("agreement", progress=teller, time_limit=seconds, relaxed=large)
        said.append(result.status)
    if not result.has_plan:
        end_without_plan(result)
    return result
