"""``fabopt reconcile``: what goes in and what comes out, against published figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabopt.cli.common import ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting
from fabopt.cli.planned import BudgetOption, end_without_plan, within_time

if TYPE_CHECKING:
    from fabopt import api
    from fabopt.solve.budget import TimeBudget

_Path = typer.Argument(help="Folder of an instance, or of a result, whose plan is then compared.", show_default=False)
_Feasible = typer.Option(help="Whether the published outcomes can all hold at once; if not, what clashes.")


@reporting("reconcile", "published", "outcomes")
def reconcile(
    path: Annotated[Path, _Path],
    *,
    feasible: Annotated[bool, _Feasible] = False,
    budget: Annotated[float | None, BudgetOption] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    output: Output,
) -> None:
    """Hold what an instance implies, and what its plan has, against published figures."""
    from fabopt import api
    from fabopt.errors import StudyError
    from fabopt.solve.results.folder import ResultError, is_result

    if is_result(path):
        if scenario is not None or set_:
            raise ResultError(f"{path} is a result: a scenario or lever cannot be set in it any more.")
        if feasible:
            raise StudyError("--feasible plans anew: give the folder of the instance.")
        output.tell(api.load_result(path).reconcile())
        return
    if budget is not None and not feasible:
        raise StudyError("--budget is the time of --feasible, which was not asked.")
    instance = api.load(path, scenario, set_ or ())
    if not feasible:
        output.tell(instance.reconcile())
        return
    with within_time(10.0 if budget is None else budget, output.quiet) as time:
        output.tell(_least_missed(instance, time, output.quiet).feasible(budget=time))


def _least_missed(instance: api.Instance, budget: TimeBudget, quiet: bool) -> api.Result:
    """Return the plan that misses the published outcomes least."""
    from fabopt.cli.common import step
    from fabopt.cli.planned import LEAST_SECONDS, SOLVING
    from fabopt.cli.progress import telling

    with step("solve", quiet) as said, telling(quiet) as teller:
        seconds = max(SOLVING * budget.left, LEAST_SECONDS)
        result = instance.solve("agreement", progress=teller, time_limit=seconds)
        said.append(result.status)
    if not result.has_plan:
        end_without_plan(result)
    return result
