"""From states and events to the leaves of the tree: one instance each, with its probability and what is known when.

A leaf's instance is that of the plan until a date and its own from the date on, as when a plan is rolled
(:func:`fabopt.analysis.roll.pins.dated`): numbers that may vary over time are those of the plan before it. What cannot
vary over time holds throughout; where that changes anything before the date, the stack says so
(:class:`fabopt.solve.stack.PastError`).
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fabopt.analysis.roll.pins import dated
from fabopt.domain.base import Path
from fabopt.domain.instance import Instance
from fabopt.domain.states import Overlay
from fabopt.errors import StudyError
from fabopt.io.difference import differences
from fabopt.io.levers import list_levers
from fabopt.io.load import apply_scenario, apply_setting
from fabopt.io.problems import InstanceError, Place, Problem
from fabopt.io.shape import kinds_at, locate
from fabopt.io.tree import Tree
from fabopt.io.validate import validate

AS_PLANNED = "as-planned"
"""Name of the leaf in which nothing changes, where nobody has named it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One way in which everything may come.

    Attributes
    ----------
    name, description
        What it is called: the states and outcomes that it is made of, joined by ``+``.
    probability
        Its share of all cases.
    tree, data
        The instance in this state, as a tree and validated; it has no states of its own.
    known
        What is known on the way: name of the state or outcome, and position of the period from which it is known.
    throughout
        What it changes that cannot vary over time, so that it holds before the date, too.
    """

    name: str
    description: str
    probability: float
    tree: Tree
    data: Instance
    known: tuple[tuple[str, int], ...]
    throughout: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A state or an outcome: its probability given what it follows, the period from which it is known, its place.

    Each is made once, so that it is told apart by being the same one.
    """

    id: str
    share: float
    period: int
    overlay: Overlay
    path: Path


def leaves(tree: Tree, data: Instance, named: Sequence[str] = ()) -> tuple[Leaf, ...]:
    """Return the leaves of an instance's tree of states and events, those in which least changes first.

    Parameters
    ----------
    tree, data
        The instance.
    named
        States, events and outcomes that count; what is not named does not come, and its probability goes to the plan.
        Empty: all.

    Raises
    ------
    fabopt.errors.StudyError
        If the instance has no states, or none of a name.
    fabopt.io.problems.InstanceError
        If the instance is not valid in a state.
    """
    if not data.states and not data.events:
        raise StudyError("The instance has no states: state some in its section 'states' or 'events'.")
    _check_names(data, named)
    starts = [span.start for span in data.horizon.calendar.spans]
    ways = [_states(data, starts, named), *_events(data, starts, named)]
    free = replace(tree, raw={key: part for key, part in tree.raw.items() if key not in ("states", "events")})
    made = _Overlaid(free, validate(free, Instance, (tree, data)))
    found = []
    for parts in itertools.product(*ways):
        nodes = [node for way in parts for node in way]
        share = math.prod(node.share for node in nodes)
        if share > 0.0:
            found.append((share, parts[0], nodes))
    total = math.fsum(share for share, *_ in found)
    found.sort(key=lambda one: sum(node.overlay.changes for node in one[2]))
    return tuple(_leaf(made, share / total, way, nodes, alone=not data.events) for share, way, nodes in found)


def _leaf(made: _Overlaid, share: float, way: Sequence[_Node], nodes: Sequence[_Node], alone: bool) -> Leaf:
    steps = sorted(nodes, key=lambda node: node.period)
    tree, data, throughout = made.of(tuple(steps))
    named = [way[-1]] if way and (alone or len(way) > 1 or way[-1].overlay.changes) else []
    named += [node for node in nodes[len(way) :] if node.overlay.changes]
    said = [node.overlay.description.strip().rstrip(".") for node in named]
    return Leaf(
        name="+".join(node.id for node in named) or AS_PLANNED,
        description="; ".join(filter(None, said)),
        probability=share,
        tree=tree,
        data=data,
        known=tuple((node.id, node.period) for node in steps),
        throughout=throughout,
    )


def _check_names(data: Instance, named: Sequence[str]) -> None:
    outcomes = [id for event in data.events.values() for id in event.outcomes]
    known = [*data.states, *data.events, *outcomes]
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}."
            raise StudyError(f"There is no state or event {name[:40]!r} in the instance; {hint}")


def _shares(overlays: Mapping[str, Overlay]) -> dict[str, float]:
    """Return the probability of each of some overlays, one of which may take what the others leave."""
    given = {id: o.probability.value for id, o in overlays.items() if o.probability is not None}
    rest = max(1.0 - math.fsum(given.values()), 0.0)
    return {id: given.get(id, rest) for id in overlays}


def _chosen(shares: Mapping[str, float], kept: Sequence[str]) -> dict[str, float]:
    """Return the shares of what is kept, and of the plan what the others leave."""
    chosen = {id: share for id, share in shares.items() if id in kept}
    left = max(math.fsum(shares.values()) - math.fsum(chosen.values()), 0.0)
    return {**chosen, **({AS_PLANNED: left} if len(chosen) < len(shares) else {})}


def _period(starts: Sequence[Any], known: Any) -> int:
    return next((t for t, start in enumerate(starts) if start >= known), len(starts)) if known else len(starts)


