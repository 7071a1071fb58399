"""Demand from tasks: customers of a lab by tier, what they ask for, and the AI models that answer.

A tier's customers ask `tasks` a day, each of `tokens`, which fall on workloads (prompt: prefill; answer: decode). A
model of some quality needs `compute` for a million tokens of a workload, and a task that it serves is worth something.
Everything may change by a share a year, compounded from the decision date: the fall of the compute per token (cheaper
tokens), the rise of the value of a task (more intelligent tokens), the fall of the tokens per task.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, Named, Record
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In

Change = Annotated[Quantity, In("1/year", gt=-1, le=1000, usual=(0.001, 20))]
"""A change by a share a year: ``-30 %/year`` leaves 0.7 of it after a year, 0.49 after two."""

UNCHANGED = constant(0.0, "1/year")


class Model(Record):
    """An AI model that serves tasks: its quality is what a tier's tasks are worth with it."""

    name: str
    """Display name."""
    compute: Named[Annotated[Quantity, In("H100e*h/Mtoken", gt=0, series=True)]] = Field(min_length=1)
    """H100-equivalent hours for a million tokens, by workload."""
    compute_growth: Change = UNCHANGED
    """Change of the compute per token per year (cheaper tokens: below zero)."""


class Served(Record):
    """What a task of a tier is worth when a model serves it: exactly one of `worth`, `price` and `revenue`."""

    worth: Annotated[Quantity, In("USD/task", ge=0, series=True)] | None = None
    """Value of a task."""
    price: Annotated[Quantity, In("USD/Mtoken", ge=0, series=True)] | None = None
    """Price of a million tokens of the task."""
    revenue: Annotated[Quantity, In("USD/customer/month", ge=0, series=True)] | None = None
    """What a customer brings in a month in which the model serves all tasks."""
    tokens: Annotated[Quantity, In("1", gt=0, usual=(0.01, 100))] = Field(default=constant(1.0, "1"))
    """Tokens that a task takes with this model relative to the tier's `tokens`."""

    @model_validator(mode="after")
    def _one_worth(self) -> Served:
        given = [name for name in ("worth", "price", "revenue") if getattr(self, name) is not None]
        if len(given) != 1:
            said = " and ".join(f"'{name}'" for name in given)
            message = (
                f"a task is worth one thing, but {said} are given" if given else "nothing says what a task is worth"
            )
            hint = "give one of 'worth' (USD/task), 'price' (USD/Mtoken) and 'revenue' (USD/customer/month)"
            raise FieldProblem([Fault(tuple(given[1:2]), message, hint)])
        return self


class Tier(Record):
    """Customers of a lab that are alike: free, subscribers, developers, enterprises."""

    name: str
    """Display name."""
    customers: Annotated[Quantity, In("Mcustomer", ge=0, series=True)]
    """Customers, in millions."""
    customers_growth: Change = UNCHANGED
    """Change of their number per year."""
    tasks: Annotated[Quantity, In("task/customer/day", gt=0, series=True)]
    """Tasks per customer and day."""
    tasks_growth: Change = UNCHANGED
    """Change of the tasks per customer per year."""
    tokens: Annotated[Quantity, In("token/task", gt=0, series=True)]
    """Tokens per task, read and written."""
    tokens_growth: Change = UNCHANGED
    """Change of the tokens per task per year."""
    split: Named[Annotated[Quantity, In("1", gt=0, le=1)]] = Field(min_length=1)
    """Share of the tokens that falls on each workload; they add up to 1."""
    load_factor: Annotated[Quantity, In("1", gt=0, le=1)] = Field(default=constant(1.0, "1"))
    """Average over peak load: the compute that must stand ready is the average divided by this."""
    models: Named[Served] = Field(min_length=1)
    """Models that may serve the tasks, and what a task is worth with each."""
    value_growth: Change = UNCHANGED
    """Change of the value of a task per year, with every model (more intelligent tokens: above zero)."""


def compounded(changes: Iterable[Quantity], first: float, last: float) -> float:
    """Return what changes by a share a year leave of something, on average between two times.

    Parameters
    ----------
    changes
        Changes per year, which compound with each other.
    first, last
        Years after the decision date; at the same time what is left then.
    """
    force = sum(math.log1p(change.value) for change in changes)
    span = force * (last - first)
    return math.exp(force * first) * (math.expm1(span) / span if span else 1.0)


def served(tiers: Mapping[str, Tier]) -> tuple[str, ...]:
    """Return the workloads on which the tokens of tiers fall."""
    return tuple(dict.fromkeys(workload for tier in tiers.values() for workload in tier.split))
