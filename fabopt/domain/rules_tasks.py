"""Rules of demand from tasks: the tokens of a tier, and the models that may serve it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, combinations

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar, Span
from fabopt.domain.customers import Lab
from fabopt.domain.instance import Instance
from fabopt.domain.tasks import Tier, compounded
from fabopt.domain.tolerances import SHARES, above


def tasks_faults(instance: Instance, calendar: Calendar, path: Path, lab: Lab) -> Iterator[Fault]:
    """Yield what is wrong with the tasks that a lab's customers ask for.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    path
        Where the lab stands.
    lab
        The lab.
    """
    for tier_id, tier in lab.demand.tasks.items():
        place: Path = (*path, "demand", "tasks", tier_id)
        total = sum(share.value for share in tier.split.values())
        if abs(total - 1.0) > SHARES:
            yield Fault((*place, "split"), f"the shares of the workloads in a task add up to {total:.4g}, not to 1")
        for workload_id in tier.split:
            workload = instance.workloads.get(workload_id)
            if workload is not None and workload.compute_weight.value == 0:
                message = f"no tokens can fall on {workload.name}: it is no accelerator compute"
                yield Fault((*place, "split", workload_id), message)
        missing = list(_missing(instance, place, tier))
        yield from missing
        if not missing:
            yield from _crossing(instance, calendar, place, tier)


def _missing(instance: Instance, place: Path, tier: Tier) -> Iterator[Fault]:
    """Workloads of a task on which a model runs none of its tokens."""
    for model_id in tier.models:
        model = instance.models.get(model_id)
        lacking = [] if model is None else [name for name in tier.split if name not in model.compute]
        if model is not None and lacking:
            message = f"tokens of {tier.name} fall on {' and '.join(lacking)}, for which {model.name} states no compute"
            yield Fault((*place, "models", model_id), message, f"add it under models.{model_id}.compute")


def _crossing(instance: Instance, calendar: Calendar, place: Path, tier: Tier) -> Iterator[Fault]:
    """Models of which neither needs more compute on every workload: no step leads from the one to the other."""
    known = [model_id for model_id in tier.models if model_id in instance.models]
    ends = list(accumulate(calendar.years))
    for one, other in combinations(known, 2):
        for span, end in zip(calendar.spans, ends, strict=True):
            first, second = (_compute(instance, tier, key, span, end) for key in (one, other))
            more = [name for name in tier.split if above(first[name], second[name])]
            less = [name for name in tier.split if above(second[name], first[name])]
            if more and less:
                names = [instance.models[key].name for key in (one, other)]
                yield Fault(
                    (*place, "models", other),
                    f"in {span.label} a task takes more {' and '.join(more)} with {names[0]} and more "
                    f"{' and '.join(less)} with {names[1]}, so neither is the dearer model",
                    "let one of them need at least as much compute on each workload, or serve the tier with one",
                )
                break


def _compute(instance: Instance, tier: Tier, model_id: str, span: Span, end: float) -> dict[str, float]:
    """Return the compute of a task by workload in a period, relative to the tier's tokens."""
    model = instance.models[model_id]
    left = tier.models[model_id].tokens.value * compounded((model.compute_growth,), end - span.years, end)
    return {name: left * model.compute[name].mean(span.start, span.end) for name in tier.split}
