"""States that stand for draws, in words."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.analysis.draws.states import DrawnStates
from fabopt.analysis.frames import frame_of
from fabopt.report.report import Report
from fabopt.report.text import Table, counted, few, listed, percent

NAMED = 3


def drawn_states_report(record: DrawnStates) -> Report[DrawnStates]:
    """Return a few states that stand for many draws: their probabilities, and what is lost."""
    rows = [(one.name, percent(one.probability), _put_back(one.put_back)) for one in record.states]
    return Report(
        "states",
        record,
        (_sentence(record),),
        (Table(f"States, known from {record.since}", ("state", "probability", ""), rows, left=1),),
        tuple(_notes(record)),
        {"states": lambda: frame_of(record.states)},
    )


def _put_back(levers: tuple[str, ...]) -> str | None:
    return f"{counted(len(levers), 'number')} put back by a rule" if levers else None


def _sentence(record: DrawnStates) -> str:
    return (
        f"{counted(len(record.states), 'state')} stand for {counted(record.draws, 'draw')} of "
        f"{counted(len(record.levers), 'number')} of {record.name}, known from {record.since}; their distance to the "
        f"draws is {percent(record.relative)} of that of the best single draw."
    )


def _notes(record: DrawnStates) -> Iterator[str]:
    yield (
        f"Kantorovich distance {record.distance:.4g}, in mean spreads of the numbers; the more numbers are drawn, the "
        "more states it takes: name the few that matter (--lever; fabopt tornado finds them)."
    )
    if record.still:
        some = listed(few(record.still, NAMED))
        yield f"These cannot vary over time, so that no state changes them from a date on: {some}."
