"""The instance whose numbers are the means over the states: what somebody plans who knows of no states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from fabopt.analysis.states.tree import Leaf
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.domain.tolerances import SAME
from fabopt.errors import FaboptError
from fabopt.io.difference import differences
from fabopt.io.levers import list_levers, set_lever
from fabopt.io.shape import kinds_at, locate
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.network.lowering.builder import make_periods
from fabopt.network.tables import Period


def averaged(tree: Tree, data: Instance, leaves: Sequence[Leaf]) -> tuple[Instance, tuple[str, ...]]:
    """Return an instance with the mean of every number over its states, and what has no mean.

    A number that may vary over time has the mean of each period. What only some states have, and what is no number,
    stands as planned.

    Parameters
    ----------
    tree, data
        The instance without its states.
    leaves
        The states.

    Returns
    -------
    Instance and tuple of str
        Levers of which states differ that stand as planned.
    """
    periods = make_periods(data)[1]
    known = [{lever.path: lever.quantity for lever in list_levers(leaf.data)} for leaf in leaves]
    raw, own = tree.raw, {lever.path: lever.quantity for lever in list_levers(data)}
    averaged: set[str] = set()
    for path, quantity in own.items():
        each = [levers[path] for levers in known if path in levers]
        if len(each) < len(leaves) or all(_alike(one, quantity) for one in each):
            continue
        means = [
            math.fsum(leaf.probability * one.mean(p.start, p.end) for leaf, one in zip(leaves, each, strict=True))
            for p in periods
        ]
        value = _written(tree, path, quantity, means, periods)
        raw = set_lever(raw, path, value, Instance)
        averaged.add(path)
    apart = dict.fromkeys(
        one.path.partition("@")[0] for leaf in leaves for one in differences(data, leaf.data) if one.path
    )
    left = tuple(path for path in apart if path not in averaged and not _within(path, averaged))
    try:
        return validate(replace(tree, raw=raw), Instance), left
    except FaboptError:  # means that are no instance: what was planned is
        return data, tuple(dict.fromkeys((*sorted(averaged), *left)))


def _within(path: str, averaged: set[str]) -> bool:
    """Whether a list of numbers by period, or a series, was averaged number by number."""
    return any(one.rpartition(".")[0] == path for one in averaged)


def _alike(one: Quantity, other: Quantity) -> bool:
    if one.shape != other.shape or one.unit != other.unit or one.before != other.before:
        return False
    if [p.when for p in one.points] != [p.when for p in other.points]:
        return False
    pairs = zip(one.points, other.points, strict=True)
    return all(abs(a.value - b.value) <= SAME * max(abs(a.value), abs(b.value)) for a, b in pairs)


def _written(
    tree: Tree, path: str, quantity: Quantity, means: Sequence[float], periods: Sequence[Period]
) -> dict[str, object]:
    """Return the mean as it is written in an instance: one number, or steps where it differs between periods."""
    spread = max(means) - min(means)
    series = any(k.quantity and k.quantity.series for k in kinds_at(Instance, locate(Instance, tree.raw, path)))
    if spread <= SAME * max(map(abs, means)) or not series:
        return {"unit": quantity.unit, "value": means[0]}
    return {"unit": quantity.unit, "steps": {str(p.start): mean for p, mean in zip(periods, means, strict=True)}}
