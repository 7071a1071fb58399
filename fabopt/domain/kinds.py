"""Kinds of things in the chain, each said once, and the roles that lowered records have in it.

A record of the network is found by its tags: ``kind`` is the class of thing that it was made from, ``role`` what it is
in the chain, ``field`` the place in the instance of the number it came from. Nothing is found by its id.

The registry (:data:`KINDS`) says of each kind where it stands in an instance, who owns it, what it refers to, how it is
split, bought and unlocked, and what it is called. How it is lowered is registered by the network
(`fabopt.network.lowering`). References, parties, policies, contracts, bills, flow diagrams and memos ask here and keep
no list of sections of their own. :mod:`fabopt.domain.extra` adds a kind to a program that runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from fabopt.domain.base import Record
from fabopt.domain.chips import Chip, Designer
from fabopt.domain.components import Component
from fabopt.domain.customers import Lab, Market, Site, Workload
from fabopt.domain.fabs import Fab
from fabopt.domain.lithography import ScannerClass
from fabopt.domain.memory import HbmGeneration, MemoryMaker
from fabopt.domain.nodes import Die, Node
from fabopt.domain.packaging import PackagingLine
from fabopt.domain.tasks import Model

Role = Literal[
    # activities
    "wafer_start", "interposer_start", "package_start", "component_order", "shipment", "operation", "run", "downgrade",
    "resale", "release", "idle", "take", "beyond", "shortfall", "credit", "remaining",
    "carriage", "charge", "joining", "chip_order", "ordered", "taste", "changed",
    # resources
    "wafer_starts", "tool_places", "exposures", "tool_output", "stacking", "qualified", "interposers", "bonding",
    "assembly", "component_capacity", "power", "ground", "supply",
    # units
    "tool_order", "expansion", "site_project", "qualification", "programme", "signature", "exercise", "exit", "tier",
    "switch",
    # materials
    "wafer", "die", "stack", "interposer", "component", "package", "asset", "running", "joined", "compute", "prepaid",
    # demands, budgets and rules on sums
    "want", "floor", "extra", "budget", "rule",
]  # fmt: skip
"""What a record is in the chain."""

ROLES: tuple[str, ...] = get_args(Role)
"""All roles."""


@dataclass(frozen=True, slots=True)
class Stake:
    """How a kind of thing is split by policies or traded under contracts.

    Attributes
    ----------
    role
        Of the records that stand for it: the capacity that is split, or the material that a source fills.
    unit
        Of amounts; a bare number means it.
    price
        Unit of prices; empty where nothing of it is sold under contracts.
    says
        What of the thing is meant, for the schema.
    listed
        Field of its list price; empty where it has none of its own.
    key
        Where it stands in `goods` and `splits`; empty: as its section.
    group
        Group of the names that may stand there; empty: as its section.
    """

    role: Role | Literal[""]
    unit: str
    price: str = ""
    says: str = ""
    listed: str = ""
    key: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of things in the chain.

    Attributes
    ----------
    name
        Its key: the tag ``kind`` of what it is lowered to.
    section
        Section of an instance that holds its records; they are mappings from ids.
    schema
        The record; None for what stands in the plain network.
    one, many, chinese
        Its word.
    unit
        What it is counted in.
    owner, region
        Where a record says whose it is and where: paths of fields; ``*`` is any id, ``[]`` any entry. Empty: it does
        not say.
    party
        Whether its ids are parties.
    refers
        Where a record names others, and the section or group of names they are in (patterns as in
        `fabopt.domain.references`).
    loose
        Of what it refers to, what it can do without: customers, nodes of a fab that others use.
    split
        How policies split it, and contracts let the buyer draw on it; None where they do not.
    bought
        How contracts bring it in from outside the instance; None where they do not.
    unlocked
        What of it contracts may unlock, for the schema; empty: nothing.
    paid
        What a payment for it is for, as the table ``transfers`` has it; empty where it is paid for with something else.
    parts
        What it is called as a part of a package, in a flow diagram; empty: by its word.
    users
        Kinds of parties that use it, where the data does not say who does; empty: any party may.
    """

    name: str
    section: str
    schema: type[Record] | None
    one: str
    many: str
    chinese: str
    unit: str = ""
    owner: str = ""
    region: str = ""
    party: bool = False
    refers: tuple[tuple[str, str], ...] = ()
    loose: tuple[str, ...] = ()
    split: Stake | None = None
    bought: Stake | None = None
    unlocked: str = ""
    paid: str = ""
    parts: str = ""
    users: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it stands in the plain network."""
        return self.schema is None

    @property
    def owned(self) -> bool:
        """Whether its records say whose they are, and not only which designer's or lab's."""
        return self.owner != "" and all(path != self.owner for path, _ in self.refers)

    def records(self, instance: Any) -> Mapping[str, Any]:
        """Return the records of an instance by id."""
        home = instance.network if self.plain else instance
        return {} if home is None else getattr(home, self.section)

    def owners(self, record: Any) -> tuple[str, ...]:
        """Return whose a record is; empty where it is nobody's or does not say."""
        return tuple(dict.fromkeys(name for name in at(record, self.owner) if name)) if self.owner else ()

    def holders(self, record: Any) -> tuple[Any, ...]:
        """Return the parts of a record that say whose they are: its sources, or itself."""
        part = self.owner.rpartition(".")[0]
        return tuple(at(record, part)) if part else (record,)

    def regions(self, record: Any) -> tuple[str, ...]:
        """Return where a record is."""
        return tuple(dict.fromkeys(name for name in at(record, self.region) if name)) if self.region else ()


