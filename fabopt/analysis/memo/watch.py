"""What to watch: the numbers whose next publication would move the plan, and whose it is.

A number is worth watching where knowing it before deciding is worth something, where an end of its range moves the plan
by more than a tolerance, or where a recommendation turns within its range. Those come first that are worth most to
know, then those that move the plan most. A number that nobody has published has no publisher: it can be asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from fabopt.analysis.memo.records import Amount, Assumption, Flip, Indicator
from fabopt.analysis.sensitivity.numbers import Numbers

MOST = 8
"""Numbers that a memo tells its reader to watch."""


def indicators(
    numbers: Numbers,
    assumptions: Sequence[Assumption],
    flips: Sequence[Flip],
    tolerance: float = 0.0,
    most: int = MOST,
) -> tuple[Indicator, ...]:
    """Return the numbers to watch, in the order of what it is worth to know them.

    Parameters
    ----------
    numbers
        The numbers of the instance.
    assumptions
        Those that the memo rests on, with what they change.
    flips
        Where recommendations turn against them.
    tolerance
        Change of the plan, in the unit of the objective, up to which a number moves nothing.
    most
        How many.
    """
    moving = [(a, moves) for a in assumptions if (moves := _moves(a)) is not None]
    indicators = [
        (a, moves, turns)
        for a, moves in moving
        if (turns := _turns(a, flips)) or abs(moves.value) > tolerance or _information(a) > tolerance
    ]
    indicators.sort(key=lambda one: (-_information(one[0]), -abs(one[1].value), one[0].path))
    return tuple(
        Indicator(
            path=a.path,
            name=a.name,
            publisher=_publisher(numbers, a.path),
            last_seen=a.as_of,
            value=a.value,
            moves=moves,
            turns=turns,
        )
        for a, moves, turns in indicators[:most]
    )


def _information(a: Assumption) -> float:
    return 0.0 if a.information is None else a.information.value


def _moves(a: Assumption) -> Amount | None:
    """Return the larger change of the plan at the ends of a number's range; None where neither is known."""
    ends = [end for end in (a.at_low, a.at_high) if end is not None]
    return max(ends, key=lambda end: abs(end.value), default=None)


def _turns(a: Assumption, flips: Sequence[Flip]) -> str:
    """Return the names of the recommendations that turn within a number's range, those nearest to it first."""
    mine = [flip for flip in flips if flip.path == a.path and flip.at is not None and flip.inside]
    mine.sort(key=lambda flip: abs(flip.at.value - flip.now.value) if flip.at is not None else 0.0)
    return "; ".join(dict.fromkeys(flip.recommendation_name for flip in mine))


def _publisher(numbers: Numbers, path: str) -> str:
    """Return the title of the youngest source of a number; empty where it has none."""
    notes = numbers.data.sources
    given = [notes[id] for id in numbers.quantity(path).source if id in notes]
    return max(given, key=lambda note: note.as_of).title if given else ""