def _states(data: Instance, starts: Sequence[Any], named: Sequence[str]) -> list[list[_Node]]:
    """Return the ways from the root to the leaves of the states; one empty way where there are none."""

    def below(parent: str | None) -> dict[str, Overlay]:
        return {id: state for id, state in data.states.items() if state.parent == parent}

    def counts(id: str) -> bool:
        return not named or id in named or any(counts(child) for child in below(id))

    def ways(parent: str | None, whole: bool) -> Iterator[list[_Node]]:
        siblings = below(parent)
        kept = [id for id in siblings if whole or counts(id)]
        if not kept:
            yield []
            return
        for id, share in _chosen(_shares(siblings), kept).items():
            if id not in siblings:
                yield [_Node(id, share, len(starts), Overlay(), ())]
                continue
            node = _Node(id, share, _period(starts, data.states[id].from_), siblings[id], ("states", id))
            yield from ([node, *way] for way in ways(id, whole or id in named))

    return list(ways(None, not named))


def _events(data: Instance, starts: Sequence[Any], named: Sequence[str]) -> Iterator[list[list[_Node]]]:
    """Yield the outcomes of each event that counts, as ways of one step."""
    for id, event in data.events.items():
        kept = [o for o in event.outcomes if not named or id in named or o in named]
        if not kept:
            continue
        first, nodes = _period(starts, event.from_), []
        for outcome, share in _chosen(_shares(event.outcomes), kept).items():
            overlay = event.outcomes.get(outcome, Overlay())
            nodes.append([_Node(outcome, share, first, overlay, ("events", id, "outcomes", outcome))])
        yield nodes


class _Overlaid:
    """The instance under overlays, each from its period on; ways that begin alike are made once."""

    def __init__(self, tree: Tree, data: Instance) -> None:
        self.made: dict[tuple[_Node, ...], tuple[Tree, Instance, tuple[str, ...]]] = {(): (tree, data, ())}

    def of(self, steps: tuple[_Node, ...]) -> tuple[Tree, Instance, tuple[str, ...]]:
        """Return the instance after some overlays, and the levers that hold throughout."""
        steps = tuple(step for step in steps if step.overlay.changes)
        if steps not in self.made:
            tree, data, throughout = self.of(steps[:-1])
            tree, data, more = overlaid(tree, data, steps[-1].overlay, steps[-1].path, steps[-1].period)
            self.made[steps] = tree, data, (*throughout, *more)
        return self.made[steps]


def overlaid(
    tree: Tree, data: Instance, overlay: Overlay, path: Path, first: int
) -> tuple[Tree, Instance, tuple[str, ...]]:
    """Return an instance under an overlay from a period on, and the levers that cannot vary over time.

    Parameters
    ----------
    tree, data
        The instance.
    overlay, path
        What is different, and where that is written.
    first
        Position of the first period in which it is.

    Raises
    ------
    fabopt.io.problems.InstanceError
        If there is no such scenario or lever, or the instance is not valid then.
    """
    changed, problems = tree, list[Problem]()
    if overlay.scenario is not None:
        asked = Problem.at(tree.positions, (*path, "scenario"), "")
        changed = apply_scenario(changed, overlay.scenario, Instance, asked)
    courses = {lever.path: lever.quantity.points for lever in list_levers(data)} if overlay.set_ else {}
    for lever, setting in overlay.set_.items():
        points = courses.get(lever.strip(), ())
        if len(points) > 1 and not (isinstance(setting, Mapping) or str(setting).strip()[:1] in ("*", "+", "-", "{")):
            setting = {"steps": {str(points[0].when): setting}}  # one number for a course: from the date on
        place = tree.positions.find((*path, "set", lever)) or Place("")
        try:
            changed = apply_setting(changed, lever, setting, Instance, place)
        except InstanceError as error:
            problems += error.problems
    if problems:
        raise InstanceError(problems)
    now = validate(changed, Instance, (tree, data))
    if first == 0:
        return changed, now, ()
    opened, _ = dated(changed, now, data, first)
    whole = validate(opened, Instance, (changed, now))
    return opened, whole, tuple(path for path in _paths(data, whole) if not _varies(opened, path))


def _paths(before: Instance, after: Instance) -> Iterator[str]:
    """Yield what is not the same in two instances: levers and records."""
    return (difference.path.partition("@")[0] for difference in differences(before, after))


def _varies(tree: Tree, path: str) -> bool:
    """Whether a lever may vary over time, itself or as the entry of a list by period."""
    for base in (path, path.rpartition(".")[0] if path.rpartition(".")[2].isdecimal() else path):
        kinds = kinds_at(Instance, locate(Instance, tree.raw, base))
        if any(kind.quantity is not None and kind.quantity.series for kind in kinds):
            return True
    return False


def state_problems(tree: Tree, data: Instance) -> Iterator[Problem]:
    """Yield what is wrong with an instance in each of its states and outcomes alone."""
    starts = [span.start for span in data.horizon.calendar.spans]
    each: list[tuple[Path, Overlay, Any]] = [(("states", id), s, s.from_) for id, s in data.states.items()]
    for id, event in data.events.items():
        each += [(("events", id, "outcomes", o), overlay, event.from_) for o, overlay in event.outcomes.items()]
    for path, overlay, known in each:
        if not overlay.changes:
            continue
        try:
            overlaid(tree, data, overlay, path, min(_period(starts, known), len(starts) - 1))
        except InstanceError as error:
            yield from (replace(p, message=f"in state '{path[-1]}': {p.message}") for p in error.problems)
