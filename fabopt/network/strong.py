"""Strongly connected groups of a directed graph (Tarjan, SIAM Journal on Computing 1(2), 1972, 146-160)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def strong_groups(followers: Mapping[Node, Iterable[Node]]) -> list[list[Node]]:
    """Group the nodes of a graph that can reach one another.

    Written without recursion, since a chain may be longer than Python's stack; a library would cost more time to
    import than this takes.

    Parameters
    ----------
    followers
        For every node, the nodes that its edges lead to.

    Returns
    -------
    list of list
        Every node in exactly one group; a group comes after those that it leads to.
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    groups: list[list[Node]] = []
    for root in followers:
        if root in number:
            continue
        walk: list[tuple[Node, Iterator[Node]]] = [(root, iter(followers[root]))]
        number[root] = lowest[root] = len(number)
        path.append(root)
        on_path.add(root)
        while walk:
            node, rest = walk[-1]
            for other in rest:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    path.append(other)
                    on_path.add(other)
                    walk.append((other, iter(followers[other])))
                    break
                if other in on_path:
                    lowest[node] = min(lowest[node], number[other])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    group: list[Node] = []
                    while not group or group[-1] != node:
                        group.append(path.pop())
                    on_path.difference_update(group)
                    groups.append(group[::-1])
    return groups
