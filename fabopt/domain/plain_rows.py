"""Rows that tie decisions of the plain `network:` section together: budgets, group limits, whole groups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, Record, Slug, Whole
from fabopt.domain.plain_base import Entry, LimitKind, Numbers, PeriodName, Positive

TERM_KINDS = ("activity", "unit", "demand", "stock", "retire", "placed")
"""What a term may count; each is also the name of the field that holds the id."""

Windows = tuple[Annotated[tuple[PeriodName, ...], Field(min_length=1)], ...]


class Term(Record):
    """A coefficient times a decision: one of the six ids says which."""

    activity: Slug | None = None
    """Activity whose level counts."""
    unit: Slug | None = None
    """Unit whose orders count."""
    demand: Slug | None = None
    """Demand whose deliveries count."""
    stock: Slug | None = None
    """Material whose stock at the end of the period counts."""
    retire: Slug | None = None
    """Unit whose retirements count."""
    placed: Slug | None = None
    """Unit of which a period with an order counts 1 (it needs a fixed cost or a least order)."""
    coefficient: Numbers | None = None
    """Factor in each period (1 when left out)."""
    shift: Annotated[Whole, Field(ge=0)] = 0
    """How many periods earlier the decision was taken."""

    @model_validator(mode="after")
    def _one_kind(self) -> Term:
        if sum(getattr(self, kind) is not None for kind in TERM_KINDS) != 1:
            raise FieldProblem([Fault((), "a term names exactly one of " + ", ".join(TERM_KINDS))])
        return self

    @property
    def counted(self) -> tuple[Literal["activity", "unit", "demand", "stock", "retire", "placed"], str]:
        """Kind and id of the decision."""
        for kind in TERM_KINDS:
            name = getattr(self, kind)
            if name is not None:
                return kind, name  # type: ignore[return-value]
        raise ValueError("a term names exactly one of " + ", ".join(TERM_KINDS))


class Row(Entry):
    """A sum of terms, over each window of periods."""

    terms: Annotated[tuple[Term, ...], Field(min_length=1)]
    """What is added up."""
    window: Literal["period", "year", "horizon"] = "period"
    """Over what it is added up: each period, each calendar year, or the whole horizon."""
    windows: Windows = ()
    """Instead of `window`: lists of periods, by label or by number from 1."""


class Budget(Row):
    """A ceiling on a party's spending."""

    amount: Numbers
    """Money that may be spent; a list has one number for each window."""


class Group(Row):
    """A limit on a sum of decisions."""

    sense: Literal["<=", ">=", "=="] = "<="
    """Whether the sum is at most, at least or exactly the limit."""
    limit: Numbers | None = None
    """The limit (0 when left out); a list has one number for each window."""
    limit_kind: LimitKind = "policy"
    """What sort of limit it is to somebody who wants it moved."""
    relaxable: Flag = True
    """Whether anybody can move it; only then is that proposed."""


class WholeGroup(Row):
    """Decisions of which only the sum must be a whole multiple of a lot."""

    lot: Positive | None = None
    """The lot (1 when left out)."""
