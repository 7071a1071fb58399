"""Positions of the network's records by id, so that references become array indices once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fabopt.model.families import IntArray, ModelError
from fabopt.network.tables import Network


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Positions:
    """Position of every record in its table, by id."""

    material: Mapping[str, int]
    activity: Mapping[str, int]
    resource: Mapping[str, int]
    unit: Mapping[str, int]
    demand: Mapping[str, int]


def positions(net: Network) -> Positions:
    """Return the positions of all records.

    Raises
    ------
    ModelError
        If two records of one table share an id.
    """
    return Positions(
        material=_table("materials", net.materials),
        activity=_table("activities", net.activities),
        resource=_table("resources", net.resources),
        unit=_table("units", net.units),
        demand=_table("demands", net.demands),
    )


def lookup(table: Mapping[str, int], ids: Iterable[str], what: str) -> IntArray:
    """Return the positions of ``ids``; ``what`` says who refers to them.

    Raises
    ------
    ModelError
        If an id is not in the table.
    """
    try:
        return np.fromiter((table[i] for i in ids), dtype=np.int64)
    except KeyError as error:
        raise ModelError(f"{what} refers to {error.args[0]!r}, which is not in the network.") from None


def _table(what: str, records: Sequence[_HasId]) -> dict[str, int]:
    table = {record.id: i for i, record in enumerate(records)}
    if len(table) < len(records):
        seen: set[str] = set()
        double = next(r.id for r in records if r.id in seen or seen.add(r.id))  # type: ignore[func-returns-value]
        raise ModelError(f"Two {what} of the network have the id {double!r}; ids must be unique.")
    return table
