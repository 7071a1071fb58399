"""Many small movements priced from few lowerings, as the columns of a sparse Jacobian are coloured.

Movements that touch none of the same places of the program can be made in one lowering: what changes in a place belongs
to the one that touches it, and is the very number that it would be with that one alone.

What a movement touches is not known before. So movements are first made in groups, each of a group a little further
than it is asked for: a group touches what any of its own touches. Groups that have no place in common share a colour,
and of the groups of a colour one movement each is then made at a time. How movements are grouped is a matter of time
alone: it is well done where few groups have places in common. A group that is no patch is halved until it is one; where
a place changes that no group had touched, each movement is made by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np

from fabopt.analysis.sensitivity.numbers import Move
from fabopt.analysis.sensitivity.places import Change
from fabopt.model.families import IntArray

Worth = tuple[float, ...] | str
"""Change of the objective by pair of plan and prices, or in words why there is none."""

Group = tuple[Move, ...]
Lowered = Callable[[Sequence[Group]], Iterable[Change | str]]
"""Returns what the movements of each group change together, or in words why that is no patch."""

FURTHER = 1.0
"""Most by which a movement of a group is made further, as a share of it: by a random part, so that no two cancel."""


def coloured(
    moves: Sequence[Move],
    group_of: Callable[[Move], Hashable],
    lowered: Lowered,
    done: Callable[[int], None] | None = None,
) -> list[Worth]:
    """Return what each of some movements is worth, by pair of plan and prices, or in words why it is no patch.

    Parameters
    ----------
    moves
        The movements, one a number.
    group_of
        Returns by what movements are grouped.
    lowered
        Makes movements and prices what they change.
    done
        Told how many are done.
    """
    found: dict[Move, Worth] = {}

    def note(move: Move, change: Change | str) -> None:
        found[move] = change if isinstance(change, str) else change.total
        if done is not None:
            done(len(found))

    tasks = _tasks(_touched(moves, group_of, lowered, note))
    left: list[Group] = []
    for task, change in zip(tasks, lowered([tuple(task) for task in tasks]), strict=True):
        parts = None if isinstance(change, str) else _parts(change, task)
        if parts is None:
            left += [(move,) for move in task]
        else:
            for move, part in parts.items():
                note(move, part)
    for (move,), change in zip(left, lowered(left), strict=True):
        note(move, change)
    return [found[move] for move in moves]


def _touched(
    moves: Sequence[Move],
    group_of: Callable[[Move], Hashable],
    lowered: Lowered,
    note: Callable[[Move, Change | str], None],
) -> dict[Group, IntArray]:
    """Return the places that groups of several movements touch; what is known of a movement by then is noted."""
    by_key: dict[Hashable, list[Move]] = defaultdict(list)
    for move in moves:
        by_key[group_of(move)].append(move)
    groups, touched = [tuple(group) for group in by_key.values()], dict[Group, IntArray]()
    while groups:
        halves: list[Group] = []
        for group, change in zip(groups, lowered([_further(group) for group in groups]), strict=True):
            if len(group) == 1:
                note(group[0], change)
            elif isinstance(change, str):
                halves += [group[: len(group) // 2], group[len(group) // 2 :]]
            elif len(change.at):
                touched[group] = change.at
            else:
                for move in group:
                    note(move, change)
        groups = halves
    return touched


def _further(group: Group) -> Group:
    """Return the movements of a group of several, each a little further."""
    more = FURTHER * np.random.default_rng(0).random(len(group)) if len(group) > 1 else np.zeros(1)
    return tuple(m._replace(share=m.share * (1.0 + part)) for m, part in zip(group, more.tolist(), strict=True))


def _tasks(touched: Mapping[Group, IntArray]) -> list[dict[Move, IntArray]]:
    """Return movements to be made together, one of each group of a colour, with the places that they may touch."""
    colours: list[tuple[set[int], list[Group]]] = []
    for group in sorted(touched, key=len, reverse=True):  # groups of one size come together
        at = set(touched[group].tolist())
        places, groups = next((one for one in colours if one[0].isdisjoint(at)), (None, None))
        if places is None or groups is None:
            colours.append((at, [group]))
        else:
            places |= at
            groups.append(group)
    return [
        {group[k]: touched[group] for group in groups if k < len(group)}
        for _, groups in colours
        for k in range(len(groups[0]))
    ]


def _parts(change: Change, task: Mapping[Move, IntArray]) -> dict[Move, Change] | None:
    """Return the part of each movement in what they change together; None where a place changes that none may touch."""
    where = {move: np.isin(change.at, at) for move, at in task.items()}
    if not np.logical_or.reduce(list(where.values())).all():
        return None
    return {move: change.part(mask) for move, mask in where.items()}
