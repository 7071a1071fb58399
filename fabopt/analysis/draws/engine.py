r"""Draws of the data from the ranges of its sources.

Every number with a published range is drawn, once a draw, from the distribution that the instance states for it, else
from the triangular one between its low and its high with its value as the mode. A series is drawn at one quantile in
all its points, so its course stays what it is. Shares that add up to one are divided by their sum. A rate of exchange
moves every price that is written in that currency along with it. Numbers without a published range stand still, unless
`distributions` or `correlations` of the instance speak of them, or none has one: then all are drawn from their assumed
ranges. Numbers that go together (`correlations`) are drawn by a Gaussian copula. Where the rules of an instance refuse
a draw (a fab that would expose more than its scanners can), the numbers of the records they name go back to their
values.

Draw :math:`n` of seed :math:`s` depends on :math:`(s, n)` alone: more draws never change the earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fabopt.analysis.draws.distributions import (
    Coupling,
    Distribution,
    coupled,
    distribution_of,
    reaches,
    triangular,
)
from fabopt.domain.instance import Instance
from fabopt.domain.plain_sets import has_loops
from fabopt.domain.quantity import Point, Quantity
from fabopt.domain.rules import problems
from fabopt.domain.tolerances import SHARES
from fabopt.domain.uncertainty import of_normal
from fabopt.io.difference import SAYS_NOTHING
from fabopt.io.levers import Lever, list_levers, set_lever, with_quantities
from fabopt.io.problems import InstanceError, Problem
from fabopt.io.tree import Tree
from fabopt.io.uncertainty import Spoken
from fabopt.io.validate import validate

RETRIES = 6
"""How often the numbers that a rule refuses are put back before a draw is given up."""

UNSAID = ("distributions", "correlations")
"""Sections that a draw does without: they say how it was drawn."""

Quantiles = Mapping[str, float]
"""Quantile of each lever that is moved, between 0 (its low) and 1 (its high)."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A number that is drawn.

    Attributes
    ----------
    path
        Its lever.
    quantity
        Its value with the published range.
    currency
        Currency that it is written in, or empty.
    distribution
        What it is drawn from.
    """

    path: str
    quantity: Quantity
    currency: str = ""
    distribution: Distribution = triangular


def spreads(tree: Tree, data: Instance) -> tuple[Spread, ...]:
    """Return the numbers of an instance that are drawn.

    Those that have a published range, or of which `distributions` or `correlations` speak; where there is none at all,
    all with a range. What no plan depends on is not drawn.

    Raises
    ------
    InstanceError
        Where a number that the instance would draw has no range for it.
    """
    spoken = Spoken(data)
    rangeless = [Problem.at(tree.positions, f.path, f.message, hint=f.hint) for f in spoken.rangeless()]
    if rangeless:
        raise InstanceError(rangeless)
    stated = spoken.distributions()
    named = {*stated, *(path for groups in spoken.correlated().values() for group in groups for path in group)}
    published, every = set(), []
    for lever in list_levers(data):
        q, own = lever.quantity, stated.get(lever.path)
        distribution = triangular if own is None else distribution_of(lever.path, own[1], spoken)
        if lever.path.partition(".")[0] in SAYS_NOTHING or not reaches(q, distribution):
            continue
        every.append(Spread(lever.path, q, currency_of(tree.raw, lever, data), distribution))
        if not all(assumed for low, high, assumed in map(q.range_of, q.points) if low < high):
            published.add(lever.path)
    return tuple(spread for spread in every if not published or spread.path in published | named)


def couplings(data: Instance, spreads: Sequence[Spread]) -> tuple[Coupling, ...]:
    """Return how the numbers that are drawn go together; numbers that are not drawn are left out."""
    place = {spread.path: n for n, spread in enumerate(spreads)}
    couplings = []
    for name, groups in Spoken(data).correlated().items():
        correlation = data.correlations[name]
        if correlation.rank is not None:
            groups = [[path] for group in groups for path in group]
        there = [n for n, group in enumerate(groups) if any(path in place for path in group)]
        rank = np.eye(len(groups)) if correlation.rank is None else np.full(2 * (len(groups),), correlation.rank.value)
        if correlation.matrix:
            rank = np.array(correlation.matrix)
        np.fill_diagonal(rank, 1.0)
        size, ways = np.linalg.eigh(of_normal(rank[np.ix_(there, there)]))
        root = ways * np.sqrt(np.maximum(size, 0.0))
        root /= np.linalg.norm(root, axis=1, keepdims=True)
        members = (tuple(place[path] for path in groups[n] if path in place) for n in there)
        couplings.append(Coupling(tuple(members), tuple(map(tuple, root.tolist()))))
    return tuple(couplings)


def currency_of(raw: Any, lever: Lever, data: Instance) -> str:
    """Return the currency that a lever is written in, where it is a foreign one."""
    if "USD" not in lever.quantity.unit or not data.currencies:
        return ""
    written = _written(raw, lever.path.split("."))
    return next((code for code in data.currencies if code in written), "")


def _written(raw: Any, parts: Sequence[str]) -> str:
    """Return as text what stands at a path of a raw tree; empty where a key has dots and cannot be followed."""
    for part in parts:
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[part]
        elif isinstance(raw, list) and part.isdigit() and int(part) < len(raw):
            raw = raw[int(part)]
        else:
            return ""
    return str(raw.get("unit", "")) if isinstance(raw, Mapping) and "unit" in raw else str(raw)


def quantiles(
    spreads: Sequence[Spread], seed: int, number: int, couplings: Sequence[Coupling] = ()
) -> dict[str, float]:
    """Return the quantiles of one draw: they depend on the seed and its number alone."""
    drawn = coupled(np.random.default_rng([seed, number]).random(len(spreads)).tolist(), couplings)
    return {spread.path: p for spread, p in zip(spreads, drawn, strict=True)}


def moved(
    tree: Tree, data: Instance, spreads: Sequence[Spread], at: Quantiles
) -> tuple[Instance, frozenset[str]] | None:
    """Return the instance with numbers at quantiles of their ranges, and the levers that had to be put back.

    Parameters
    ----------
    tree, data
        The instance as it stands.
    spreads
        Its numbers with ranges.
    at
        Quantile by lever; the others keep their values.

    Returns
    -------
    tuple or None
        None where the rules refuse it whatever is put back.
    """
    back: set[str] = set()
    named_before: set[tuple[str, ...]] = set()
    for _ in range(RETRIES):
        kept = {path: q for path, q in at.items() if path not in back}
        found = _placed(tree, data, spreads, kept)
        if isinstance(found, Instance):
            return found, frozenset(back)
        named = {tuple(path.split(".")) for path in found}
        words = {field: _words(tree.raw, field[:2]) for field in named & named_before}
        refused = {path for path in kept if _concerned(tuple(path.split(".")), named, words)}
        if not refused:
            return None
        back |= refused
        named_before |= named
    return None


def _placed(tree: Tree, data: Instance, spreads: Sequence[Spread], at: Quantiles) -> Instance | set[str]:
    """Return the instance with numbers at quantiles, or the fields in which it breaks a rule.

    Numbers are put into the instance as it was validated: only what holds between them, and what a field admits, can be
    broken. That takes a twentieth of what it takes to write them into the raw tree and to read that again, which is
    done where loops make a network out of them.
    """
    if has_loops(tree.raw.get("network")):
        raw = {section: content for section, content in tree.raw.items() if section not in UNSAID}
        for path, value in values_at(data, spreads, at).items():
            raw = set_lever(raw, path, value, Instance)
        try:
            return validate(replace(tree, raw=raw), Instance)
        except InstanceError as error:
            return {problem.path for problem in error.problems}
    quantities, rates = _moved_quantities(data, spreads, at)
    rates = {code: rate for code, rate in rates.items() if rate != 1.0}
    for lever in list_levers(data) if rates else ():
        code = "" if lever.path in quantities else currency_of(tree.raw, lever, data)
        if code in rates:
            quantities[lever.path] = lever.quantity.scaled(rates[code])
    found = with_quantities(data, quantities)
    beyond = {p for p, q in quantities.items() if any(q.limits.broken_by(point.value) for point in q.points)}
    broken = {".".join(map(str, fault.path)) for fault in problems(found)}
    return beyond | broken or found


def _concerned(path: tuple[str, ...], named: Set[tuple[str, ...]], again: Mapping[tuple[str, ...], Set[str]]) -> bool:
    """Return whether a number is put back for what the rules refused.

    At first what belongs to the records that are named; where they are named ``again``, also what the records say that
    they speak of or that speak of them, and what the named field is in all records.
    """
    for field in named:
        if path[:2] == field[:2]:
            return True
        if field in again:
            spoken_of = len(path) > 1 and path[1] in again[field]
            speaks = len(field) > 1 and field[1] in path
            if spoken_of or speaks or (path[0] == field[0] and path[2:3] == field[2:3]):
                return True
    return False


def _words(raw: Any, path: Sequence[str]) -> frozenset[str]:
    """Return every key and text in a part of a raw tree."""
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    words: set[str] = set()
    todo = [raw]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            words.update(str(key) for key in node)
            todo += node.values()
        elif isinstance(node, list):
            todo += node
        elif isinstance(node, str):
            words.add(node)
    return frozenset(words)


def values_at(
    data: Instance, spreads: Sequence[Spread], at: Quantiles, distribution: Distribution | None = None
) -> dict[str, dict[str, Any]]:
    """Return the raw form of every number that moves, shares that add to one divided by their sum.

    Parameters
    ----------
    data
        The instance as it stands.
    spreads
        Numbers with ranges; those of `at` are among them.
    at
        Quantile by lever.
    distribution
        What is at a quantile of a range; that of each number when left out.
    """
    quantities, _ = _moved_quantities(data, spreads, at, distribution)
    return {path: raw_points(quantity, quantity.points) for path, quantity in quantities.items()}


def _moved_quantities(
    data: Instance, spreads: Sequence[Spread], at: Quantiles, distribution: Distribution | None = None
) -> tuple[dict[str, Quantity], dict[str, float]]:
    """Return every number that moves, and by what each rate of exchange does; parameters as of :func:`values_at`."""

    def place(spread: Spread, point: Point, quantile: float) -> Point:
        low, high, _ = spread.quantity.range_of(point)
        if distribution is not None:
            return replace(point, value=distribution(quantile, low, point.value, high))
        value = spread.distribution(quantile, low, point.value, high)
        return replace(point, value=spread.quantity.limits.clip(value, point.value))  # a lognormal has no end

    points: dict[str, tuple[Point, ...]] = {}
    quantity = {lever.path: lever.quantity for lever in list_levers(data)}
    by_path = {spread.path: spread for spread in spreads}
    rates = dict.fromkeys(data.currencies, 1.0)
    for code, rate in data.currencies.items():
        path = f"currencies.{code}"
        if path in at and path in by_path:
            moved_rate = by_path[path]
            rates[code] = place(moved_rate, moved_rate.quantity.points[0], at[path]).value / rate.value
    for path, quantile in at.items():
        spread = by_path[path]
        scale = rates.get(spread.currency, 1.0)
        drawn = (place(spread, p, quantile) for p in spread.quantity.points)
        points[path] = tuple(replace(p, value=p.value * scale) for p in drawn)
        if spread.quantity.before is not None:
            quantity[path] = replace(spread.quantity, before=spread.quantity.before * scale)
    for group in shares(data, points):
        points |= _normalised(group, points)
    return {path: replace(quantity[path], points=drawn) for path, drawn in points.items()}, rates


def raw_points(quantity: Quantity, points: Sequence[Point]) -> dict[str, Any]:
    """Return the raw form of a quantity with other points, without provenance."""
    whole: dict[str, Any] = {"unit": quantity.unit}
    if quantity.shape == "constant":
        return whole | {"value": points[0].value}
    before = {} if quantity.before is None else {"before": quantity.before}
    return whole | {quantity.shape: {str(p.when): p.value for p in points}} | before


def shares(data: Instance, moving: Iterable[str]) -> list[list[Lever]]:
    """Return the groups of sibling shares that add up to one and of which some move."""
    groups: dict[str, list[Lever]] = {}
    for lever in list_levers(data):
        if lever.quantity.unit == "1":
            groups.setdefault(lever.path.rpartition(".")[0], []).append(lever)
    parents = {path.rpartition(".")[0] for path in moving}
    return [g for parent, g in groups.items() if parent in parents and len(g) > 1 and _adds_to_one(g)]


def _adds_to_one(group: Sequence[Lever]) -> bool:
    dates = {tuple(p.when for p in lever.quantity.points) for lever in group}
    if len(dates) > 1:
        return False
    sums = np.sum([[p.value for p in lever.quantity.points] for lever in group], axis=0)
    return bool(np.all(np.abs(sums - 1.0) <= SHARES))


def _normalised(group: Sequence[Lever], points: Mapping[str, tuple[Point, ...]]) -> dict[str, tuple[Point, ...]]:
    values = {lever.path: points.get(lever.path, lever.quantity.points) for lever in group}
    total = np.sum([[p.value for p in drawn] for drawn in values.values()], axis=0)
    return {
        path: tuple(replace(p, value=p.value / float(t)) for p, t in zip(drawn, total, strict=True))
        for path, drawn in values.items()
    }
