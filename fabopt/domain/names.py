"""What things and parties are called: the display names of an instance, and its ids as words where it gives none."""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS, things
from fabopt.domain.parties import parties


class Names(dict[str, str]):
    """Display names by id; what has none is called by its id."""

    def __missing__(self, id: str) -> str:
        return id


NO_NAMES = Names()
"""Nothing is called otherwise than by its id."""

ABBREVIATED = 3
"""Letters of an id of one word that is taken for an abbreviation."""


def readable(id: str) -> str:
    """Write an id as a name: ``Silicon North`` for ``silicon-north``, ``USA`` for ``usa``."""
    words = id.split("-")
    if len(words) == 1 and len(id) <= ABBREVIATED:
        return id.upper()
    return " ".join(word[:1].upper() + word[1:] for word in words)


def display_names(data: Instance) -> Names:
    """Return what chips, companies, sites, regions and whatever else an instance has are called, by id.

    An id may be that of several. A party is called as a lab, designer or market is, or as `parties` says, whatever else
    has its id; then come things, last rules (a policy, a taste). A thing or party without a name of its own is called
    by its id as words.
    """
    rules, called, sections = dict[str, str](), dict[str, str](), {kind.section for kind in KINDS.values()}
    for name, section in data:
        if isinstance(section, Mapping):
            of = ((str(id), getattr(record, "name", "")) for id, record in section.items())
            (called if name in sections else rules).update({id: told for id, told in of if told})
    ids = dict.fromkeys(data.regions)
    for kind in things():
        for id, record in kind.records(data).items():
            ids |= dict.fromkeys((id, *kind.regions(record)))
    spelled = {id: readable(id) for id in ids if id not in rules}
    return Names(spelled | rules | called | party_names(data))


def party_names(data: Instance) -> Names:
    """Return what parties are called: as a lab, designer or market is, or as `parties` says, else by the id as words.

    A fab, or a rule, may have the id of its owner, who is not called by its name.
    """
    sections = [kind.records(data) for kind in KINDS.values() if kind.party]
    records = {
        id: one for section in (*sections, data.parties) if isinstance(section, Mapping) for id, one in section.items()
    }
    named = {str(id): one.name for id, one in records.items() if getattr(one, "name", "")}
    return Names({id: readable(id) for id in parties(data)} | named)


def thing_names(data: Instance) -> Names:
    """Return what things are called: by their own names, also where a party has the id of one; all else as ever."""
    sections = (kind.section for kind in KINDS.values() if not (kind.party or kind.plain))
    records = (section for name in sections if isinstance(section := getattr(data, name), Mapping))
    named = {str(id): one.name for section in records for id, one in section.items() if getattr(one, "name", "")}
    return Names(display_names(data) | named)
