"""Names that a question may use: those of the result, with the nearest where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS
from fabopt.errors import StudyError

NEAR = 3
"""Names that are offered in the place of one that is unknown."""


MOST = 12
"""Names that are listed where none is near."""


def known(kind: str, word: str, choices: Iterable[str], where: str) -> str:
    """Return a word if it is one of the choices.

    Parameters
    ----------
    kind
        What the word names: lab, chip, limit, period.
    word
        What was asked for.
    choices
        What there is.
    where
        Name of the instance.

    Raises
    ------
    StudyError
        If it is none of them, with the nearest.
    """
    names = list(dict.fromkeys(choices))
    if word in names:
        return word
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.lower(), name)
    near = [folded[match] for match in difflib.get_close_matches(word.lower(), folded, n=NEAR)]
    near = near or [name for name in names if word.lower() in name.lower()][:NEAR]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    some = f"{', '.join(names[:MOST])}{more}"
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has: {some or 'none'}."
    raise StudyError(f"There is no {kind} {word!r} in {where}; {hint}")


def display_names(data: Instance) -> dict[str, str]:
    """Return the display names of chips, companies, sites and whatever else an instance names, by id.

    A rule (a policy, a taste) may have the id of the thing that it is about: the id is then called by the thing's name.
    """
    things, things_and_rules = {kind.section for kind in KINDS.values()}, dict[str, str]()
    for rule in (True, False):
        for name, section in data:
            if isinstance(section, Mapping) and (name not in things) == rule:
                named = ((str(id), getattr(record, "name", "")) for id, record in section.items())
                things_and_rules |= {id: called for id, called in named if called}
    return things_and_rules


def party_names(data: Instance) -> dict[str, str]:
    """Return the display names of parties by id: designers, labs, markets, and what the instance says of parties.

    A fab, or a rule, may have the id of its owner, who is not called by its name.
    """
    sections = [getattr(data, kind.section) for kind in KINDS.values() if kind.party]
    records = {
        id: record for one in (*sections, data.parties) if isinstance(one, Mapping) for id, record in one.items()
    }
    return {str(id): record.name for id, record in records.items() if getattr(record, "name", "")}
