"""Who is a party of an instance, and whose the things are that contracts speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fabopt.domain.instance import Instance
from fabopt.domain.kinds import of_section, things


def parties(instance: Instance) -> tuple[str, ...]:
    """Return the parties of an instance, in its order: labs, designers, owners of capacity, makers, other buyers, and
    the owners, customers and labs of its plain network, and whoever else its list of parties names.
    """
    parties: dict[str, None] = {}
    for kind in things():
        records = kind.records(instance)
        parties |= dict.fromkeys(records if kind.party else (who for r in records.values() for who in kind.owners(r)))
    if instance.network is not None:
        net = instance.network
        sections: list[Mapping[str, Any]] = [
            net.resources, net.materials, net.activities, net.units, net.demands, net.budgets
        ]  # fmt: skip
        for section in sections:
            for record in section.values():
                parties |= dict.fromkeys((record.tags.owner, record.tags.customer, record.tags.lab))
    if not isinstance(instance.parties, Mapping):  # what is known of a party makes none
        parties |= dict.fromkeys(instance.parties)
    parties.pop("", None)
    return tuple(parties)


def owners(instance: Instance, kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return who owns the things of a kind that are named (an empty text for what nobody owns); unknown names are
    passed over.
    """
    of = of_section(kind)
    records = of.records(instance)
    return tuple(dict.fromkeys(who for name in names if name in records for who in of.owners(records[name]) or ("",)))


def as_seen_by(instance: Instance, party: str) -> Instance:
    """Return an instance as a party weighs it: with the party's own discount rate, where it has one."""
    known = instance.parties[party] if isinstance(instance.parties, Mapping) and party in instance.parties else None
    if known is None or known.discount_rate is None:
        return instance
    return instance.model_copy(
        update={"horizon": instance.horizon.model_copy(update={"discount_rate": known.discount_rate})}
    )
