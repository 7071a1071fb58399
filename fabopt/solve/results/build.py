"""From a solution to what a result holds: all tables, and the record of its run."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fabopt import __version__
from fabopt.network.tables import Network
from fabopt.solve.results.columns import COLUMNS, CORE, TableSpec
from fabopt.solve.results.contracts import CONTRACTS, WINDOWS, contract_rows, window_rows
from fabopt.solve.results.earnings import EARNINGS, earning_rows
from fabopt.solve.results.exposure import EXPOSURE, exposure_rows
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.hooks import hook_records
from fabopt.solve.results.parties import PERSPECTIVE, party_rows
from fabopt.solve.results.run_info import Earning, RunInfo, Versions, finite
from fabopt.solve.results.tasks import TASKS, task_rows
from fabopt.solve.results.transfers import TRANSFERS, transfer_rows
from fabopt.solve.results.views import COMPUTE, DOMAIN, FLEET, domain_tables
from fabopt.solve.work.versions import version_of

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook
    from fabopt.solve.solution import Solution

ALL_TABLES: tuple[TableSpec, ...] = (
    *CORE, COLUMNS, *DOMAIN, TASKS, TRANSFERS, PERSPECTIVE, CONTRACTS, WINDOWS, EXPOSURE, EARNINGS,
)  # fmt: skip
"""Every table of a result, core first."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What was solved.

    Attributes
    ----------
    instance
        Name of the instance.
    scenario
        Scenario, or None.
    sets
        Scenario and lever settings that were applied, in order.
    input_hash
        SHA-256 of the instance's contents after overlays.
    money_unit
        "M USD"; empty for a plain network alone, whose money is its own.
    hooks
        Hooks that have changed the model.
    """

    instance: str
    scenario: str | None
    sets: tuple[str, ...]
    input_hash: str
    money_unit: str
    hooks: tuple[Hook, ...] = ()


def core_and_domain(net: Network, solution: Solution) -> Mapping[TableSpec, pd.DataFrame]:
    """Return all tables of a solution that has a plan, by their records."""
    from fabopt.solve.results.core import columns_table, core_tables
    from fabopt.solve.results.frames import frame

    core = core_tables(net, solution)
    by_spec = {spec: core[spec.name] for spec in CORE}
    by_spec[COLUMNS] = columns_table([spec for spec in ALL_TABLES if spec is not COLUMNS])
    domain = domain_tables(core)
    more = {
        TASKS: task_rows(net, solution, domain[FLEET], domain[COMPUTE]),
        TRANSFERS: transfer_rows(net, solution),
        CONTRACTS: contract_rows(net, solution),
        WINDOWS: window_rows(net, solution),
        PERSPECTIVE: party_rows(net, solution),
        EXPOSURE: exposure_rows(net, solution),
        EARNINGS: earning_rows(net, solution),
    }
    return {**by_spec, **domain, **{spec: frame(spec, rows) for spec, rows in more.items()}}


def find_table(name: str, more: Sequence[TableSpec] = ()) -> str:
    """Return the path of a table (``domain/orders``) from its name, with or without the group.

    Parameters
    ----------
    name
        The name.
    more
        Tables that are there beside those that a result keeps.

    Raises
    ------
    ResultError
        When there is no such table, with the nearest name.
    """
    paths = {spec.name: f"{spec.group}/{spec.name}" for spec in (*ALL_TABLES, *more)}
    if name in paths.values():
        return name
    if name in paths:
        return paths[name]
    near = difflib.get_close_matches(name, paths, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(paths)}."
    raise ResultError(f"A result has no table {name[:40]!r}; {hint}")


def spec_of(path: str) -> TableSpec:
    """Return the record of a table from its path (``domain/orders``)."""
    return next(spec for spec in ALL_TABLES if f"{spec.group}/{spec.name}" == path)


def run_info(
    origin: Origin,
    net: Network,
    solution: Solution,
    given: Mapping[str, float] | None = None,
    earning: Earning | None = None,
) -> RunInfo:
    """Return what is known of a run.

    Parameters
    ----------
    origin, net, solution
        What was solved, and how it went.
    given
        What the plan that others were held to came to for each party, M USD; None for a plan of the whole system.
    earning
        Steps that were forbidden because they lost money; None where nobody asked for that.
    """
    libraries = ("pyomo", "highspy", "numpy", "pandas", "pyarrow")
    stages = (
        replace(s, objective=finite(s.objective), bound=finite(s.bound), gap=finite(s.gap), final=finite(s.final))
        for s in solution.stages
    )
    return RunInfo(
        instance=origin.instance,
        scenario=origin.scenario,
        sets=origin.sets,
        input_hash=origin.input_hash,
        money_unit=origin.money_unit,
        hooks=hook_records(origin.hooks),
        options=solution.options,
        status=solution.status,
        has_plan=solution.has_plan,
        objective_name=solution.options.objective,
        objective_unit=_unit(origin, solution),
        objective=finite(solution.objective),
        bound=finite(solution.bound),
        gap=finite(solution.gap),
        gap_denominator=finite(solution.gap_denominator),
        reached=solution.reached,
        start=solution.start,
        dropped=solution.dropped,
        earning=earning,
        value=finite(solution.value),
        premiums=solution.premiums,
        constant_value=net.constant_value,
        given=given,
        seconds=round(solution.seconds, 3),
        stages=tuple(stages),
        size=solution.size,
        periods=(net.periods[0].label, net.periods[-1].label) if net.periods else (),
        versions=Versions(fabopt=__version__, **{name: version_of(name) for name in libraries}),
    )


def _unit(origin: Origin, solution: Solution) -> str:
    """Return the unit of the objective; time_to_compute counts periods from the first (0)."""
    units = {
        "compute": "kH100e x periods",
        "time_to_compute": "periods after the first",
        "max_min": "of its demand",
        "agreement": "half ranges missed",
    }
    return units.get(solution.options.objective, origin.money_unit)
