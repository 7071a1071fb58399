"""Loading an instance: folder, scenarios, lever settings, validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from fabopt.domain.base import Path as FieldPath
from fabopt.domain.base import Record, Slug
from fabopt.io.files import read_text
from fabopt.io.levers import LeverError, lever_place, set_lever
from fabopt.io.overlay import moved_places, overlay
from fabopt.io.problems import InstanceError, Layer, Place, Positions, Problem, brief, nearest
from fabopt.io.tables import Tables, resolve_series
from fabopt.io.tree import Tree, read_scenario_file, read_tree, scenario_names
from fabopt.io.validate import problems_of
from fabopt.io.yaml import parse_yaml

if TYPE_CHECKING:
    from fabopt.domain.instance import Instance

Model = TypeVar("Model", bound=BaseModel)


class Scenario(Record):
    """A named overlay of an instance."""

    description: str = ""
    """What it assumes, in a sentence."""
    extends: tuple[Slug, ...] = ()
    """Scenarios that are applied before it, in this order."""
    merge: dict[str, Any] = Field(default_factory=dict)
    """A tree that is merged over the instance: mappings merge, lists and scalars replace, null deletes."""
    set_: dict[str, Any] = Field(default_factory=dict, alias="set")
    """Levers and their values, set after the merge; a text that begins with * scales."""


_SCENARIO_NAME: TypeAdapter[str] = TypeAdapter(Slug)


def load_tree(
    path: Path | str,
    scenario: str | None = None,
    sets: Sequence[str] = (),
    model: type[BaseModel] | None = None,
) -> Tree:
    """Read an instance's folder and apply a scenario and lever settings, without validating the whole.

    Parameters
    ----------
    path
        Folder with ``instance.yaml``, or an instance file.
    scenario
        Name of a scenario of the instance.
    sets
        Settings ``LEVER=VALUE``, applied in order after the scenario.
    model
        Schema that gives levers their meaning; the instance's own when left out.

    Raises
    ------
    InstanceError
        With every problem found.
    """
    tree = read_tree(path)
    check_scenarios(tree)
    schema = model or _instance_model()
    if scenario is not None:
        tree = apply_scenario(tree, scenario, schema)
    return apply_sets(tree, sets, schema)


def _instance_model() -> type[Instance]:
    from fabopt.domain.instance import Instance

    return Instance


def apply_sets(tree: Tree, sets: Sequence[str], model: type[BaseModel]) -> Tree:
    """Apply settings ``LEVER=VALUE`` in order.

    Raises
    ------
    InstanceError
        With every setting that could not be applied.
    """
    problems: list[Problem] = []
    for text in sets:
        lever, equals, value = text.partition("=")
        place = Place(f"--set {text if len(text) <= 120 else text[:117] + '...'}")
        if not equals:
            message = "a setting is written LEVER=VALUE, such as fabs.tsmc-n3.capacity=*1.1"
            problems.append(Problem(place.file, None, "", message))
            continue
        try:
            tree = apply_setting(tree, lever, value, model, place)
        except InstanceError as error:
            problems += error.problems
    if problems:
        raise InstanceError(problems)
    return tree


def apply_setting(
    tree: Tree, lever: str, setting: object, model: type[BaseModel], place: Place, said: str = ""
) -> Tree:
    """Set one lever; `place` says where the setting was written, and `said` what it is where that is no short text.

    Raises
    ------
    InstanceError
        When the lever or the setting is not valid.
    """
    try:
        raw = set_lever(tree.raw, lever, setting, model)
    except LeverError as error:
        raise InstanceError([Problem(place.file, place.line, "", str(error))]) from error
    layer = Layer({lever_place(model, raw, lever): place}, whole=True)
    return tree.changed(raw, layer, (f"{lever.strip()}={said or setting}",))


def apply_merge(tree: Tree, change: Mapping[str, Any], name: str) -> Tree:
    """Merge data over an instance as a scenario would; `name` says in the result what was applied.

    Raises
    ------
    InstanceError
        When the data do not fit over the instance.
    """
    layer = Layer({(): Place(name)})
    return tree.changed(overlay(tree.raw, change, Positions((layer,))), layer, (name,))


def apply_section(tree: Tree, section: str, path: Path | str) -> Tree:
    """Put a section of another file in the place of the instance's own, with the sources that the file has.

    Raises
    ------
    InstanceError
        When the file cannot be read or has no such section.
    """
    name = str(path)
    parsed = parse_yaml(read_text(Path(path), name)[0], name)
    if not isinstance(parsed.value, dict) or not isinstance(parsed.value.get(section), dict):
        raise InstanceError([Problem(name, 1, section, f"the file has no section '{section}'")])
    given = {key: parsed.value[key] for key in ("sources", section) if key in parsed.value}
    raw = {**tree.raw, **given, "sources": {**(tree.raw.get("sources") or {}), **(given.get("sources") or {})}}
    return tree.changed(raw, Layer(parsed.places), (name,))


def check_scenarios(tree: Tree) -> None:
    """Check the form of all scenarios that the instance's files hold, also of those that nobody asked for.

    Raises
    ------
    InstanceError
        With every fault of form; what a scenario changes is checked when it is applied.
    """
    problems: list[Problem] = []
    for name, raw in tree.scenarios.items():
        try:
            _SCENARIO_NAME.validate_python(name)
            Scenario.model_validate(raw)
        except ValidationError as error:
            problems += problems_of(error, raw, tree.positions, Scenario, ("scenarios", name))
    if problems:
        raise InstanceError(problems)


def apply_scenario(tree: Tree, name: str, model: type[BaseModel], asked_by: Problem | None = None) -> Tree:
    """Apply a scenario and those that it extends; ``asked_by`` is what stands where its name is written.

    Raises
    ------
    InstanceError
        When there is no such scenario, scenarios extend each other in a circle, or one is not valid.
    """
    return _apply_scenario(tree, name, model, (), asked_by or Problem("", None, "", ""))


def _apply_scenario(tree: Tree, name: str, model: type[BaseModel], above: tuple[str, ...], asked_by: Problem) -> Tree:
    if name in above:
        circle = " -> ".join((*above, name))
        raise InstanceError([replace(asked_by, message=f"scenarios extend each other in a circle: {circle}")])
    tree, scenario, places, prefix = _read_scenario(tree, name, asked_by)
    positions = Positions((Layer(places),))
    for index, other in enumerate(scenario.extends):
        asked = Problem.at(positions, (*prefix, "extends", index), "")
        tree = _apply_scenario(tree, other, model, (*above, name), asked)
    moved = moved_places(places, (*prefix, "merge"), ())
    change, points, faults = resolve_series(scenario.merge, (), Positions((Layer(moved),)), tables := Tables(tree.root))
    if faults:
        raise InstanceError(faults)
    layer = Layer({**moved, **points})
    raw = overlay(tree.raw, change, Positions((layer,)))
    tree = replace(tree, files={**tree.files, **tables.files}).changed(raw, layer, (f"scenario {name}",))
    problems: list[Problem] = []
    for lever, setting in scenario.set_.items():
        place = positions.find((*prefix, "set", lever)) or Place("")
        try:
            tree = replace(apply_setting(tree, lever, setting, model, place), applied=tree.applied)
        except InstanceError as error:
            problems += error.problems
    if problems:
        raise InstanceError(problems)
    return tree


def _read_scenario(
    tree: Tree, name: str, asked_by: Problem
) -> tuple[Tree, Scenario, Mapping[FieldPath, Place], FieldPath]:
    """Find a scenario in the instance or in its file: the scenario, its places, and its path in them."""
    known = scenario_names(tree)
    if name not in known:
        hint = nearest(name, known) or ("there are " + ", ".join(known) if known else "the instance has none")
        raise InstanceError([replace(asked_by, message=f"there is no scenario {brief(name)}", hint=hint)])
    from_file = read_scenario_file(tree, name)
    if from_file is not None and name in tree.scenarios:
        where = tree.positions.find(("scenarios", name))
        message = f"scenario {brief(name)} is given twice"
        raise InstanceError([Problem(f"scenarios/{name}.yaml", 1, "", message, hint=f"first in {where}")])
    prefix: FieldPath
    if from_file is not None:
        parsed, tree = from_file
        raw, prefix = parsed.value, ()
        places: Mapping[FieldPath, Place] = parsed.places
    else:
        raw, prefix = tree.scenarios[name], ("scenarios", name)
        places = tree.positions.layers[0].places
    try:
        return tree, Scenario.model_validate(raw), places, prefix
    except ValidationError as error:
        positions = Positions((Layer(places),))
        raise InstanceError(problems_of(error, raw, positions, Scenario, prefix)) from error
