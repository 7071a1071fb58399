"""From the specification of a sweep to its cases, in a fixed order.

The scenarios come first, then the points, the last lever of a grid fastest. Each case is complete in itself: what it
sets is written in it, so that it can be solved anywhere and in any order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fabopt.analysis.draws.distributions import uniform
from fabopt.analysis.draws.engine import spreads
from fabopt.analysis.sweep.axes import Axes, Place, Share, Value, mode_inside, number_of
from fabopt.analysis.sweep.figures import figure_problem
from fabopt.domain.base import Path
from fabopt.domain.instance import Instance
from fabopt.io.load import apply_scenario, apply_sets
from fabopt.io.problems import InstanceError, Positions, Problem, brief, nearest
from fabopt.io.sweep_file import BASE, Axis, SweepSpec
from fabopt.io.tree import Tree, scenario_names
from fabopt.io.validate import validate
from fabopt.io.write import instance_hash
from fabopt.network.lowering.builder import make_periods
from fabopt.solve.options import OptionError, SolveOptions
from fabopt.solve.work.journal import digest

MOST_RUNS = 1000
"""Runs that a sweep may have unless more are allowed."""

Point = Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Case:
    """One point of a sweep.

    Attributes
    ----------
    number
        Its place in the sweep, from 0.
    scenario
        Place of its scenario among those of the design.
    settings
        Levers with the raw values that they are set to.
    said
        The same in short, for people.
    """

    number: int
    scenario: int
    settings: tuple[tuple[str, Any], ...]
    said: str


@dataclass(frozen=True, slots=True)
class LeverColumn:
    """A lever that moves: its path and unit; one that is no number has its setting as text."""

    path: str
    unit: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Design:
    """A sweep before anything is solved.

    Attributes
    ----------
    name
        Of the instance.
    money
        Its unit of money.
    spec
        What was asked for.
    scenarios, trees
        Names of the scenarios, and the instance in each of them.
    sets
        Settings that hold in every case.
    levers
        What moves.
    cases
        In order.
    hashes
        Of the instance in each scenario: a result of that instance has the same.
    digest
        SHA-256 of instance, specification, cases and versions: rows of sweeps with the same digest are the same.
    """

    name: str
    money: str
    spec: SweepSpec
    scenarios: tuple[str, ...]
    trees: tuple[Tree, ...]
    sets: tuple[str, ...]
    levers: tuple[LeverColumn, ...]
    cases: tuple[Case, ...]
    hashes: tuple[str, ...]
    digest: str


def design(
    tree: Tree, name: str, spec: SweepSpec, positions: Positions, sets: Sequence[str] = (), max_runs: int = MOST_RUNS
) -> Design:
    """Return the cases of a sweep.

    Parameters
    ----------
    tree, name
        The instance.
    spec, positions
        What is asked, and where it was written.
    sets
        Lever settings that hold in every case, after its scenario.
    max_runs
        More runs than these are refused.

    Raises
    ------
    InstanceError
        With everything that is wrong with the specification, each with file, line and field.
    """
    trees, data, axes, design, problems = _read(tree, spec, positions, sets)
    runs = len(spec.scenarios) * _count(spec, axes)
    if runs > max_runs:
        message = f"the sweep has {runs:,} runs, more than the {max_runs:,} that are allowed"
        hint = f"take fewer values or samples, or allow more: --max-runs {runs}"
        problems.append(Problem.at(positions, ("method",), message, hint=hint))
    if problems:
        raise InstanceError(problems)
    cases = tuple(_cases(spec, axes, design))
    levers = tuple(_column(design[0], path) for path in axes)
    hashes = tuple(instance_hash(one) for one in data)
    alone = data[0].network is not None and not data[0].labs and not data[0].markets
    return Design(
        name,
        "" if alone else "M USD",
        spec,
        spec.scenarios,
        tuple(trees),
        tuple(sets),
        levers,
        cases,
        hashes,
        _digest(name, spec, hashes, cases),
    )


def faults(tree: Tree, spec: SweepSpec, positions: Positions) -> list[Problem]:
    """Return what is wrong with a sweep of an instance, however many runs it has; parameters as for :func:`design`."""
    try:
        return _read(tree, spec, positions, ())[-1]
    except InstanceError as error:
        return list(error.problems)


def _read(
    tree: Tree, spec: SweepSpec, positions: Positions, sets: Sequence[str]
) -> tuple[list[Tree], list[Instance], Mapping[str, Axis], list[Axes], list[Problem]]:
    """Return the instance in each scenario, what moves in it, and what is wrong."""
    problems = list(_problems(tree, spec, positions))
    if problems:
        raise InstanceError(problems)
    trees = [apply_sets(_in_scenario(tree, s), sets, Instance) for s in spec.scenarios]
    data = [validate(t, Instance) for t in trees]
    axes = spec.levers or {spread.path: Axis() for spread in spreads(trees[0], data[0])}
    read = [Axes(t, d, axes, positions) for t, d in zip(trees, data, strict=True)]
    problems = [problem for one in read for problem in one.problems]
    problems += _solving_problems(spec, data, positions)
    return trees, data, axes, read, problems


def options_of(spec: SweepSpec, data: Instance) -> SolveOptions:
    """Return how a case is solved: one thread, so that the answer is the same on every machine.

    Raises
    ------
    OptionError
        When the options make no sense.
    """
    asked, own = spec.solve, data.solving
    limit = asked.time_limit or own.time_limit
    options = SolveOptions(
        objective=asked.objective,
        by=asked.by,
        target=asked.target,
        measure=asked.measure,
        gap=own.gap if asked.gap is None else asked.gap,
        gap_from="instance" if asked.gap is None else "flag",
        time_limit=math.inf if limit is None else limit,
        threads=1,
    )
    return options.in_perspective(own.perspective)


def _problems(tree: Tree, spec: SweepSpec, positions: Positions) -> Iterator[Problem]:
    """Yield what is wrong with a specification before any scenario is applied."""
    known = scenario_names(tree)
    for place, scenario in enumerate(spec.scenarios):
        where: Path = ("scenarios", place)
        if scenario != BASE and scenario not in known:
            hint = nearest(scenario, [*known, BASE]) or f"there are {', '.join((BASE, *known))}"
            yield Problem.at(positions, where, f"there is no scenario {brief(scenario)}", hint=hint)
        elif scenario in spec.scenarios[:place]:
            yield Problem.at(positions, where, f"scenario {brief(scenario)} stands here twice")
    if not spec.scenarios:
        yield Problem.at(positions, ("scenarios",), "there is no scenario", hint=f"name {BASE} for the instance itself")
    sampled = spec.method in ("latin-hypercube", "sobol")
    if sampled and spec.samples is None:
        yield Problem.at(positions, ("method",), f"{spec.method} needs the field samples", hint="such as samples: 64")
    if not sampled and spec.samples is not None:
        message = f"samples belong to latin-hypercube and sobol, not to {spec.method}"
        yield Problem.at(positions, ("samples",), message, hint="give the levers values or steps")
    if spec.method == "sobol" and spec.samples and spec.samples & (spec.samples - 1):
        near = 1 << (spec.samples.bit_length() - 1)
        hint = f"take {near} or {2 * near}"
        yield Problem.at(positions, ("samples",), f"{spec.samples} is no power of two, as sobol needs", hint=hint)
    if spec.method == "grid" and not spec.levers and spec.scenarios == (BASE,):
        yield Problem.at(positions, ("levers",), "a grid needs levers, or scenarios")
    for path, axis in spec.levers.items() if sampled else ():
        if axis.steps is not None:
            where = ("levers", path, "steps")
            yield Problem.at(positions, where, f"steps belong to grid and one-at-a-time, not to {spec.method}")


def _solving_problems(spec: SweepSpec, data: Sequence[Instance], positions: Positions) -> Iterator[Problem]:
    """Yield what is wrong with figures and options."""
    for one in data:
        labels = [p.label for p in make_periods(one)[1] if p.reported]
        for place, figure in enumerate(spec.figures):
            wrong = figure_problem(figure, labels)
            if wrong:
                yield Problem.at(positions, ("figures", place), wrong[0], hint=wrong[1])
        if spec.solve.by is not None and spec.solve.by not in labels:
            message = f"{brief(spec.solve.by)} is no reported period"
            hint = f"periods run from {labels[0]} to {labels[-1]}"
            yield Problem.at(positions, ("solve", "by"), message, hint=hint)
    try:
        options_of(spec, data[0])
    except OptionError as error:
        yield Problem.at(positions, ("solve",), str(error))


def _in_scenario(tree: Tree, scenario: str) -> Tree:
    if scenario == BASE and BASE not in scenario_names(tree):
        return tree
    return apply_scenario(tree, scenario, Instance)


# -- points ----------------------------------------------------------------------------------------------------------


def _steps(spec: SweepSpec, axis: Axis) -> int:
    return len(axis.values) or axis.steps or (2 if spec.method == "one-at-a-time" else 3)


def _count(spec: SweepSpec, axes: Mapping[str, Axis]) -> int:
    """Return the number of points."""
    if spec.samples is not None:
        return spec.samples
    sizes = [_steps(spec, axis) for axis in axes.values()]
    return 1 + sum(sizes) if spec.method == "one-at-a-time" else math.prod(sizes) if spec.levers else 1


def _cases(spec: SweepSpec, axes: Mapping[str, Axis], by_tree: Sequence[Axes]) -> Iterator[Case]:
    sampled = spec.samples is not None
    distribution = mode_inside if sampled and spec.distribution == "triangular" else uniform
    points = list(_samples(spec, axes) if sampled else _placed(spec, axes))
    number = itertools.count()
    for scenario, one in enumerate(by_tree):
        for point in points:
            settings = one.settings(point, distribution)
            yield Case(next(number), scenario, settings, "; ".join(_said(path, raw) for path, raw in settings))


def _placed(spec: SweepSpec, axes: Mapping[str, Axis]) -> Iterator[Point]:
    """Yield the points of a grid, or of one lever at a time."""
    if spec.method == "grid" and not spec.levers:
        yield {}
        return
    places: dict[str, list[Place]] = {
        path: [Value(v) for v in axis.values]
        or [Share(float(u)) for u in np.linspace(0.0, 1.0, _steps(spec, axis))]
        for path, axis in axes.items()
    }  # fmt: skip
    if spec.method == "grid":
        for chosen in itertools.product(*places.values()):
            yield dict(zip(places, chosen, strict=True))
        return
    yield {}
    for path, several in places.items():
        for place in several:
            yield {path: place}


def _samples(spec: SweepSpec, axes: Mapping[str, Axis]) -> Iterator[Point]:
    """Yield sampled points: a quantile of each range, each of stated values with the same chance."""
    from scipy.stats import qmc

    makers: dict[str, Callable[..., Any]] = {"latin-hypercube": qmc.LatinHypercube, "sobol": qmc.Sobol}
    assert spec.samples is not None
    drawn = makers[spec.method](len(axes), seed=spec.seed).random(spec.samples)
    for row in np.asarray(drawn).tolist():
        yield {
            path: Value(axis.values[int(u * len(axis.values))]) if axis.values else Share(u)
            for (path, axis), u in zip(axes.items(), row, strict=True)
        }


def _said(path: str, raw: Any) -> str:
    """Return a setting in short: of a series that moves, its first point."""
    if not isinstance(raw, Mapping):
        return f"{path}={raw}"
    unit = raw.get("unit", "")
    series = raw.get("linear", raw.get("steps"))
    value = raw.get("value") if series is None else next(iter(series.values()))
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{path}={text}{'' if unit in ('', '1') else f' {unit}'}{'' if series is None else ' ...'}"


def _column(axes: Axes, path: str) -> LeverColumn:
    column = number_of(axes.quantities, path)
    return LeverColumn(path, "" if column is None else column[1], column is not None)


def _digest(name: str, spec: SweepSpec, hashes: Sequence[str], cases: Sequence[Case]) -> str:
    return digest(
        {
            "name": name,
            "instances": list(hashes),
            "spec": spec.model_dump(mode="json", by_alias=True),
            "cases": [(case.number, case.scenario, case.settings) for case in cases],
        }
    )
