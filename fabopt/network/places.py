"""Where the data of a limit stands: the field of the instance, and the file and line it was written in.

Lowering tags every record with the field that it was made from (`Tags.field`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fabopt.domain.base import Path
from fabopt.domain.horizon import Pins
from fabopt.domain.instance import Instance
from fabopt.domain.plain_sets import written_path
from fabopt.io.problems import Positions, dotted
from fabopt.network.tables import Network

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

_RECORDS = (
    "groups",
    "definitions",
    "resources",
    "units",
    "demands",
    "budgets",
    "materials",
    "activities",
    "whole_groups",
)
"""Records in which the entity of any other family is looked for."""

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


def field_of(net: Network, family: str, entity: str) -> str:
    """Return the field of the instance that a record of the network was made from; empty where there is none.

    Parameters
    ----------
    net
        The network.
    family, entity
        Family of the limit, and id of its record in the network.
    """
    section = _SECTION.get(family, ("",))[0]
    for name in (section,) if section else _RECORDS:
        for record in getattr(net, name):
            if record.id == entity:
                return str(record.tags.field)
    return ""


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
        field = field_of(net, family, entity)
        if not field:
            return None
        path = tuple(int(part) if part.isdigit() else part for part in field.split("."))
    place = positions.find(written_path(data, path))
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
    if family == "group_limit":
        field = record.sides[0][0]
    if family == "order" and period in record.pinned:
        return ("network", section, entity, "pinned", period)
    if family == "balance" and at == 0 and record.opening is not None:
        field = "opening"
    elif family == "balance" and record.receipts is not None:
        field = "receipts"
    number = getattr(record, field, None)
    by_period = family not in ("budget", "group_limit") and isinstance(number, tuple) and at >= 0
    return ("network", section, entity, field, at) if by_period else ("network", section, entity, field)
