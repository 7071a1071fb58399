"""The target: read from a text with its unit, and as a linear function of a plan."""

from __future__ import annotations

import math

import numpy as np

from fabopt.analysis.targets.records import Measured, Target
from fabopt.domain.base import FieldProblem
from fabopt.domain.quantity_field import In
from fabopt.errors import StudyError
from fabopt.model.linear import summed
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array, Network, Term, Use
from fabopt.solve.objectives import Stage

UNITS: tuple[tuple[Measured, str], ...] = (("power", "MW"), ("compute", "kH100e"), ("value", "MUSD"))
"""What a target may be of, and the unit in which the program sees it."""


def target_of(text: str | float, by: str, lab: str, net: Network, objective: str, money: str) -> Target:
    """Return a target from a text: GW or MW is power in use, H100e is compute, USD or a bare number is value.

    Parameters
    ----------
    text
        Number with unit, or a number in the unit of the objective.
    by, lab
        Label of the period, and the lab.
    net
        The network.
    objective, money
        Of the run: its objective and the unit of it.

    Raises
    ------
    StudyError
        If it is no amount of any of these, or period, lab or objective do not fit it.
    """
    measure, amount = _read(text)
    labels = [p.label for p in net.periods]
    if measure == "value":
        if objective != "value":
            raise StudyError(f"A target in money is one of value; the objective of the result is {objective}.")
        if by or lab:
            raise StudyError("The value is that of the whole plan: it has neither a period nor a lab of its own.")
        return Target("value", amount, money)
    if by and by not in labels:
        raise StudyError(f"{by!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}.")
    reported = [p.label for p in net.periods if p.reported] or labels
    labs = sorted(
        {tags.lab for tags in (*(d.tags for d in net.demands), *(a.tags for a in net.activities)) if tags.lab}
    )
    if lab and lab not in labs:
        raise StudyError(f"There is no lab {lab!r}; the labs are {', '.join(labs) or 'none'}.")
    unit = "MW facility" if measure == "power" else "kH100e"
    return Target(measure, amount, unit, by or reported[-1], lab)


def _read(text: str | float) -> tuple[Measured, float]:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return "value", number
    for measure, unit in UNITS:
        try:
            amount = In(unit).read(text).value
        except FieldProblem:
            continue
        if measure != "value" and amount <= 0:
            raise StudyError(f"A target must be more than nothing, not {text!r}.")
        return measure, amount
    raise StudyError(
        f"{text!r} is no target: write power in use like '30 GW', compute like '5 MH100e', value like '90 GUSD'."
    )


def function_of(target: Target, tables: ModelTables, stage: Stage) -> tuple[Array, float]:
    """Return what a target counts, as coefficients [columns] and a constant.

    Raises
    ------
    StudyError
        If nothing in the network counts.
    """
    if target.measure == "value":
        return stage.cost, stage.constant
    net = tables.net
    t = [p.label for p in net.periods].index(target.by)
    terms = _power(net, target.lab) if target.measure == "power" else _compute(net, target.lab)
    coefficients, opening = summed(terms, [t], net, tables.columns)
    if not coefficients.any():
        whose = f" of {target.lab}" if target.lab else ""
        what = "draws power at a site" if target.measure == "power" else "counts as compute"
        raise StudyError(f"Nothing{whose} {what} in {target.by}, so there is no such target to reach.")
    return coefficients, opening


def operating(net: Network) -> tuple[Use, ...]:
    """Return the use of facility power by accelerators that run."""
    power = {r.id for r in net.resources if r.tags.stage == "power"}
    running = {a.id for a in net.activities if a.tags.stage == "deployment"}
    return tuple(use for use in net.uses if use.resource in power and use.activity in running)


def _power(net: Network, lab: str) -> list[Term]:
    """Return the facility power that running accelerators draw."""
    own = {a.id for a in net.activities if lab in ("", a.tags.lab)}
    terms = []
    for use in operating(net):
        if use.activity in own:
            drawn = np.zeros(net.n_periods)
            drawn[use.age :] = use.amount[: net.n_periods - use.age]
            terms.append(Term("activity", use.activity, drawn, use.age))
    return terms


def _compute(net: Network, lab: str) -> list[Term]:
    ones = np.ones(net.n_periods)
    return [
        Term("demand", d.id, d.weight * ones)
        for d in net.demands
        if d.weight > 0 and lab in ("", d.tags.lab, d.tags.customer)
    ]
