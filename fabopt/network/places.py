"""Where the data of a limit stands: the field of the instance, and the file and line it was written in.

Lowering gives every record an id of a word and the ids of the instance's own records (``starts:north``); the word says
which field the record was made from, and its tags say whose. What the table of words does not know is looked for in the
plain network, whose records keep their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fabopt.domain.base import Path
from fabopt.domain.horizon import Pins
from fabopt.domain.instance import Instance
from fabopt.io.problems import Positions, dotted
from fabopt.network.tables import Network, Tags

_FIELDS: Mapping[tuple[str, str], str] = {
    ("starts", ""): "fabs.{item}.wafer_starts",
    ("space", ""): "fabs.{item}.free_space",
    ("output", ""): "scanners.{item}.output",
    ("exposures", ""): "fabs.{site}.scanners.{item}.opening",
    ("stacking", ""): "memory_makers.{item}.stacking",
    ("qualified", ""): "memory_makers.{site}.qualified",
    ("packaging", ""): "packaging_lines.{item}.capacity",
    ("bonding", ""): "packaging_lines.{item}.bonding",
    ("assembly", ""): "chips.{item}.assembly_capacity",
    ("substrate", ""): "substrates.{item}.capacity",
    ("power", ""): "sites.{site}.power",
    ("ground", ""): "sites.{site}.expansion.max_total",
    ("expand", "wafer"): "fabs.{item}.expansion",
    ("expand", "memory"): "memory_makers.{item}.expansion",
    ("expand", "packaging"): "packaging_lines.{item}.expansion",
    ("expand", "substrate"): "substrates.{item}.expansion",
    ("scanner", ""): "scanners.{item}",
    ("qualify", ""): "memory_makers.{site}.qualifying",
    ("build", ""): "sites.{site}.expansion",
    ("floor", ""): "markets.{item}.floor",
    ("more", ""): "markets.{item}.quantity",
    ("budget", ""): "labs.{lab}.budget",
}
"""Field by the word of the id, and by stage where several share a word."""

_SUMS: Mapping[str, str] = {
    "synchronised_load": "sites",
    "programme": "chips.{item}.programme",
    "contract_minimum": "contracts.{item}.minimum",
    "contract_maximum": "contracts.{item}.maximum",
    "contract_reserve": "contracts.{item}",
    "contract_unlock": "contracts.{item}.unlocks",
    "contract_term": "contracts.{item}",
    "policy_share": "policies.{item}",
    "policy_cap": "policies.{item}",
    "policy_floor": "policies.{item}",
    "share_cap": "diversity.{item}",
    "survival": "resilience.{item}",
}
"""Field by the family of a limit on a sum."""

_SECTION: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "capacity": ("resources", {"": "capacity"}),
    "balance": ("materials", {"at most": "receipts", "at least": "disposal"}),
    "stock": ("materials", {"": "stock_limit"}),
    "safety_stock": ("materials", {"": "safety_stock"}),
    "demand": ("demands", {"": "quantity"}),
    "backlog_balance": ("demands", {"": "quantity"}),
    "order": ("units", {"": "upper"}),
    "total_orders": ("units", {"": "total"}),
    "order_max": ("units", {"": "upper"}),
    "order_min": ("units", {"": "min_order"}),
    "installed": ("units", {"": "opening"}),
    "start": ("activities", {"": "upper", "at least": "lower"}),
    "max_level": ("activities", {"": "upper"}),
    "min_level": ("activities", {"": "lower"}),
    "min_run": ("activities", {"": "on_off"}),
    "budget": ("budgets", {"": "amount"}),
    "group_limit": ("groups", {"": "limit"}),
}
"""Section of the plain network that the records of a family stand in, and field of a limit by its side."""

_WHOLE = {"units": "whole", "activities": "lot", "whole_groups": "lot"}
"""Field by section that says what comes whole."""

_PINS = {"order": ("units",), "start": ("activities",), "pin": ("activities", "retired", "deliveries", "stocks")}
"""Sections of pins in which a decision of a family may be held."""


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where a limit's number stands: the field as a lever path, the file, the line; None and empty where unknown."""

    field: str
    file: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.where}: {self.field}" if self.where else self.field

    @property
    def where(self) -> str:
        """File and line; empty where they are unknown."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def field_of(net: Network, data: Instance, family: str, entity: str) -> str:
    """Return the field of the instance that a record of the network was made from; empty where there is none.

    Parameters
    ----------
    net, data
        The network and the instance it was lowered from.
    family, entity
        Family of the limit, and id of its record in the network.
    """
    section = _SECTION[family][0] if family in _SECTION else ""
    if data.network is not None and section and entity in getattr(data.network, section):
        return f"network.{section}.{entity}"
    tags = _tags(net, entity)
    if tags is not None and family in _SUMS:
        claimed = family.startswith("policy") and tags.customer in data.policies[tags.item].customers
        return _SUMS[family].format(item=tags.item) + (f".customers.{tags.customer}" if claimed else "")
    agreed = _agreed(data, entity)
    if agreed:
        return agreed
    if tags is None:
        return ""
    word = entity.partition(":")[0]
    template = _FIELDS.get((word, "")) or _FIELDS.get((word, tags.stage))
    if template is None and tags.lab and tags.workload:
        template = "labs.{lab}.demand.total"
    if template is None:
        return ""
    return template.format(item=tags.item, site=tags.site, lab=tags.lab)


def _agreed(data: Instance, entity: str) -> str:
    """Return the field of a policy (of a customer's claim, where it has one) or of a contract; empty if it is none."""
    word, record, customer = [*entity.split(":"), "", ""][:3]
    if word in {known for known, _ in _FIELDS}:
        return ""
    if record in data.policies:
        claim = f".customers.{customer}" if customer in data.policies[record].customers else ""
        return f"policies.{record}{claim}"
    return f"contracts.{record}" if record in data.contracts else ""


def _tags(net: Network, entity: str) -> Tags | None:
    sums = (*net.groups, *net.definitions)
    for records in (net.resources, net.units, net.demands, net.budgets, sums, net.materials, net.activities):
        for record in records:
            if record.id == entity:
                return record.tags
    return None


def place_of(
    net: Network,
    data: Instance,
    positions: Positions,
    family: str,
    entity: str,
    *,
    at: int = -1,
    period: str = "",
    side: str = "",
) -> DataPlace | None:
    """Return the field, file and line of a limit's data; None where no field is known.

    Parameters
    ----------
    net, data
        The network and the instance it was lowered from.
    positions
        Where each part of the instance was written.
    family, entity
        Family of the limit, and id of its record in the network; ``pin`` and ``whole`` are families too.
    at, period, side
        Position and label of the period, and which way it limits (at most, at least, exactly, whole); without a side
        the record is meant.
    """
    path = _pinned(data.pins, family, entity, period) or _stated(data, family, entity, at, period, side)
    if path is None:
        field = field_of(net, data, family, entity)
        if not field:
            return None
        path = tuple(int(part) if part.isdigit() else part for part in field.split("."))
    place = positions.find(path)
    return DataPlace(dotted(path), place.file if place else "", place.line if place else None)


def _pinned(pins: Pins, family: str, entity: str, period: str) -> Path | None:
    """Return the path of a pin that holds a decision in a period."""
    for section in _PINS.get(family, ()):
        if period in getattr(pins, section).get(entity, {}):
            return ("pins", section, entity, period)
    return None


def _stated(data: Instance, family: str, entity: str, at: int, period: str, side: str) -> Path | None:
    """Return the path of the number in the plain network that a limit of its records is."""
    plain = data.network
    if plain is None or not side:
        return None
    if family == "whole":
        at_home = [section for section in _WHOLE if entity in getattr(plain, section)]
        return ("network", at_home[0], entity, _WHOLE[at_home[0]]) if at_home else None
    section, fields = _SECTION.get(family, ("", {}))
    if not section or entity not in getattr(plain, section):
        return None
    record = getattr(plain, section)[entity]
    field = fields.get(side) or fields.get("") or ""
    if family == "order" and period in record.pinned:
        return ("network", section, entity, "pinned", period)
    if family == "balance" and at == 0 and record.opening is not None:
        field = "opening"
    elif family == "balance" and record.receipts is not None:
        field = "receipts"
    number = getattr(record, field, None)
    by_period = family not in ("budget", "group_limit") and isinstance(number, tuple) and at >= 0
    return ("network", section, entity, field, at) if by_period else ("network", section, entity, field)
