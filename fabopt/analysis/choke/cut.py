r"""The network's own word: minimum cuts on single-commodity layers, and single points of failure (F11).

On a network with one commodity, each node with a capacity, the most that flows equals the least capacity that
separates source from sink. There may be several such minimum cuts. With :math:`R` the residual graph of a maximum flow,

* the **source-most** cut is the border of all that the source still reaches in :math:`R`,
* the **sink-most** cut is the border of all that still reaches the sink in :math:`R`.

If they differ, every minimum cut lies between them and *all* must be relieved before anything more flows.

**Limits of this picture.** It holds for one commodity alone: no recipe that joins two inputs, no capacity that several
goods share at different rates, no time. Layers are therefore taken only where every activity has at most one input and
one output, and a capacity that is also used outside its layer is named. It is a picture and a check, never the verdict:
for a chip of one die and two stacks it would point at the wrong limit.

A **single point of failure** is a capacity, or an owner with all that is his, without which some good can no longer be
made at all, by reachability: an activity runs when all its inputs can be made and all its capacities are there. Stocks
are left aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.tolerances import CLOSE, SAME
from fabopt.network.tables import Array, Network

if TYPE_CHECKING:
    import networkx as nx

_SOURCE, _SINK = ("", "source"), ("", "sink")


@dataclass(frozen=True, slots=True)
class Cut:
    """A minimum cut: its nodes in the order of the network, and their capacity together."""

    nodes: tuple[str, ...]
    capacity: float


@dataclass(frozen=True, slots=True)
class Cuts:
    """The most that flows, with the first and the last of the minimum cuts.

    Attributes
    ----------
    flow
        Maximum flow, in the unit of the capacities.
    source_most, sink_most
        The minimum cuts next to the source and next to the sink.
    """

    flow: float
    source_most: Cut
    sink_most: Cut

    @property
    def unique(self) -> bool:
        """Whether there is one minimum cut only."""
        return set(self.source_most.nodes) == set(self.sink_most.nodes)


def minimum_cuts(capacities: Mapping[str, float], arcs: Collection[tuple[str, str]], source: str, sink: str) -> Cuts:
    """Return the source-most and the sink-most minimum cut of a network with capacities on its nodes.

    Parameters
    ----------
    capacities
        Capacity of every node that an arc names; infinite where there is none.
    arcs
        Pairs of nodes (from, to), without a capacity of their own.
    source, sink
        Two of the nodes.

    Raises
    ------
    ValueError
        If nothing limits the flow, or a node of an arc has no capacity given.
    """
    import networkx as nx
    from networkx.algorithms.flow import preflow_push

    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    for node, capacity in capacities.items():
        given = {} if np.isinf(capacity) else {"capacity": capacity}
        graph.add_edge((node, "in"), (node, "out"), **given)
    for tail, head in arcs:
        if tail not in capacities or head not in capacities:
            raise ValueError(f"The arc from {tail!r} to {head!r} names a node without a capacity.")
        graph.add_edge((tail, "out"), (head, "in"))
    try:
        residual = preflow_push(graph, (source, "in"), (sink, "out"))
    except nx.NetworkXUnbounded as error:
        raise ValueError(f"Nothing limits the flow from {source!r} to {sink!r}.") from error
    flow = float(residual.graph["flow_value"])
    open_arcs = _residual(residual, SAME * flow)
    reached = {(source, "in"), *nx.descendants(open_arcs, (source, "in"))}
    reaching = {(sink, "out"), *nx.ancestors(open_arcs, (sink, "out"))}
    first = [n for n in capacities if (n, "in") in reached and (n, "out") not in reached]
    last = [n for n in capacities if (n, "in") not in reaching and (n, "out") in reaching]
    return Cuts(flow, _cut(first, capacities), _cut(last, capacities))


def _residual(residual: nx.DiGraph[Any], small: float) -> nx.DiGraph[Any]:
    import networkx as nx

    left: nx.DiGraph[Any] = nx.DiGraph()
    left.add_nodes_from(residual)
    left.add_edges_from((u, v) for u, v, d in residual.edges(data=True) if d["capacity"] - d["flow"] > small)
    return left


def _cut(nodes: Sequence[str], capacities: Mapping[str, float]) -> Cut:
    return Cut(tuple(nodes), float(sum(capacities[n] for n in nodes)))


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of the network with one commodity, and its minimum cuts over the periods that count.

    Attributes
    ----------
    goods
        Names of its materials.
    unit
        Unit of the flow: that of the last material.
    cuts
        Its cuts; nodes by display name.
    shared
        Names of capacities that activities outside the layer use too, so that the layer may have less of them.
    """

    goods: tuple[str, ...]
    unit: str
    cuts: Cuts
    shared: tuple[str, ...]


