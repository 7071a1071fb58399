"""What moves between the stages of the chain in a period: exposures, wafers, parts, packages, labs, workloads.

Each stage is counted in its own unit. Between two stages what is drawn is what changes hands in the period itself: with
lead times, the wafers that start are not those whose dies come out. Where several make and several take one material,
each taker gets the same mixture; what the takers get beyond what is made in the period comes from stock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.plan_tables import reported
from fabopt.domain.kinds import KINDS
from fabopt.domain.tolerances import rounding
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

EXPOSURES, WAFERS, CHIPS = "exposures", "wafer starts", "packages"
LABS, WORKLOADS = "compute of labs", "compute by workload"
STAGES = {"wafer": "logic dies", "memory": "HBM stacks", "interposer": "interposers", "component": "components"}
"""Blocks of parts by the stage that makes them, for what does not say its role."""
PART_ROLES = frozenset({"die", "stack", "interposer", "component"})
"""Roles of materials that go into packages, or with accelerators to a site."""
BUYERS = "other buyers"
STOCK = "from stock"
UNITS = {
    EXPOSURES: "thousand",
    WAFERS: "thousand wafers",
    BUYERS: "thousand wafers",
    LABS: "thousand H100e",
    WORKLOADS: "thousand H100e",
}
"""Unit of the boxes of each block; others are counted in thousands."""


def unit_of(block: str) -> str:
    """Return the unit of the boxes of a block."""
    return UNITS.get(block, "thousand")


def part_block(kind: str, role: str, stage: str) -> str:
    """Return the block of parts that a material with these tags belongs to; empty where it is no part."""
    if role == "interposer" or not role:
        return STAGES.get(stage, "")
    if role not in PART_ROLES:
        return ""
    return (KINDS[kind].parts or KINDS[kind].many) if kind in KINDS else STAGES.get(stage, "")


def in_order(blocks: Iterable[str]) -> list[str]:
    """Return blocks of parts in the order of the chain, those of other kinds last."""
    known = list(STAGES.values())
    return sorted(blocks, key=lambda block: known.index(block) if block in known else len(known))


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One box: its block and its name."""

    block: str
    name: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What moves in a period.

    Attributes
    ----------
    period
        Its label.
    nodes
        Amount of each box, in the unit of its block (:func:`unit_of`).
    links
        Amount between two boxes, with its unit.
    """

    period: str
    nodes: Mapping[Node, float]
    links: Mapping[tuple[Node, Node], tuple[float, str]]


def flow(read: Read, period: str) -> Flow:
    """Return what moves between the stages in a period.

    Parameters
    ----------
    read
        Returns a table by its name.
    period
        Label of a period of the horizon.
    """
    nodes: dict[Node, float] = defaultdict(float)
    links: dict[tuple[Node, Node], list[tuple[float, str]]] = defaultdict(list)

    def link(source: Node, target: Node, amount: float, unit: str) -> None:
        if amount > 0.0:
            links[source, target].append((amount, unit))

    _exposures(read, period, nodes, link)
    _wafers(read, period, nodes, link)
    _parts(read, period, nodes, link)
    _chips(read, period, nodes, link)
    _compute(read, period, nodes, link)
    joined = {ends: (sum(a for a, _ in flow), flow[0][1]) for ends, flow in links.items()}
    return Flow(period, dict(nodes), joined)


def busiest(read: Read) -> str:
    """Return the label of the first reported period in which most accelerators are shipped; without any, the last."""
    shipped = reported(read("domain/shipments")).groupby("period", sort=False)["kaccelerator"].sum()
    return str(shipped.idxmax() if len(shipped) else reported(read("core/periods"))["period"].iloc[-1])


Nodes = dict[Node, float]
Link = Callable[[Node, Node, float, str], None]


def _at(read: Read, name: str, period: str) -> pd.DataFrame:
    rows = read(name)
    return rows[rows["period"] == period]


def _exposures(read: Read, period: str, nodes: Nodes, link: Link) -> None:
    """Exposures by class of scanner, to the owner of the wafers."""
    scanner = read("core/resources").query("stage == 'lithography'").drop_duplicates("id").set_index("id")["item"]
    rows = _at(read, "core/uses", period)
    rows = rows[rows["resource"].isin(scanner.index)]
    for resource, owner, amount in zip(rows["resource"], rows["owner"], rows["amount"], strict=True):
        source = Node(EXPOSURES, str(scanner[resource]))
        nodes[source] += amount
        link(source, Node(WAFERS, str(owner)), amount, UNITS[EXPOSURES])


def _wafers(read: Read, period: str, nodes: Nodes, link: Link) -> None:
    """Wafers started by owner, to what is made of them."""
    rows = _at(read, "domain/wafer_starts", period)
    columns = [rows[name] for name in ("owner", "use", "node", "item", "kwafer")]
    for owner, use, process, item, amount in zip(*columns, strict=True):
        source = Node(WAFERS, str(owner))
        nodes[source] += amount
        if use == "market":
            target = Node(BUYERS, BUYERS)
            nodes[target] += amount
        else:
            target = Node(STAGES[use], part_name(STAGES[use], process, item, owner))
        link(source, target, amount, UNITS[WAFERS])


def part_name(block: str, process: str, item: str, owner: str) -> str:
    """Return what tells a part from others of its block: process node, what it is, or who makes it."""
    return str({STAGES["wafer"]: process, STAGES["interposer"]: owner}.get(block, item) or owner or item)


def _parts(read: Read, period: str, nodes: Nodes, link: Link) -> None:
    """Parts made in the period, and what of them goes into which chip; the rest of what is taken comes from stock."""
    materials = read("core/materials").drop_duplicates("id")
    tags = zip(*(materials[name] for name in ("id", "kind", "role", "stage")), strict=True)
    block = {material: name for material, *of in tags if (name := part_block(*of))}
    bought = set(materials.loc[materials["role"] == "component", "id"])
    rows = _at(read, "core/flows", period)
    rows = rows[rows["material"].isin(block)]
    made: dict[str, dict[Node, float]] = defaultdict(lambda: defaultdict(float))
    taken: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    columns = [rows[name] for name in ("material", "role", "stage", "node", "item", "owner", "chip", "amount")]
    for material, doing, stage, process, item, owner, chip, amount in zip(*columns, strict=True):
        name = block[material]
        if amount > 0.0 and (doing == "component_order" or stage in STAGES):
            made[material][Node(name, part_name(name, process, item, owner))] += amount
        elif amount < 0.0 and (doing == "shipment" or stage == "packaging"):
            taken[material][str(chip)] -= amount
    for material, name in block.items():
        out, wanted = sum(made[material].values()), sum(taken[material].values())
        if not wanted and material in bought:
            continue  # makers take it for what they make, or sites that grow
        makers = dict(made[material])
        for maker, amount in made[material].items():
            nodes[maker] += amount
        if wanted > out + rounding(wanted):
            makers[Node(name, STOCK)] = wanted - out
            nodes[Node(name, STOCK)] += wanted - out
        whole = sum(makers.values())
        for maker, amount in makers.items():
            for chip, share in taken[material].items():
                link(maker, Node(CHIPS, chip), amount * share / whole, unit_of(name))


def _chips(read: Read, period: str, nodes: Nodes, link: Link) -> None:
    """Packages by chip, made or shipped (whichever is more: what is shipped may come from stock), and to whom."""
    made, shipped = _at(read, "domain/packages", period), _at(read, "domain/shipments", period)
    out: dict[str, float] = defaultdict(float)
    for chip, lab, amount in zip(shipped["chip"], shipped["lab"], shipped["kaccelerator"], strict=True):
        out[str(chip)] += amount
        link(Node(CHIPS, str(chip)), Node(LABS, str(lab)), amount, "thousand accelerators")
    for chip, amount in zip(made["chip"], made["kpackage"], strict=True):
        nodes[Node(CHIPS, str(chip))] += amount
    for chip, amount in out.items():
        nodes[Node(CHIPS, chip)] = max(nodes[Node(CHIPS, chip)], amount)


def _compute(read: Read, period: str, nodes: Nodes, link: Link) -> None:
    """Compute delivered by lab and workload."""
    rows = _at(read, "domain/compute", period)
    for lab, workload, amount in zip(rows["lab"], rows["workload"], rows["delivered"], strict=True):
        if amount > 0.0:
            source, target = Node(LABS, str(lab)), Node(WORKLOADS, str(workload))
            nodes[source] += amount
            nodes[target] += amount
            link(source, target, amount, UNITS[WORKLOADS])
