"""What is well formed and most likely a slip, with file, line and field: implausible numbers, nearly equal names."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.domain.base import Fault
from fabopt.domain.doubts import doubts as slips
from fabopt.domain.instance import Instance
from fabopt.io.levers import list_levers
from fabopt.io.problems import Problem
from fabopt.io.shape import locate
from fabopt.io.tree import Tree
from fabopt.io.uncertainty import Spoken


def doubts(tree: Tree, instance: Instance) -> list[Problem]:
    """Return what is most likely a slip in an instance.

    Parameters
    ----------
    tree
        The raw tree, which knows where each part was written.
    instance
        The instance validated from it.
    """
    doubts = [*_implausible(tree, instance), *slips(instance), *Spoken(instance).rangeless()]
    return [Problem.at(tree.positions, fault.path, fault.message, hint=fault.hint) for fault in doubts]


def held_backwards(tree: Tree, instance: Instance) -> list[Problem]:
    """Return series whose first date lies after the decision date and that do not say what holds before it."""
    start, series = instance.horizon.start, []
    for lever in list_levers(instance):
        quantity = lever.quantity
        if quantity.begins is not None and quantity.begins > start:
            value = f"{quantity.value:,.10g}" + ("" if quantity.unit == "1" else f" {quantity.unit}")
            message = (
                f"the series begins on {quantity.begins}, after the decision date {start}; {value} is assumed before"
            )
            hint = f"'before: 0' beside its dates if it is not there yet, else 'before: {quantity.value:.10g}'"
            series.append(Problem.at(tree.positions, locate(Instance, tree.raw, lever.path), message, hint=hint))
    return series


def _implausible(tree: Tree, instance: Instance) -> Iterator[Fault]:
    """Numbers outside the plausible range of their field; of a series the first such point."""
    for lever in list_levers(instance):
        quantity = lever.quantity
        for point in quantity.points:
            usual = quantity.limits.doubted(point.value, quantity.unit)
            if usual:
                unit = "" if quantity.unit == "1" else f" {quantity.unit}"
                when = "" if point.when is None else f" from {point.when} on"
                yield Fault(
                    locate(Instance, tree.raw, lever.path),
                    f"{point.value:,.10g}{unit}{when} is not plausible; usual is {usual}",
                    "check the number and its unit",
                )
                break
