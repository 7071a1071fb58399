"""Names that a question may use: those of the result, with the nearest where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from fabopt.errors import StudyError

NEAR = 3
"""Names that are offered in the place of one that is unknown."""


MOST = 12
"""Names that are listed where none is near."""


def known(kind: str, word: str, choices: Iterable[str], where: str) -> str:
    """Return a word if it is one of the choices, or the choice whose record has it as its name.

    Parameters
    ----------
    kind
        What the word names: lab, chip, limit, period.
    word
        What was asked for.
    choices
        What there is; records by id may be asked for by their display names too.
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
    if isinstance(choices, Mapping):
        called = [id for id in names if getattr(choices[id], "name", "").lower() == word.lower()]
        if len(called) == 1:
            return called[0]
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.lower(), name)
    near = [folded[match] for match in difflib.get_close_matches(word.lower(), folded, n=NEAR)]
    near = near or [name for name in names if word.lower() in name.lower()][:NEAR]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    some = f"{', '.join(names[:MOST])}{more}"
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has: {some or 'none'}."
    raise StudyError(f"There is no {kind} {word!r} in {where}; {hint}")