def at(record: Any, path: str) -> Iterator[Any]:
    """Yield what stands in a record at a path of fields; ``*`` is any id, ``[]`` any entry, an id that is not there
    is passed over.
    """
    head, _, rest = path.partition(".")
    if head == "*":
        place = list(record.values())
    elif head == "[]":
        place = list(record)
    else:
        place = [getattr(record, head)]
    for one in place:
        yield from at(one, rest) if rest and one is not None else (() if one is None else (one,))


BUILT_IN = (
    Kind(
        "scanner", "scanners", ScannerClass, "scanner class", "scanner classes", "光刻机型号",
        unit="tool", owner="maker", region="region", paid="scanners",
        split=Stake("tool_output", "tool/year", "MUSD/tool", "Scanner classes, for the maker's output.", "price"),
    ),
    Kind(
        "node", "nodes", Node, "process node", "process nodes", "制程节点",
        unit="kwafer", refers=(("exposures.!", "scanners"),),
    ),
    Kind(
        "fab", "fabs", Fab, "fab", "fabs", "晶圆厂",
        unit="kwafer", owner="owner", region="region", paid="wafers",
        refers=(("nodes.[]", "nodes"), ("scanners.!", "scanners")), loose=("nodes.[]", "scanners.!"),
        split=Stake("wafer_starts", "kwafer/month", "USD/wafer", "Fabs, for their wafer starts."),
        unlocked="Fabs, for their expansion.",
    ),
    Kind(
        "hbm", "hbm", HbmGeneration, "HBM generation", "HBM generations", "HBM 代次",
        unit="kstack", paid="hbm", parts="HBM stacks",
        bought=Stake("stack", "kstack/month", "USD/stack", "HBM generation for the buyer, a designer, from outside."),
    ),
    Kind(
        "memory_maker", "memory_makers", MemoryMaker, "memory maker", "memory makers", "存储厂",
        unit="kwafer", owner="owner", region="region", paid="hbm",
        refers=(
            ("fab", "fabs"), ("node", "nodes"), ("offers.!", "hbm"), ("qualified.!", "designers"),
            ("qualified.*.!", "hbm"), ("qualifying.!", "designers"), ("qualifying.*.!", "hbm"),
            ("opening_share.!", "designers"),
        ),
        loose=("offers.!", "qualified.!", "qualified.*.!", "qualifying.!", "qualifying.*.!", "opening_share.!"),
        split=Stake("stacking", "kwafer/month", "USD/wafer", "Memory makers, for the DRAM wafers that they stack."),
        unlocked="Memory makers, for the expansion of their stacking.",
    ),
    Kind(
        "packaging_line", "packaging_lines", PackagingLine, "packaging line", "packaging lines", "封装产线",
        unit="kwafer", owner="owner", region="region", paid="packaging",
        split=Stake(
            "interposers", "kwafer/month", "USD/wafer", "Packaging lines, for their interposer wafers.", "wafer_price"
        ),
        unlocked="Packaging lines, for their expansion.",
    ),
    Kind(
        "component", "components", Component, "component", "components", "部件",
        unit="kpiece", owner="sources.*.owner", region="sources.*.region", paid="components", parts="components",
        refers=(
            ("needs.!", "components"), ("stock.!", "parties"), ("order_book.!", "parties"),
            ("sources.*.customers.[]", "parties"),
        ),
        loose=("stock.!", "order_book.!", "sources.*.customers.[]"),
        split=Stake(
            "component_capacity", "kpiece/month", "", "Components, for what all their sources together can deliver."
        ),
        bought=Stake("component", "kpiece/month", "USD/piece", "Component for the buyer, from outside."),
        unlocked="Components, for the expansion of the supplier's sources.",
    ),
    Kind(
        "designer", "designers", Designer, "designer", "designers", "芯片设计商",
        region="region", party=True, refers=(("lab", "labs"),), loose=("lab",),
    ),
    Kind(
        "die", "dies", Die, "die", "dies", "裸片",
        unit="kdie", owner="designer", paid="wafers", parts="logic dies",
        refers=(("designer", "designers"), ("node", "nodes"), ("fabs.!", "fabs")),
        bought=Stake(
            "die", "kdie/month", "USD/die", "Good dies of the buyer, a designer, from outside.", group="parts"
        ),
    ),
    Kind(
        "chip", "chips", Chip, "chip", "chips", "芯片",
        unit="kaccelerator", owner="designer", paid="accelerators", parts="interposers",
        refers=(
            ("designer", "designers"), ("boms.*.dies.!", "parts"), ("boms.*.hbm.!", "hbm"),
            ("boms.*.components.!", "components"), ("boms.*.technology", "technologies"),
            ("boms.*.lines.[]", "packaging_lines"), ("performance.!", "workloads"), ("customers.[]", "labs"),
            ("resale.labs.[]", "labs"), ("sells_as.[]", "chips"),
            ("programme.funded_by", "labs"),
        ),
        loose=("performance.!", "customers.[]", "resale.labs.[]", "sells_as.[]", "programme.funded_by"),
        split=Stake(
            "shipment", "kaccelerator/month", "USD/accelerator", "Chips, for what is shipped of them to labs.", "price"
        ),
        bought=Stake(
            "running", "kaccelerator", "USD/accelerator/month",
            "Running accelerators of a chip, rented from the fleet of a lab of the instance.", key="rented",
        ),
    ),
    Kind(
        "workload", "workloads", Workload, "workload", "workloads", "工作负载",
        unit="kH100e",
        bought=Stake(
            "compute", "kH100e", "USD/H100e/h",
            "Compute of a workload for the buyer, a lab: from outside, or leased from a lab of the instance.",
            key="compute",
        ),
    ),
    Kind("model", "models", Model, "AI model", "AI models", "模型", refers=(("compute.!", "workloads"),)),
    Kind(
        "lab", "labs", Lab, "lab", "labs", "实验室",
        region="region", party=True,
        refers=(
            ("designers.!", "designers"), ("demand.split.!", "workloads"), ("demand.tasks.*.split.!", "workloads"),
            ("demand.tasks.*.models.!", "models"), ("fleet.!", "sites"), ("fleet.*.!", "chips"),
            ("fit.!", "designers"), ("fit.*.workloads.!", "workloads"),
        ),
        loose=("designers.!", "fleet.!", "fleet.*.!", "fit.!", "fit.*.workloads.!"),
    ),
    Kind(
        "site", "sites", Site, "site", "sites", "园区",
        unit="MW", owner="lab", region="region", refers=(("lab", "labs"),),
    ),
    Kind(
        "market", "markets", Market, "market", "markets", "其他买家",
        unit="kwafer", region="region", party=True,
        refers=(("fabs.!", "fabs"), ("fabs.*", "nodes"), ("shares.!", "nodes"), ("qualified.!", "fabs")),
    ),
    Kind(
        "resource", "resources", None, "resource of the plain network", "resources of the plain network", "网络资源",
        owner="tags.owner", split=Stake("", "1", "1", "Resources of the plain network."),
    ),
    Kind(
        "material", "materials", None, "material of the plain network", "materials of the plain network", "网络物料",
        bought=Stake("", "1", "1", "Material of the plain network, from outside."),
    ),
    Kind(
        "unit", "units", None, "unit of the plain network", "units of the plain network", "网络单元",
        owner="tags.owner", unlocked="Units of the plain network.",
    ),
)  # fmt: skip
"""The kinds of fabopt itself."""

