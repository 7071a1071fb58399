"""Rows that tie decisions of the plain `network:` section together: budgets, group limits, whole groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from fabopt.domain.base import Fault, FieldProblem, Flag, Frozen, Record, Slug, Whole
from fabopt.domain.plain_base import TAGS, Entry, Labels, LimitKind, Numbers, PeriodName, Positive

TermKind = Literal["activity", "unit", "demand", "stock", "retire", "placed", "on", "start", "stop"]
TERM_KINDS: tuple[TermKind, ...] = get_args(TermKind)
"""What a term may count; each is also the name of the field that holds the id."""

TERM_SECTIONS: Mapping[str, str] = {
    "activity": "activities",
    "unit": "units",
    "demand": "demands",
    "stock": "materials",
    "retire": "units",
    "placed": "units",
    "on": "activities",
    "start": "activities",
    "stop": "activities",
}
"""Section of the records that a term of each kind names."""

Windows = tuple[Annotated[tuple[PeriodName, ...], Field(min_length=1)], ...]


def _several(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


_WORDS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Words = Annotated[tuple[str, ...], BeforeValidator(_several), WithJsonSchema(_WORDS)]
Tagged = Frozen[str, Words | Frozen[str, Words]]


class Term(Record):
    """A coefficient times a decision: one of the ids says which, or `of` and `where`."""

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
    on: Slug | None = None
    """Activity of which a period in which it is on counts 1 (of several units, each one that is on)."""
    start: Slug | None = None
    """Activity of which each switch from off to on counts 1."""
    stop: Slug | None = None
    """Activity of which each switch from on to off counts 1."""
    of: TermKind | None = None
    """Instead of an id: what counts of every record that `where` chooses."""
    where: Tagged = Field(default_factory=dict)
    """Tags of the records that count: one value of each tag or one of a list (all records when left out); under `not`,
    tags of those that do not."""
    coefficient: Numbers | None = None
    """Factor in each period (1 when left out)."""
    shift: Annotated[Whole, Field(ge=0)] = 0
    """How many periods earlier the decision was taken."""

    @model_validator(mode="after")
    def _one_kind(self) -> Term:
        named = [kind for kind in TERM_KINDS if getattr(self, kind) is not None]
        if len(named) + (self.of is not None) != 1:
            raise FieldProblem([Fault((), "a term names exactly one of " + ", ".join((*TERM_KINDS, "of")))])
        if self.where and self.of is None:
            raise FieldProblem([Fault(("where",), "tags choose records where 'of' says what counts of them")])
        for path, tags in (((), self.where), (("not",), self.where.get("not", {}))):
            for tag, words in tags.items() if isinstance(tags, Mapping) else ():
                nested = isinstance(words, Mapping)
                if nested is not (tag == "not" and not path) or (tag not in TAGS and not nested):
                    hint = "tags are " + ", ".join(TAGS)
                    raise FieldProblem([Fault(("where", *path, tag), f"'{tag}' is no tag", hint)])
        return self

    @property
    def counted(self) -> tuple[TermKind, str]:
        """Kind and id of the decision; without an id, what counts of the records chosen."""
        if self.of is not None:
            return self.of, ""
        return next((kind, getattr(self, kind)) for kind in TERM_KINDS if getattr(self, kind) is not None)

    def chooses(self, tags: Labels) -> bool:
        """Whether a record with these tags counts."""
        wanted = {tag: words for tag, words in self.where.items() if tag != "not"}
        barred = self.where.get("not", {})
        assert isinstance(barred, Mapping)
        has_all = all(getattr(tags, tag) in words for tag, words in wanted.items())
        return has_all and not (barred and all(getattr(tags, tag) in words for tag, words in barred.items()))


def _or_loop(schema: JsonDict) -> None:
    """Let entries that are written once for a set stand in the list in the JSON Schema."""
    loop: JsonDict = {"type": "object", "required": ["for"], "properties": {"for": {"type": "object"}}}
    schema["items"] = {"anyOf": [schema["items"], loop]}


class Row(Entry):
    """A sum of terms, over each window of periods."""

    terms: Annotated[tuple[Term, ...], Field(min_length=1, json_schema_extra=_or_loop)]
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

    sense: Literal["<=", ">=", "=="] | None = None
    """Whether the sum is at most (`<=`, when left out), at least (`>=`) or exactly (`==`) the limit."""
    limit: Numbers | None = None
    """The limit (0 when left out); a list has one number for each window."""
    at_least: Numbers | None = None
    """Instead of `sense` and `limit`: what the sum is at least."""
    at_most: Numbers | None = None
    """Instead of `sense` and `limit`: what the sum is at most."""
    limit_kind: LimitKind = "policy"
    """What sort of limit it is to somebody who wants it moved."""
    relaxable: Flag = True
    """Whether anybody can move it; only then is that proposed."""

    @model_validator(mode="after")
    def _one_form(self) -> Group:
        two_sides = self.at_least is not None or self.at_most is not None
        if two_sides and (self.limit is not None or self.sense is not None):
            raise FieldProblem([Fault(("limit",), "give either 'sense' and 'limit', or 'at_least' and 'at_most'")])
        return self

    @property
    def sides(self) -> tuple[tuple[str, Literal["<=", ">=", "=="], Numbers | None], ...]:
        """Field, sense and number of each limit that it states."""
        sides: list[tuple[str, Literal["<=", ">=", "=="], Numbers | None]] = []
        if self.at_most is not None:
            sides.append(("at_most", "<=", self.at_most))
        if self.at_least is not None:
            sides.append(("at_least", ">=", self.at_least))
        return tuple(sides) or (("limit", self.sense or "<=", self.limit),)


class WholeGroup(Row):
    """Decisions of which only the sum must be a whole multiple of a lot."""

    lot: Positive | None = None
    """The lot (1 when left out)."""
