"""The network as a networkx graph, for drawing and for questions about paths.

Things (materials and resources) and doings (activities, units and demands) are its two kinds of node; every edge
joins one of each, in the direction in which something flows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from fabopt.network.tables import Activity, Array, Demand, Material, Network, Resource, Unit

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.DiGraph[tuple[str, str]]


def to_networkx(net: Network) -> Graph:
    """Build the bipartite directed graph of a network.

    Parameters
    ----------
    net
        The lowered network.

    Returns
    -------
    networkx.DiGraph
        Nodes are pairs (kind, id) with kind "material", "resource", "activity", "unit" or "demand", in the order of
        the tables; attributes `bipartite` (0 for things, 1 for doings), `record` (the first of the pair), `id`, `name`,
        `unit` and each tag.
        Edges have `role` ("input", "output", "use", "add", "occupy", "consume", "release", "deliver"), `ages` (tuple
        of int) and `amount` (sum over the ages of the mean over the periods; for an effect that lasts, its final
        value; for a delivery the quantity wanted in all).
    """
    import networkx as nx

    graph: Graph = nx.DiGraph()
    _add_nodes(graph, "material", 0, net.materials)
    _add_nodes(graph, "resource", 0, net.resources)
    _add_nodes(graph, "activity", 1, net.activities)
    _add_nodes(graph, "unit", 1, net.units)
    _add_nodes(graph, "demand", 1, net.demands)
    for flow in net.flows:
        activity, material = ("activity", flow.activity), ("material", flow.material)
        if flow.amount.max(initial=0.0) > 0:
            _add_edge(graph, activity, material, "output", flow.age, _mean(flow.amount))
        if flow.amount.min(initial=0.0) < 0:
            _add_edge(graph, material, activity, "input", flow.age, -_mean(flow.amount))
    for use in net.uses:
        _add_edge(graph, ("resource", use.resource), ("activity", use.activity), "use", use.age, _mean(use.amount))
    for effect in net.unit_effects:
        unit, resource = ("unit", effect.unit), ("resource", effect.resource)
        final = float(effect.profile.ravel()[-1] * (1.0 if effect.scale is None else effect.scale[0]))
        if final >= 0:
            _add_edge(graph, unit, resource, "add", effect.first_age, final)
        else:
            _add_edge(graph, resource, unit, "occupy", effect.first_age, -final)
    for part in net.unit_materials:
        unit, material = ("unit", part.unit), ("material", part.material)
        amount = float(np.mean(part.amount))
        if amount < 0:
            _add_edge(graph, material, unit, "consume", part.age, -amount)
        else:
            _add_edge(graph, unit, material, "release", part.age, amount)
    for demand in net.demands:
        wanted = float(demand.quantity.sum())
        _add_edge(graph, ("material", demand.material), ("demand", demand.id), "deliver", 0, wanted)
    return graph


def _mean(amount: Array) -> float:
    return float(np.mean(amount))


def _add_nodes(
    graph: Graph, kind: str, side: int, records: Iterable[Material | Resource | Activity | Unit | Demand]
) -> None:
    for record in records:
        unit = "" if isinstance(record, Demand) else record.unit
        graph.add_node(
            (kind, record.id),
            bipartite=side,
            record=kind,
            id=record.id,
            name=record.name,
            unit=unit,
            **asdict(record.tags),
        )


def _add_edge(graph: Graph, tail: tuple[str, str], head: tuple[str, str], role: str, age: int, amount: float) -> None:
    """Add an edge, or another age of one that is there."""
    if graph.has_edge(tail, head):
        edge = graph.edges[tail, head]
        edge["ages"] = (*edge["ages"], age)
        edge["amount"] += amount
    else:
        graph.add_edge(tail, head, role=role, ages=(age,), amount=amount)
