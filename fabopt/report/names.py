"""What ids are called in pictures and on pages: parties by the names of designers, labs and markets, else their own."""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.domain.instance import Instance
from fabopt.domain.names import NO_NAMES, Names, party_names, thing_names

PARTY, THING = "party", "thing"
"""Kinds of names: an owner may have the id of one of its fabs."""

COLUMNS = dict.fromkeys(
    ("lab", "designer", "owner", "party", "customer", "payer", "payee", "buyer", "supplier"), PARTY
) | dict.fromkeys(("chip", "site", "workload", "item", "node", "region", "origin", "destination"), THING)
"""Kind of the names of the ids in a column, or of the values of a tag."""

ByKind = Mapping[str, Names]
"""Names by kind."""

UNNAMED: ByKind = {PARTY: NO_NAMES, THING: NO_NAMES}
"""Nothing is called otherwise than by its id."""


def names_of(data: Instance) -> dict[str, Names]:
    """Return display names by kind of name and id; an id that is not there is its own name."""
    return {PARTY: party_names(data), THING: thing_names(data)}


def in_column(names: ByKind, column: str) -> Names:
    """Return what the ids in a column, or the values of a tag, are called."""
    return names[COLUMNS[column]] if column in COLUMNS else NO_NAMES