def layer_cuts(net: Network, capacity: Array, made: Array) -> tuple[Layer, ...]:
    """Return the single-commodity layers of a network with at least two materials and one capacity, with their cuts.

    Parameters
    ----------
    net
        The network.
    capacity
        What of each resource is there in all the periods that count together, with what the plan adds [resources].
    made
        What of each material comes into being in those periods in the plan [materials]; it is what a layer gets of a
        material whose making joins several inputs.

    Returns
    -------
    tuple of Layer
        In the order of the network's materials. A part whose yields or rates differ by path is no single commodity and
        is left out.
    """
    recipes = _recipes(net)
    parts = _components(net, recipes)
    layer_cuts = []
    for goods in parts:
        layer = _layer(net, recipes, goods, capacity, made)
        if layer is not None:
            layer_cuts.append(layer)
    return tuple(layer_cuts)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Amounts of one start of an activity: inputs and outputs by material, uses by resource.

    ``simple``: at most one input, one output, and nothing that is given back after its use.
    """

    activity: str
    inputs: Mapping[str, float]
    outputs: Mapping[str, float]
    uses: Mapping[str, float]
    simple: bool


def _recipes(net: Network) -> list[_Recipe]:
    inputs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    outputs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    uses: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for flow in net.flows:
        mean = float(np.mean(flow.amount))
        side = inputs if mean < 0 else outputs
        side[flow.activity][flow.material] += abs(mean)
    for use in net.uses:
        uses[use.activity][use.resource] += float(np.mean(use.amount))
    recipes = []
    for activity in net.activities:
        taken, given = dict(inputs[activity.id]), dict(outputs[activity.id])
        simple = len(taken) <= 1 and len(given) == 1 and not taken.keys() & given.keys()
        recipes.append(_Recipe(activity.id, taken, given, dict(uses[activity.id]), simple))
    return recipes


def _components(net: Network, recipes: Sequence[_Recipe]) -> list[tuple[str, ...]]:
    """Return the sets of materials that simple activities turn into each other."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(m.id for m in net.materials)
    for r in recipes:
        if r.simple and r.inputs:
            graph.add_edge(*r.inputs, *r.outputs)
    order = {m.id: n for n, m in enumerate(net.materials)}
    parts = [tuple(sorted(part, key=order.__getitem__)) for part in nx.connected_components(graph)]
    return sorted((part for part in parts if len(part) > 1), key=lambda part: order[part[0]])


def _layer(
    net: Network, recipes: Sequence[_Recipe], goods: tuple[str, ...], capacity: Array, made: Array
) -> Layer | None:
    """Return the layer of ``goods``, or None where it is no single commodity or nothing limits it."""
    scale = _scales(recipes, goods)
    if scale is None:
        return None
    inside = [r for r in recipes if r.simple and scale.keys() & r.outputs.keys()]
    rates = _rates(inside, scale)
    if not rates:
        return None
    names = {m.id: m.name for m in net.materials} | {r.id: r.name for r in net.resources}
    flow = _Flow(net, scale, rates, capacity, made)
    for recipe in inside:
        flow.activity(recipe)
    for recipe in recipes:
        if not recipe.simple:
            flow.joint(recipe)
    flow.demands()
    try:
        cuts = minimum_cuts(flow.capacities, flow.arcs, "source", "sink")
    except ValueError:
        return None
    members = {r.activity for r in inside}
    shared = {u.resource for u in net.uses if u.resource in rates and u.activity not in members}
    last = next(m for m in net.materials if m.id == goods[-1])
    return Layer(
        goods=tuple(names[m] for m in goods),
        unit=last.unit,
        cuts=Cuts(cuts.flow, _named(cuts.source_most, flow.names), _named(cuts.sink_most, flow.names)),
        shared=tuple(r.name for r in net.resources if r.id in shared),
    )


def _named(cut: Cut, names: Mapping[str, str]) -> Cut:
    return Cut(tuple(names[n] for n in cut.nodes), cut.capacity)


def _scales(recipes: Sequence[_Recipe], goods: Sequence[str]) -> dict[str, float] | None:
    """Return how much of the last material one unit of each is worth, or None where paths differ."""
    links: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for r in recipes:
        if r.simple and r.inputs:
            (taken, amount), (given, yielded) = *r.inputs.items(), *r.outputs.items()
            links[given].append((taken, yielded / amount))
            links[taken].append((given, amount / yielded))
    scale = {goods[-1]: 1.0}
    todo = [goods[-1]]
    while todo:
        here = todo.pop()
        for there, ratio in links[here]:
            value = scale[here] * ratio
            if there not in scale:
                scale[there] = value
                todo.append(there)
            elif abs(scale[there] - value) > CLOSE * value:
                return None
    return scale


def _rates(inside: Sequence[_Recipe], scale: Mapping[str, float]) -> dict[str, float] | None:
    """Return the use of each resource per unit of flow, or None where activities differ."""
    rates: dict[str, float] = {}
    for r in inside:
        ((given, yielded),) = r.outputs.items()
        for resource, amount in r.uses.items():
            if amount <= 0:
                continue
            rate = amount / (yielded * scale[given])
            if abs(rates.setdefault(resource, rate) - rate) > CLOSE * rate:
                return None
    return rates


