"""Everything in an instance's folder, checked at once: its files, the instance, each scenario, each sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fabopt.analysis.states.tree import state_problems
from fabopt.domain.instance import Instance
from fabopt.io.files import read_text
from fabopt.io.load import apply_scenario, apply_sets, check_scenarios
from fabopt.io.problems import InstanceError, Problem
from fabopt.io.sweep_file import read_sweep
from fabopt.io.tree import Tree, read_tree, scenario_names
from fabopt.io.validate import validate
from fabopt.io.yaml import parse_yaml

_OWN = frozenset({"method", "levers", "samples", "figures"})
"""Fields that only the file of a sweep has at its top."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was checked and what is wrong.

    Attributes
    ----------
    tree, data
        The instance in the scenario and with the settings that were asked for; None where it could not be had.
    problems
        Everything that is wrong, each with file, line and field.
    scenarios, sweeps
        Names of the scenarios and of the files of sweeps that were checked too.
    """

    tree: Tree | None
    data: Instance | None
    problems: tuple[Problem, ...]
    scenarios: tuple[str, ...] = ()
    sweeps: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What is wrong, a line each."""
        return str(InstanceError(self.problems)).splitlines()


def audit(path: Path | str, scenario: str | None = None, sets: Sequence[str] = ()) -> Audit:
    """Check an instance with all that stands beside it.

    Parameters
    ----------
    path
        Folder with ``instance.yaml``, or an instance file.
    scenario, sets
        Scenario and lever settings of the instance that is asked for; the other scenarios are checked without settings.
    """
    problems: list[Problem] = []
    try:
        base = read_tree(path, problems)
    except InstanceError as error:
        return Audit(None, None, error.problems)
    whole = not problems
    unread = [problem.path.rpartition(".")[0] for problem in problems if "." in problem.path]
    try:
        check_scenarios(base)
    except InstanceError as error:
        problems += error.problems
    data, audit = _validated(base)
    # A series that could not be read from its table is no quantity either: once is enough.
    problems += (problem for problem in audit if not any(problem.path.startswith(part) for part in unread))
    names = scenario_names(base)
    sweeps: dict[str, list[Problem]] = {}
    if data is not None and whole:
        known = set(problems)
        for name in names:
            faulty = _in_scenario(base, data, name)
            said = (replace(p, message=f"in scenario '{name}': {p.message}") for p in faulty if p not in known)
            problems += said
        problems += state_problems(base, data)
        sweeps = dict(_sweeps(base))
        problems += (problem for faulty in sweeps.values() for problem in faulty if problem not in known)
    tree: Tree | None = base
    if (scenario is not None or sets) and whole:
        tree, data = None, None
        try:
            tree = apply_sets(base if scenario is None else apply_scenario(base, scenario, Instance), sets, Instance)
            data, audit = _validated(tree)
        except InstanceError as error:
            audit = list(error.problems)
        problems += (problem for problem in audit if problem not in problems)
    return Audit(tree, data, InstanceError(problems).problems, names, tuple(sweeps))


def _validated(tree: Tree) -> tuple[Instance | None, list[Problem]]:
    try:
        return validate(tree, Instance), []
    except InstanceError as error:
        return None, list(error.problems)


def _in_scenario(base: Tree, data: Instance, name: str) -> list[Problem]:
    try:
        validate(apply_scenario(base, name, Instance), Instance, (base, data))
    except InstanceError as error:
        return list(error.problems)
    return []


def _sweeps(tree: Tree) -> Iterator[tuple[str, list[Problem]]]:
    """Yield each file of a sweep beside the instance with what is wrong with it: YAML that is no part of the instance
    and has a field that only a sweep has, or is called a sweep and cannot be read.
    """
    for file in sorted(tree.root.glob("*.y*ml")):
        if file.name in tree.files:
            continue
        from fabopt.analysis.sweep.design import faults  # most folders hold no sweep

        try:
            raw = parse_yaml(read_text(file, file.name)[0], file.name).value
            if not isinstance(raw, Mapping) or not _OWN & raw.keys():
                continue
            yield file.name, faults(tree, *read_sweep(file, file.name))
        except InstanceError as error:
            if "sweep" in file.name:
                yield file.name, list(error.problems)
