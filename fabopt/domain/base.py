"""Building blocks of the schema: records, ids, dates, plain scalars, frozen mappings, faults."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Generic, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fabopt.domain.calendar import parse_last, parse_when
from fabopt.errors import UserError

K = TypeVar("K")
V = TypeVar("V")
M = TypeVar("M", bound=BaseModel)

Path = tuple[str | int, ...]
"""Where something stands in an instance: keys and list positions from the top."""


class Record(BaseModel):
    """A frozen part of an instance: unknown fields are refused, and the docstring of a field describes it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,  # a year in a text field, such as as_of: 2026, is meant as text
        defer_build=True,  # what validates an instance is built once, not for each of its parts before
    )
    moved: ClassVar[Mapping[str, str]] = {}
    """Fields that it once had, and how what stood there is written now."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Describe the fields by their docstrings."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, says in meanings(cls).items():
            properties[name]["description"] = says
        return schema


def meanings(record: type[BaseModel]) -> dict[str, str]:
    """Return what each field of a record is, by the name under which it is written: the docstring below it.

    They are read from the source when somebody asks. To have pydantic do so for every record
    (``use_attribute_docstrings``) takes longer than all else that a small instance needs.
    """
    says: dict[str, str] = {}
    for kind in reversed(record.__mro__):
        says |= _docstrings(kind.__module__).get(kind.__qualname__, {})
    known = {name: field.description or says.get(name) for name, field in record.model_fields.items()}
    return {record.model_fields[name].alias or name: text for name, text in known.items() if text}


def by_fields(function: Callable[[type[M]], V]) -> Callable[[type[M]], V]:
    """Return a function that keeps what it says of a record for as long as the record has the same fields."""
    known: dict[type[M], tuple[tuple[str, ...], V]] = {}

    def kept(record: type[M]) -> V:
        names = tuple(record.model_fields)
        kept = known.get(record)
        if kept is None or kept[0] != names:
            kept = known[record] = names, function(record)
        return kept[1]

    return kept


@cache
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """Return the docstrings of the fields of each class of a module; none where the source is not at hand."""
    try:
        body = ast.parse(inspect.getsource(sys.modules[module])).body
    except (OSError, TypeError):
        return {}
    return {node.name: dict(_field_docstrings(node)) for node in body if isinstance(node, ast.ClassDef)}


def _field_docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, says in pairwise(node.body):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(says, ast.Expr) and isinstance(says.value, ast.Constant) and isinstance(says.value.value, str):
            yield field.target.id, inspect.cleandoc(says.value.value)


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
"""An id, or a reference to one: lower-case letters, digits and hyphens."""

_DATE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 1900, "maximum": 2200},
        {"type": "string", "pattern": r"^(end-)?[0-9]{4}(H[12]|Q[1-4]|W[0-9]{2}|-[0-9]{2}(-[0-9]{2})?)?$"},
    ]
}

When = Annotated[
    date,
    BeforeValidator(parse_when),
    WithJsonSchema(
        {"description": "A day: 2027-03-15; 2027, 2027Q1, 2027-03, 2027W05: first day; end-2026: last"} | _DATE_SCHEMA
    ),
]
"""A day of the calendar; a period stands for its first day, ``end-`` before it for its last."""

LastDay = Annotated[
    date,
    BeforeValidator(parse_last),
    WithJsonSchema({"description": "A last day: 2027-03-15; 2027, 2027Q1, 2027-03, 2027W05: last day"} | _DATE_SCHEMA),
]
"""The last day of something; a period stands for its last day, with and without ``end-``."""

Flag = Annotated[bool, Strict()]
"""True or false and nothing else (no ``yes``, no 1)."""

MOST_COUNTED = 10_000
"""The largest integer that a field which counts (steps, periods, ranks) admits."""

Whole = Annotated[int, Strict(), Field(le=MOST_COUNTED)]
"""An integer, never read from text or from true and false."""

Real = Annotated[float, Strict()]
"""A plain finite number without unit, never read from text or from true and false."""


class FrozenDict(dict[K, V], Generic[K, V]):
    """A mapping that cannot change, so that an instance is frozen all the way down; it pickles and copies."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("an instance is frozen; change it through a scenario, a lever or an overlay")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


Frozen = Annotated[dict[K, V], AfterValidator(FrozenDict)]
"""A frozen mapping: ``order_book: Frozen[When, Quantity]``."""

Named = Annotated[dict[Slug, V], AfterValidator(FrozenDict)]
"""A frozen mapping from ids to records: ``fabs: Named[Fab]``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong inside an instance, at a path relative to the part that was checked.

    Attributes
    ----------
    path
        Keys and list positions below that part; empty for the part itself.
    message
        A full sentence without its final stop.
    hint
        What to do about it, or empty.
    """

    path: Path
    message: str
    hint: str = ""

    def under(self, *keys: str | int) -> Fault:
        """Return the same fault at a path that begins further up, at a part that holds this one under some keys."""
        return Fault((*keys, *self.path), self.message, self.hint)


def each_alone(
    section: str, records: Mapping[str, V], faults_of: Callable[[V], Iterable[Fault]]
) -> Generator[Fault, None, dict[str, V]]:
    """Yield what is wrong with each record of a section by itself, and return those with which nothing is.

    Parameters
    ----------
    section
        Name of the section.
    records
        Its records by id.
    faults_of
        Returns the faults of one record, at paths relative to it.
    """
    sound: dict[str, V] = {}
    for key, record in records.items():
        faults = list(faults_of(record))
        yield from (fault.under(section, key) for fault in faults)
        if not faults:
            sound[key] = record
    return sound


class FieldProblem(UserError):  # noqa: N818 (it names what is wrong with fields)
    """Several faults of one record at once, each with its path; raised by validators of the schema.

    Parameters
    ----------
    faults
        At least one; their paths are relative to the record whose validator raises.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))