KINDS: dict[str, Kind] = {kind.name: kind for kind in BUILT_IN}
"""All kinds by name, in the order of an instance; :mod:`fabopt.domain.extra` may add to it."""


def things() -> tuple[Kind, ...]:
    """Return the kinds of things in the chain: all but those of the plain network."""
    return tuple(kind for kind in KINDS.values() if not kind.plain)


def of_section(section: str) -> Kind:
    """Return the kind whose records stand in a section."""
    return next(kind for kind in KINDS.values() if kind.section == section)


def splittable() -> dict[str, tuple[Kind, Stake]]:
    """Return what policies may split, by the field that names it."""
    return {kind.split.key or kind.section: (kind, kind.split) for kind in KINDS.values() if kind.split is not None}


def bought() -> dict[str, tuple[Kind, Stake]]:
    """Return what contracts may bring in from outside, by the field that names it."""
    return {kind.bought.key or kind.section: (kind, kind.bought) for kind in KINDS.values() if kind.bought is not None}


def tradable() -> dict[str, tuple[Kind, Stake]]:
    """Return what contracts may be about, by the field that names it: what is split, and what comes from outside."""
    return {**splittable(), **bought()}


def unlockable() -> dict[str, Kind]:
    """Return what contracts may unlock, by section."""
    return {kind.section: kind for kind in KINDS.values() if kind.unlocked}
