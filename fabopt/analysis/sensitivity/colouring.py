"""Many small movements priced from few lowerings, as the columns of a sparse Jacobian are coloured.

Movements that touch none of the same places of the program can be made in one lowering: what changes in a place belongs
to the one that touches it, and is the very number that it would be with that one alone.

What a movement touches is not known before. So movements are first made in groups, each of a group a little further
than it is asked for: a group touches what any of its own touches. Done for several groupings (by field, by record), a
movement touches no more than what all of its groups do. Movements that have none of these places in common share a
colour and are made together. How they are grouped is a matter of time alone: it is well done where groups of different
groupings have few movements and few places in common. A group that is no patch is halved until it is one; where a place
changes that nothing was to touch, each movement is made by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fabopt.analysis.sensitivity.numbers import Move
from fabopt.analysis.sensitivity.places import Change
from fabopt.domain.tolerances import SAME
from fabopt.model.families import IntArray
from fabopt.solve.perturbation import NOWHERE

Worth = tuple[float, ...] | str
"""Change of the objective by pair of plan and prices, or in words why there is none."""

Group = tuple[Move, ...]
Lowered = Callable[[Sequence[Group]], Iterable[Change | str]]
"""Returns what the movements of each group change together, or in words why that is no patch."""

FURTHER = 1.0
"""Most by which a movement of a group is made further, as a share of it: by a random part, so that no two cancel."""


def coloured(
    moves: Sequence[Move],
    groupings: Sequence[Callable[[Move], Hashable]],
    lowered: Lowered,
    done: Callable[[int], None] | None = None,
) -> list[Worth]:
    """Return what each of some movements is worth, by pair of plan and prices, or in words why it is no patch.

    Parameters
    ----------
    moves
        The movements, one a number.
    groupings
        Each returns by what movements are grouped.
    lowered
        Makes movements and prices what they change.
    done
        Told how many are done.
    """
    worths: dict[Move, Worth] = {}

    def note(move: Move, change: Change | str) -> None:
        worths[move] = change if isinstance(change, str) else change.total
        if done is not None:
            done(len(worths))

    touched: dict[Move, IntArray] = {}
    for group_of in groupings:
        groups: dict[Hashable, list[Move]] = defaultdict(list)
        for move in moves:
            if move not in worths:
                groups[group_of(move)].append(move)
        _touch(list(map(tuple, groups.values())), touched, lowered, note)
    tasks = _tasks({move: at for move, at in touched.items() if move not in worths})
    left: list[Group] = []
    for task, change in zip(tasks, lowered(list(map(tuple, tasks))), strict=True):
        parts = None if isinstance(change, str) else _parts(change, task)
        if parts is None:
            left += [(move,) for move in task]
        else:
            for move, part in parts.items():
                note(move, part)
    for (move,), change in zip(left, lowered(left), strict=True):
        note(move, change)
    return [worths[move] for move in moves]


def _touch(
    groups: list[Group],
    touched: dict[Move, IntArray],
    lowered: Lowered,
    note: Callable[[Move, Change | str], None],
) -> None:
    """Find the places that groups touch; what is known of a movement by then is noted."""
    while groups:
        halves: list[Group] = []
        for group, change in zip(groups, lowered([_further(group) for group in groups]), strict=True):
            if len(group) == 1:
                note(group[0], change)
            elif isinstance(change, str):
                halves += [group[: len(group) // 2], group[len(group) // 2 :]]
            else:
                for move in group:
                    touched[move] = np.intersect1d(touched.get(move, change.at), change.at)
                    if not len(touched[move]):
                        note(move, change.part(np.zeros(len(change.at), dtype=bool)))
        groups = halves


def _further(group: Group) -> Group:
    """Return the movements of a group of several, each a little further."""
    more = FURTHER * np.random.default_rng(0).random(len(group)) if len(group) > 1 else np.zeros(1)
    return tuple(m._replace(share=m.share * (1.0 + part)) for m, part in zip(group, more.tolist(), strict=True))


def _tasks(touched: Mapping[Move, IntArray]) -> list[dict[Move, IntArray]]:
    """Return movements to be made together, those of a colour, with the places that they may touch."""
    every = np.unique(np.concatenate([NOWHERE, *touched.values()]))
    colours: list[tuple[NDArray[np.bool_], dict[Move, IntArray]]] = []
    for move in sorted(touched, key=lambda one: len(touched[one]), reverse=True):
        at = np.searchsorted(every, touched[move])
        colour = next((one for one in colours if not one[0][at].any()), None)
        if colour is None:
            colour = np.zeros(len(every), dtype=bool), {}
            colours.append(colour)
        colour[0][at] = True
        colour[1][move] = touched[move]
    return [task for _, task in colours]


def _parts(change: Change, task: Mapping[Move, IntArray]) -> dict[Move, Change] | None:
    """Return the part of each movement in what they change together; None where what none may touch is worth anything.

    A place that was worth next to nothing in a group may be worth a little more than that here.
    """
    at = np.concatenate(list(task.values()))
    whose = np.repeat(np.arange(len(task)), list(map(len, task.values())))
    order = np.argsort(at)
    place = np.minimum(np.searchsorted(at, change.at, sorter=order), len(at) - 1)
    known = at[order[place]] == change.at
    size = np.abs(change.worth).sum(axis=1)
    if np.any(np.abs(change.worth[:, ~known]).sum(axis=1) > SAME * size):
        return None
    owner = np.where(known, whose[order[place]], len(task))
    return {move: change.part(owner == k) for k, move in enumerate(task)}
