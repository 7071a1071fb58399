"""States that stand for draws, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fabopt.analysis.draws.states import DrawnStates
from fabopt.analysis.frames import frame_of
from fabopt.analysis.lever_names import lever_phrase
from fabopt.report.report import Report
from fabopt.report.text import Table, counted, few, percent

NAMED = 3


def drawn_states_report(record: DrawnStates, called: Callable[[str], str] = str) -> Report[DrawnStates]:
    """Return a few states that stand for many draws: their probabilities, and what is lost.

    Parameters
    ----------
    record
        The states.
    called
        What a number is called, by its path.
    """
    rows = [(one.name, percent(one.probability), _put_back(one.put_back)) for one in record.states]
    return Report(
        "states",
        record,
        (_sentence(record),),
        (Table(f"States, known from {record.since}", ("state", "probability", ""), rows, left=1),),
        tuple(_notes(record, called)),
        {"states": lambda: frame_of(record.states)},
    )


def _put_back(levers: tuple[str, ...]) -> str | None:
    return f"{counted(len(levers), 'number')} put back by a rule" if levers else None


def _sentence(record: DrawnStates) -> str:
    return (
        f"{counted(len(record.states), 'state')} stand for {counted(record.draws, 'draw')} of "
        f"{counted(len(record.levers), 'number')} of {record.name}, known from {record.since}; of what one state alone "
        f"would miss of the variety of the draws, they miss {percent(record.relative)}."
    )


def _notes(record: DrawnStates, called: Callable[[str], str]) -> Iterator[str]:
    yield (
        f"What they miss is their distance to the draws (Kantorovich's, {record.distance:.4g} mean spreads of the "
        "numbers), as a share of that of the best single draw. The more numbers are drawn, the more states it takes: "
        "name the few that matter (--lever; fabopt tornado finds them)."
    )
    if record.still:
        some = "; ".join(few([lever_phrase(called(path)) for path in record.still], NAMED))
        yield f"These cannot vary over time, so that no state changes them from a date on: {some}."
