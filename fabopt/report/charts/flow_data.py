"""What moves between the stages in a period, as it is drawn: small boxes joined, blocks in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fabopt.analysis.material_flow import BUYERS, CHIPS, EXPOSURES, LABS, PARTS, STOCK, WAFERS, WORKLOADS, Flow, Node
from fabopt.report.charts.style import OTHERS

COLUMNS = ((EXPOSURES,), (WAFERS,), (*PARTS.values(), BUYERS), (CHIPS,), (LABS,), (WORKLOADS,))
"""Blocks of each column of the picture, left to right."""
MOST = {EXPOSURES: 5, WAFERS: 7, **dict.fromkeys(PARTS.values(), 4), BUYERS: 1, CHIPS: 7, LABS: 9, WORKLOADS: 7}
"""Most nodes of a block; small ones are joined as others."""


def shortened(flow: Flow) -> Flow:
    """Return a flow with the small boxes of each block joined as others; a box without a name is 'unnamed'."""
    kept: dict[Node, Node] = {}
    everyone: Iterable[Node] = dict.fromkeys([*flow.nodes, *(node for ends in flow.links for node in ends)])
    blocks: dict[str, list[Node]] = defaultdict(list)
    for node in everyone:
        blocks[node.block].append(node)
    for block, members in blocks.items():
        largest = sorted(members, key=lambda n: (n.name == STOCK, -flow.nodes.get(n, 0.0), n.name))
        most = MOST[block]
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
