"""Records of a network by their tags: the one way to find them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from fabopt.network.tables import Network, Tags


class Tagged(Protocol):
    """A record with an id and tags."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def tags(self) -> Tags:
        """Its tags."""


R = TypeVar("R", bound=Tagged)


def tagged(records: Iterable[R], **values: str) -> list[R]:
    """Return the records whose tags have all these values, in order: ``tagged(net.activities, role="shipment")``."""
    return [record for record in records if all(getattr(record.tags, tag) == of for tag, of in values.items())]


def ids(records: Iterable[R], **values: str) -> tuple[str, ...]:
    """Return the ids of the records whose tags have all these values."""
    return tuple(record.id for record in tagged(records, **values))


def packages(net: Network) -> dict[str, str]:
    """Return the material that finished packages of each chip are; where lanes make several, the first one shipped."""
    shipped = set(ids(net.activities, role="shipment"))
    taken = {flow.material for flow in net.flows if flow.activity in shipped}
    packages: dict[str, str] = {}
    for material in sorted(tagged(net.materials, role="package"), key=lambda m: m.id not in taken):
        packages.setdefault(material.tags.chip, material.id)
    return packages
