"""Rules of predictions: outcomes that there are, held against those of as long a time before, in one unit."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.domain.base import Fault
from fabopt.domain.instance import Instance
from fabopt.domain.outcomes import Outcome
from fabopt.domain.predictions import Prediction

_LENGTH = 0.05
"""Share by which the two times may differ in length: years and quarters do."""


def prediction_faults(instance: Instance) -> Iterator[Fault]:
    """Yield what is wrong with `predictions` beside names that are no outcome's."""
    for key, prediction in instance.predictions.items():
        for fault in _prediction(instance, prediction):
            yield fault.under("predictions", key, "outcomes")


def _prediction(instance: Instance, prediction: Prediction) -> Iterator[Fault]:
    if not prediction.outcomes:
        yield Fault((), "nothing is predicted", "name outcomes, each with those of the time before")
    known = instance.outcomes
    there = {id: before for id, before in prediction.outcomes.items() if known.keys() >= {id, *before}}
    for id, before in there.items():
        first, predicted = known[next(iter(there))], known[id]
        if predicted.observed(instance.horizon.start):
            yield Fault((id,), "it was observed before the decision date, and no plan predicts it", "leave it out")
        if predicted.figure.unit != first.figure.unit:
            yield Fault((id,), f"it is {_counted(predicted)}, others are {_counted(first)}", _SPLIT)
        for name in before:
            yield from (fault.under(id) for fault in _before(predicted, name, known[name]))


_SPLIT = "errors in two units cannot be added up: state a prediction of each"


def _before(predicted: Outcome, name: str, base: Outcome) -> Iterator[Fault]:
    if base.figure.unit != predicted.figure.unit:
        message = f"'{name}' is {_counted(base)}, and what is predicted {_counted(predicted)}"
        yield Fault((), message, "give both in one unit")
    if base.until >= predicted.since:
        yield Fault((), f"'{name}' ends on {base.until}, and not before {predicted.since}", "name what came before")
    days, before = ((one.until - one.since).days + 1 for one in (predicted, base))
    if abs(before - days) > _LENGTH * days:
        yield Fault((), f"'{name}' is of {before} days, and not of {days}", "name an outcome of as long a time")


def _counted(outcome: Outcome) -> str:
    return "a bare number" if outcome.figure.unit == "1" else f"counted in {outcome.figure.unit}"