class _Flow:
    """Collects the nodes and arcs of a layer's flow network."""

    def __init__(
        self, net: Network, scale: Mapping[str, float], rates: Mapping[str, float], capacity: Array, made: Array
    ) -> None:
        self.net, self.scale = net, scale
        self.capacities = {"source": np.inf, "sink": np.inf}
        self.names: dict[str, str] = {}
        self.arcs: set[tuple[str, str]] = set()
        self.made = {m.id: float(made[n]) for n, m in enumerate(net.materials)}
        for n, resource in enumerate(net.resources):
            if resource.id in rates:
                self._node(f"resource {resource.id}", resource.name, float(capacity[n]) / rates[resource.id])
        for material in net.materials:
            if material.id in scale:
                self._node(f"material {material.id}", material.name, np.inf)

    def _node(self, key: str, name: str, capacity: float) -> None:
        self.capacities[key], self.names[key] = capacity, name

    def activity(self, recipe: _Recipe) -> None:
        """Lead a simple activity from its input (or the source) through its capacities to its output."""
        taken = f"material {next(iter(recipe.inputs))}" if recipe.inputs else "source"
        through = [f"resource {r}" for r, amount in recipe.uses.items() if amount > 0]
        path = [taken, *through, f"material {next(iter(recipe.outputs))}"]
        self.arcs.update(pairwise(path))

    def joint(self, recipe: _Recipe) -> None:
        """Let in what an activity of several inputs makes in the plan; let out what one takes."""
        for material in sorted(recipe.outputs.keys() - recipe.inputs.keys()):
            key = f"made {material}"
            if material in self.scale and key not in self.capacities:
                self._node(key, f"what is made of {self.names[f'material {material}']}",
                           self.made[material] * self.scale[material])  # fmt: skip
                self.arcs |= {("source", key), (key, f"material {material}")}
        for material in recipe.inputs:
            if material in self.scale:
                self.arcs.add((f"material {material}", "sink"))

    def demands(self) -> None:
        """Let out what customers want in the periods that are reported."""
        reported = np.array([p.reported for p in self.net.periods], dtype=bool)
        for demand in self.net.demands:
            if demand.material in self.scale:
                key = f"demand {demand.id}"
                wanted = float(demand.quantity[reported].sum())
                self._node(key, f"demand: {demand.name}", wanted * self.scale[demand.material])
                self.arcs |= {(f"material {demand.material}", key), (key, "sink")}


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """What cannot be made at all without one capacity, or without one owner.

    Attributes
    ----------
    kind
        ``resource`` or ``owner``.
    id, name
        Of the resource, or the owner's id twice.
    goods
        Names of the materials that nobody could make.
    demands
        Names of the demands that would get nothing.
    materials
        Ids of the materials that nobody could make.
    """

    kind: str
    id: str
    name: str
    goods: tuple[str, ...]
    demands: tuple[str, ...]
    materials: tuple[str, ...]


def single_points(net: Network) -> tuple[SinglePoint, ...]:
    """Return every capacity, and every owner, without which some good can no longer be made.

    The list begins with what takes away the most demands, then the most goods; equals stay in the order of the network.
    """
    recipes = _recipes(net)
    there = {r.id for r in net.resources if np.any(r.base > 0)}
    there |= {e.resource for e in net.unit_effects if np.any(e.profile > 0)}
    before = _makeable(recipes, there)
    cases = [("resource", r.id, r.name, {r.id}) for r in net.resources]
    owners = dict.fromkeys(r.tags.owner for r in net.resources if r.tags.owner)
    cases += [("owner", o, o, {r.id for r in net.resources if r.tags.owner == o}) for o in owners]
    single_points = []
    for kind, key, name, gone in cases:
        lost = before - _makeable(recipes, there - gone)
        if lost:
            goods = {m.id: m.name for m in net.materials if m.id in lost}
            demands = tuple(d.name for d in net.demands if d.material in lost)
            single_points.append(SinglePoint(kind, key, name, tuple(goods.values()), demands, tuple(goods)))
    return tuple(sorted(single_points, key=lambda s: (-len(s.demands), -len(s.goods))))


def _makeable(recipes: Sequence[_Recipe], resources: Collection[str]) -> set[str]:
    """Return the materials that can be made with the resources, stocks left aside."""
    able = [r for r in recipes if all(u in resources for u, amount in r.uses.items() if amount > 0)]
    made: set[str] = set()
    size = -1
    while len(made) > size:
        size = len(made)
        waiting = []
        for r in able:
            if r.inputs.keys() <= made:
                made |= r.outputs.keys()
            else:
                waiting.append(r)
        able = waiting
    return made
