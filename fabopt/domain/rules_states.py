"""Rules of states and events: probabilities that add up, dates within the horizon, parents without a circle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.instance import Instance
from fabopt.domain.states import ALL, MOST_STATES, Overlay, State
from fabopt.domain.tolerances import SHARES


def state_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with `states` and `events` beside parents that there are none of."""
    states = {id: s for id, s in instance.states.items() if s.parent is None or s.parent in instance.states}
    circle = _circle(states)
    if circle:
        yield Fault(("states", circle[0], "parent"), f"states follow each other in a circle: {' -> '.join(circle)}")
        return
    for parent in (None, *states):
        siblings = {id: state for id, state in states.items() if state.parent == parent}
        beside = "the states that follow none" if parent is None else f"the states that follow '{parent}'"
        yield from _shares(("states",), siblings, beside)
    for id, state in states.items():
        path: Path = ("states", id, "from")
        if state.from_ is None:
            if state.changes:
                yield Fault(("states", id), "it changes something and has no date", "give the date: from: 2028Q1")
            continue
        yield from _dated(path, state.from_, calendar)
        above = _parents(states, id)
        before = next((name for name in above if (states[name].from_ or date.min) > state.from_), None)
        if before is not None:
            known = states[before].from_
            yield Fault(path, f"it is known from {state.from_}, before '{before}', which it follows ({known})")
    for id, event in instance.events.items():
        yield from _dated(("events", id, "from"), event.from_, calendar)
        yield from _shares(("events", id, "outcomes"), event.outcomes, f"the outcomes of '{id}'")
    yield from _names(instance)
    leaves = sum(1 for id in states if all(state.parent != id for state in states.values()))
    combinations = math.prod([max(leaves, 1), *(len(event.outcomes) for event in instance.events.values())])
    if combinations > MOST_STATES:
        section = "events" if instance.events else "states"
        message = f"states and events make {combinations:,} combinations, and one tree has at most {MOST_STATES}"
        yield Fault((section,), message, "leave out what matters least, or join outcomes")


def _parents(states: Mapping[str, State], id: str) -> list[str]:
    above, parent = list[str](), states[id].parent
    while parent is not None and parent in states:  # one that is none is told as a reference
        above.append(parent)
        parent = states[parent].parent
    return above


def _circle(states: Mapping[str, State]) -> list[str]:
    """Return states that follow each other in a circle, the first one again at the end; empty where none do."""
    for id in states:
        way, parent = [id], states[id].parent
        while parent is not None and parent not in way:
            way.append(parent)
            parent = states[parent].parent if parent in states else None
        if parent is not None:
            return [*way[way.index(parent) :], parent]
    return []


def _dated(path: Path, known: date, calendar: Calendar) -> Iterator[Fault]:
    if known < calendar.start:
        yield Fault(path, f"{known} lies before the decision date ({calendar.start}), so it is known already")
    elif not any(span.start >= known for span in calendar.spans):
        last = calendar.end - timedelta(days=1)
        message = f"no period begins on {known} or later; the horizon runs from {calendar.start} to {last}"
        yield Fault(path, message, "correct the date or lengthen the horizon")


def _shares(path: Path, overlays: Mapping[str, Overlay], who: str) -> Iterator[Fault]:
    """Probabilities that do not add up to one; one may be left out."""
    if not overlays:
        if path[0] == "events":
            yield Fault(path, "an event has at least one outcome")
        return
    left_out = [id for id, overlay in overlays.items() if overlay.probability is None]
    total = sum(overlay.probability.value for overlay in overlays.values() if overlay.probability is not None)
    at = (*path, next((id for id in overlays if id not in left_out), next(iter(overlays))), "probability")
    if len(left_out) > 1:
        said = " and ".join(f"'{id}'" for id in left_out)
        hint = "leave it out of one at most: that one takes what the others leave"
        yield Fault((*path, left_out[1]), f"{said} have no probability", hint)
    elif left_out and total > 1.0 + SHARES:
        yield Fault(at, f"the probabilities of {who} add up to {total:.6g}, which is more than one")
    elif not left_out and abs(total - 1.0) > SHARES:
        hint = "correct them, or state one without a probability that takes the rest: 'as-planned: {}'"
        yield Fault(at, f"the probabilities of {who} add up to {total:.6g} and not to one", hint)


def _names(instance: Instance) -> Iterator[Fault]:
    """Names that stand twice, or for all: one asks for states, events and outcomes by them, and combines them."""
    seen = {ALL: "every state and event"}
    for id, path, changes in _named(instance):
        if id in seen and (changes or id == ALL):
            yield Fault(path, f"the name '{id}' stands for {seen[id]} as well", "give each its own name")
        elif changes:
            seen[id] = ".".join(path)


def _named(instance: Instance) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Yield each name, where it stands, and whether anything is called by it."""
    for id in instance.states:
        yield id, ("states", id), True
    for id, event in instance.events.items():
        yield id, ("events", id), True
        for outcome, overlay in event.outcomes.items():
            yield outcome, ("events", id, "outcomes", outcome), overlay.changes
