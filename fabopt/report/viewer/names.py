"""What ids are called on a page: parties by the names of designers, labs and markets, all else by its own name."""

from __future__ import annotations

from fabopt.analysis.explain.names import display_names, party_names
from fabopt.domain.instance import Instance

PARTY, THING = "party", "thing"
"""Kinds of names: an owner may have the id of one of its fabs."""


def names_of(data: Instance) -> dict[str, dict[str, str]]:
    """Return display names by kind of name and id; an id that is not there is its own name."""
    return {PARTY: party_names(data), THING: display_names(data)}
