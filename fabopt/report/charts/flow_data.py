"""What moves between the stages in a period, as it is drawn: small boxes joined, blocks in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fabopt.analysis.material_flow import (
    BUYERS,
    CHIPS,
    EXPOSURES,
    LABS,
    STAGES,
    STOCK,
    WAFERS,
    WORKLOADS,
    Flow,
    Node,
    in_order,
)
from fabopt.report.charts.style import OTHERS
from fabopt.report.names import PARTY, THING, ByKind
from fabopt.report.text import plain_line

BEFORE, AFTER = ((EXPOSURES,), (WAFERS,)), ((CHIPS,), (LABS,), (WORKLOADS,))
"""Blocks of the columns of the picture before and after the parts, left to right."""
MOST = {EXPOSURES: 5, WAFERS: 7, BUYERS: 1, CHIPS: 7, LABS: 9, WORKLOADS: 7}
"""Most nodes of a block, 4 of a kind of part; small ones are joined as others."""

PARTY_BLOCKS = (WAFERS, STAGES["interposer"], LABS)
"""Blocks whose boxes are parties."""


def name_of(node: Node, names: ByKind) -> str:
    """Return what a box is called."""
    return plain_line(names[PARTY if node.block in PARTY_BLOCKS else THING][node.name])


def columns(blocks: Iterable[str]) -> list[list[str]]:
    """Return the columns of the picture that hold some of the blocks: parts, and other buyers, stand in one."""
    there = dict.fromkeys(blocks)
    fixed = {block for column in (*BEFORE, *AFTER) for block in column} | {BUYERS}
    parts = (*in_order(block for block in there if block not in fixed), BUYERS)
    columns = [[block for block in column if block in there] for column in (*BEFORE, parts, *AFTER)]
    return [column for column in columns if column]


def shortened(flow: Flow) -> Flow:
    """Return a flow with the small boxes of each block joined as others; a box without a name is 'unnamed'."""
    kept: dict[Node, Node] = {}
    everyone: Iterable[Node] = dict.fromkeys([*flow.nodes, *(node for ends in flow.links for node in ends)])
    blocks: dict[str, list[Node]] = defaultdict(list)
    for node in everyone:
        blocks[node.block].append(node)
    for block, members in blocks.items():
        largest = sorted(members, key=lambda n: (n.name == STOCK, -flow.nodes.get(n, 0.0), n.name))
        most = MOST.get(block, 4)
        names = {n.name for n in largest[: most if len(largest) != most + 1 else most + 1]}
        for node in members:
            shown = node.name in names or node.name == STOCK
            kept[node] = Node(block, (node.name or "unnamed") if shown else OTHERS)
    nodes: dict[Node, float] = defaultdict(float)
    for node in everyone:
        nodes[kept[node]] += flow.nodes.get(node, 0.0)
    links: dict[tuple[Node, Node], tuple[float, str]] = {}
    for (a, b), (amount, unit) in flow.links.items():
        ends = kept[a], kept[b]
        links[ends] = (links.get(ends, (0.0, unit))[0] + amount, unit)
    return Flow(flow.period, dict(nodes), links)
