"""What ids are called on a page: parties by the names of designers, labs and markets, all else by its own name."""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS
from fabopt.domain.names import display_names, party_names

PARTY, THING = "party", "thing"
"""Kinds of names: an owner may have the id of one of its fabs."""


def names_of(data: Instance) -> dict[str, dict[str, str]]:
    """Return display names by kind of name and id; an id that is not there is its own name."""
    names, made = display_names(data), dict[str, str]()
    for section in (kind.section for kind in KINDS.values() if not (kind.party or kind.plain)):
        made |= _named(getattr(data, section))
    return {PARTY: party_names(data), THING: names | made}


def _named(records: object) -> dict[str, str]:
    """Return the names of records, where they are a mapping and have any."""
    if not isinstance(records, Mapping):
        return {}
    return {str(id): record.name for id, record in records.items() if getattr(record, "name", "")}
