"""Disruptions: suppliers that fail, how often, and how long they take to recover. No plan depends on them."""

from __future__ import annotations

from typing import Annotated, Literal

from fabopt.domain.base import Record, Slug
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In

Failing = Literal["designer", "foundry", "memory-maker", "packager", "owner", "region", "site"]
"""Kinds of what may fail: suppliers as in docs/diversity.md, or all that is made or run at a site (a fab, a line, a
memory maker, a site of a lab)."""


class Disruption(Record):
    """What may fail, how often, and how long it takes to recover."""

    name: str = ""
    """Display name; the id when left out."""
    of: Failing
    """designer, foundry, memory-maker, packager, owner, region (docs/diversity.md), or site: a fab, line or campus."""
    suppliers: tuple[Slug, ...] = ()
    """Which of the kind, each by itself; empty: every one."""
    recover: Annotated[Quantity, In("month", gt=0, usual=(0.1, 60))]
    """Time to recover: nothing begins there for so long. Drawn from its range, or from what `distributions` say."""
    frequency: Annotated[Quantity, In("1", ge=0, usual=(1e-4, 12))] | None = None
    """How often each of them fails, times a year; absent: what it would cost is told, and nothing is drawn."""
    note: str = ""
    """Where that comes from."""
