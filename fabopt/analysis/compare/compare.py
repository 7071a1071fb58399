"""From results to their comparison: names, what they have in common, and every table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from fabopt.analysis.compare import tables
from fabopt.analysis.compare.moves import Moves
from fabopt.analysis.compare.pricing import Pricing, Worth
from fabopt.analysis.compare.records import Comparison, Difference, Input, Move, Plan
from fabopt.analysis.plan_tables import last_of_years, reported
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import rounding
from fabopt.errors import StudyError
from fabopt.io.difference import Difference as Changed
from fabopt.io.difference import differences
from fabopt.plan.plan import Plan as SolvedPlan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.options import BUYERS, SYSTEM
from fabopt.solve.outcome import SolverError
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.hooks import hook_names

OWN_AIMS = ("value", "value of buyers")
"""The objectives whose gap is one of value."""


HOOKS = "Constraints of one's own differ, whose worth no price tells."


def comparison(
    sources: Sequence[SolvedPlan],
    names: Sequence[str] | None = None,
    budget: TimeBudget | None = None,
    why: int = 0,
) -> Comparison:
    """Return plans side by side.

    Parameters
    ----------
    sources
        Results; the others are held against the first.
    names
        What the plans are called; from scenario, instance and settings when left out.
    budget
        Time for what is solved; without end when left out. Inputs that it does not allow to price say so.
    why
        How many of the inputs that differ, those first that are worth most, are solved again to see which orders each
        moves alone.

    Raises
    ------
    StudyError
        When there are fewer than two, one has no plan, or they have nothing in common that could be compared.
    """
    if len(sources) < 2:
        raise StudyError("A comparison needs two results at least.")
    if names is not None and (len(names) != len(sources) or len(set(names)) < len(names)):
        raise StudyError(f"{len(sources)} results need as many different names, not {', '.join(names) or 'none'}.")
    called = list(names) if names is not None else names_of(sources)
    for name, source in zip(called, sources, strict=True):
        if not source.has_plan:
            raise StudyError(f"{name} has no plan: the run ended with '{source.run.status}'.")
    plans = _plans(called, sources)
    _same_program(called, sources)
    _related(called, sources)
    periods = _periods(called, sources)
    data = [source.data for source in sources]
    first, base = plans[0], sources[0].table
    others = list(zip(plans[1:], sources[1:], strict=True))
    years = last_of_years(base("core/periods"))
    comparison = Comparison(
        money=sources[0].run.money_unit,
        periods=tuple(periods),
        dates=tuple(label for label in years if label in periods) or (periods[-1],),
        plans=tuple(plans),
        gains=tuple(row for p, s in others for row in tables.gains(p.name, base, s.table, periods)),
        chip_mix=tuple(row for p, s in others for row in tables.chip_mix(p.name, base, s.table, periods)),
        orders=tuple(row for p, s in others for row in tables.orders(p.name, base, s.table)),
        worth=tuple(row for p, s in others for row in tables.worth(p.name, base, s.table)),
        limits=tuple(row for p, s in others for row in tables.limits(p.name, first.name, base, s.table)),
        choke_points=tuple(
            row for p, s in zip(plans, sources, strict=True) for row in tables.choke_points(p.name, s.table, periods)
        ),
        inputs=(),
        difference=(),
    )
    budget = TimeBudget() if budget is None else budget
    with budget.catching_signals():
        explained = _explained(sources, plans, data, budget, why)  # last: it solves
    return replace(
        comparison,
        inputs=tuple(row for rows, *_ in explained for row in rows),
        difference=tuple(_difference(first, p, worth) for p, (_, worth, _) in zip(plans[1:], explained, strict=True)),
        moves=tuple(row for *_, rows in explained for row in rows),
    )


def names_of(plans: Sequence[SolvedPlan]) -> list[str]:
    """Return a name for each plan: its scenario, else its instance, with both or with a letter where two are alike."""
    runs = [plan.run for plan in plans]
    short = [run.scenario or run.instance for run in runs]
    full = [f"{run.instance} {run.scenario}" if run.scenario else run.instance for run in runs]
    for names in (short, full):
        if len(set(names)) == len(names):
            return names
    return [f"{ascii_uppercase[n]} {name}" if n < 26 else f"{n} {name}" for n, name in enumerate(short)]


def open_differences(plans: Sequence[SolvedPlan]) -> bool:
    """Return whether the gaps of some plan and the first one leave open which is worth more."""
    first, *others = _plans([str(n) for n in range(len(plans))], plans)
    return any(_difference(first, other, Worth(None)).withheld == "gap" for other in others)


def _plans(names: Sequence[str], plans: Sequence[SolvedPlan]) -> list[Plan]:
    """Return the plans with their values: to the buyers where all are plans for them, else to all together."""
    theirs = all(plan.perspective == BUYERS for plan in plans)
    return [
        _plan(name, plan, plan.objective if theirs else plan.value) for name, plan in zip(names, plans, strict=True)
    ]


def _plan(name: str, plan: SolvedPlan, value: float) -> Plan:
    run, seen = plan.run, plan.perspective
    objective = run.options.sought + ("" if seen == SYSTEM else f" of {seen}")
    short = run.bound - value if objective in OWN_AIMS and run.bound is not None else None
    if short is not None and short <= rounding(value):
        short = 0.0
    return Plan(
        name=name,
        instance=run.instance,
        scenario=run.scenario,
        sets=run.sets,
        status=run.status,
        objective=objective,
        horizon=" to ".join(run.periods),
        value=value,
        short=short,
        gap=run.gap,
    )


def _difference(first: Plan, plan: Plan, worth: Worth) -> Difference:
    change = plan.value - first.value
    low = high = None
    if first.short is not None and plan.short is not None:
        low, high = change - first.short, change + plan.short
    if first.horizon != plan.horizon:
        withheld = "horizon"
    elif first.objective != plan.objective:
        withheld = "objective"
    elif low is None or high is None:
        withheld = "unknown"
    else:
        withheld = "gap" if low <= 0.0 <= high and low < high else ""
    return Difference(plan.name, change, low, high, withheld, worth.at_prices, worth.held, worth.reason)


def _explained(
    sources: Sequence[SolvedPlan], plans: Sequence[Plan], data: Sequence[Instance], budget: TimeBudget, why: int
) -> list[tuple[list[Input], Worth, tuple[Move, ...]]]:
    """Return the inputs that differ in each of the other plans, what they are worth together to the first one, and
    which orders some of them move.
    """
    changed = [differences(data[0], other) for other in data[1:]]
    prices = _prices(sources[0], plans[0], budget) if any(changed) else Worth(0.0, 0.0)
    told = [
        _inputs(plan, explained, other, prices)
        for plan, explained, other in zip(plans[1:], changed, data[1:], strict=True)
    ]
    moved = [
        _moves(plan.name, (sources[0], source), rows, (explained, other), prices, why, budget)
        for plan, source, (rows, _), explained, other in zip(
            plans[1:], sources[1:], told, changed, data[1:], strict=True
        )
    ]
    mine = hook_names(sources[0].run)
    for n, source in enumerate(sources[1:]):
        theirs = hook_names(source.run)
        if theirs != mine:  # what a hook is worth, no price can tell
            own = Input(
                plans[n + 1].name, "extra", ", ".join(mine) or None, ", ".join(theirs) or None, None, None, None, HOOKS
            )
            told[n] = [own, *told[n][0]], Worth(None, reason=HOOKS)
    return [(*both, rows) for both, rows in zip(told, moved, strict=True)]


def _moves(
    called: str,
    sources: tuple[SolvedPlan, SolvedPlan],
    inputs: Sequence[Input],
    changed: tuple[Sequence[Changed], Instance],
    prices: Pricing | Worth,
    why: int,
    budget: TimeBudget,
) -> tuple[Move, ...]:
    """Return which orders the inputs that are worth most move, as many as are asked for."""
    if not why or isinstance(prices, Worth):
        return ()
    by_path = {one.path: one for one in changed[0]}
    order = [by_path[row.path] for row in inputs]
    return Moves(called, *sources).rows(order, changed[1], prices, why, budget)


def _prices(source: SolvedPlan, first: Plan, budget: TimeBudget) -> Pricing | Worth:
    """Return the prices of the first plan, or why it has none."""
    if first.objective not in OWN_AIMS:
        reason = f"{first.name} was solved for {first.objective}, so its prices are not those of value."
        return Worth(None, reason=reason)
    try:
        with budget.timed(f"prices of {first.name}"):
            return Pricing(source, budget)
    except (ResultError, SolverError) as error:
        return Worth(None, reason=str(error))


def _inputs(
    plan: Plan, changes: Sequence[Changed], other: Instance, prices: Pricing | Worth
) -> tuple[list[Input], Worth]:
    """Return the inputs that differ, those first that are worth most, and what they are worth together."""
    if not changes:
        return [], Worth(0.0, 0.0)
    worths, together = ([prices] * len(changes), prices) if isinstance(prices, Worth) else prices.worths(changes, other)
    order = sorted(range(len(changes)), key=lambda n: -worths[n].size)
    rows = [
        Input(
            plan.name, changes[n].path, changes[n].before, changes[n].after, changes[n].factor,
            worths[n].at_prices, worths[n].held, worths[n].reason,
        )
        for n in order
    ]  # fmt: skip
    return rows, together


def _periods(names: Sequence[str], sources: Sequence[SolvedPlan]) -> list[str]:
    """Return the labels of the reported periods that all plans have."""
    labels = [[str(label) for label in reported(s.table("core/periods"))["period"]] for s in sources]
    for name, own in zip(names[1:], labels[1:], strict=True):
        if not set(own) & set(labels[0]):
            raise StudyError(
                f"{names[0]} and {name} have no reported period in common: one runs from {labels[0][0]} to "
                f"{labels[0][-1]}, the other from {own[0]} to {own[-1]}."
            )
    common = [label for label in labels[0] if all(label in own for own in labels)]
    if not common:
        raise StudyError(f"{', '.join(names)} have no reported period that is common to all.")
    return common


def _same_program(names: Sequence[str], sources: Sequence[SolvedPlan]) -> None:
    """Refuse plans of different versions: what they differ in may be the model."""
    versions = [source.run.versions.fabopt for source in sources]
    for name, version in zip(names[1:], versions[1:], strict=True):
        if version != versions[0]:
            raise StudyError(
                f"{names[0]} was solved by fabopt {versions[0]} and {name} by {version}, whose models may differ; "
                "solve both again with one of them (fabopt solve RESULT --out FOLDER)."
            )


def _related(names: Sequence[str], sources: Sequence[SolvedPlan]) -> None:
    """Refuse plans for instances that share no lab and no demand, or count in different money."""
    first = _wanted(sources[0])
    for name, source in zip(names[1:], sources[1:], strict=True):
        a, b = sources[0].run, source.run
        if not first & _wanted(source):
            raise StudyError(
                f"{names[0]} (instance {a.instance}) and {name} (instance {b.instance}) share no lab, market or "
                "demand, so there is nothing to compare."
            )
        if a.money_unit != b.money_unit:
            units = [m.money_unit or "a unit of its own" for m in (a, b)]
            raise StudyError(f"{names[0]} counts money in {units[0]}, {name} in {units[1]}.")


def _wanted(source: SolvedPlan) -> set[str]:
    """Return the demands of a plan: of each lab by workload, of markets, of a plain network."""
    demands = source.table("core/demands")
    return {*demands["id"], *(f"lab {lab}" for lab in demands["lab"] if lab)}
