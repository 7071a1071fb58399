"""Whom one more unit of a limit would go to: the difference of two plans, integers held."""

from __future__ import annotations

import numpy as np

from fabopt.analysis.choke.owners import next_unit
from fabopt.analysis.explain.names import known
from fabopt.analysis.explain.records import Gain, NextUnit
from fabopt.errors import StudyError
from fabopt.model.objective import cost_vector
from fabopt.network.tables import Array
from fabopt.plan.groups import LimitGroup
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.options import BUYERS


def limit_asked(plan: SolvedProgram, word: str, where: str) -> LimitGroup:
    """Return the limit that a word names: its id, the id of its record, or its name.

    Raises
    ------
    StudyError
        If it names none, with the nearest, or more than one.
    """
    groups = [group for group in map(plan.problem.counted, plan.problem.groups) if len(group)]
    names = {name: group for group in groups for name in (group.label, group.id)}
    if word not in names:
        same = [g for g in groups if word.lower() in (g.label.lower(), g.entity)]
        if len(same) > 1:
            raise StudyError(f"{word!r} has several limits: {', '.join(repr(group.id) for group in same)}.")
        if same:
            return same[0]
    return names[known("limit", word, names if ":" in word else [group.label for group in groups], where)]


def who_gets(
    plan: SolvedProgram, group: LimitGroup, period: int | None, unit: str, budget: TimeBudget | None = None
) -> NextUnit:
    """Return whom one more unit of a limit would go to.

    Parameters
    ----------
    plan
        A plan brought back to life.
    group
        The limit.
    period
        Position of the period in which there is one unit more; None: in every reported one.
    unit
        Unit of the objective.
    budget
        Time for it; without end when left out.

    Raises
    ------
    StudyError
        If the limit has nothing in that period, or the plan has no limit without it.
    """
    net = plan.net
    kept = group if period is None else group.only(group.periods == period)
    if not len(kept):
        own = sorted({net.periods[t].label for t in group.periods.tolist() if t >= 0}) or ["the whole horizon"]
        assert period is not None
        when = net.periods[period].label
        raise StudyError(f"{group.label} is no limit in {when}; it is one in {', '.join(own[:8])}.")
    resolver = plan.resolver(budget)
    before, after = resolver.ask(), resolver.ask(kept.by(np.ones(len(kept))).on(plan.program))
    if before.x is None or after.x is None or before.objective is None or after.objective is None:
        raise StudyError(f"No plan is best with one more unit of {group.label}: the objective has no limit then.")
    discount = np.array([p.discount for p in net.periods])
    units = {material.id: material.unit for material in net.materials}
    shares = next_unit(net.demands, _deliveries(plan, before.x), _deliveries(plan, after.x), discount, units)
    return NextUnit(
        limit=group.id,
        family=group.family,
        less=group.less,
        name=group.label,
        owner=group.owner,
        unit=group.unit,
        periods=tuple(net.periods[t].label if t >= 0 else "" for t in kept.periods.tolist()),
        gain=max(after.objective - before.objective, 0.0),
        gain_unit=unit,
        gains=tuple(Gain(s.customer, s.value, s.amount, s.unit) for s in shares),
        terms=_terms(plan, before.x, after.x),
    )


def _terms(plan: SolvedProgram, before: Array, after: Array) -> tuple[tuple[str, float], ...]:
    """Return by how much each term of the objective changes; none where the objective is no money."""
    terms, stage = plan.tables.terms, plan.stage
    n = len(stage.cost)
    if stage.unit != "million dollars":
        return ()
    moved = after[:n] - before[:n]
    beside = float((stage.cost - cost_vector(terms, n)) @ moved)
    changes = [(term.name, float(term.coefficients @ moved[term.columns])) for term in terms]
    changes.append(("sellers" if plan.options.perspective == BUYERS else "added", beside))
    return tuple((name, change) for name, change in changes if change)


def _deliveries(plan: SolvedProgram, x: Array) -> list[Array]:
    block = plan.tables.columns["deliver"].values(x)
    return [block[j, : len(demand.steps)] for j, demand in enumerate(plan.net.demands)]
