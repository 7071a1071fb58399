"""Numbers, labels and short forms of the plain `network:` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from fabopt.domain.base import Fault, FieldProblem, FrozenDict, Record
from fabopt.domain.calendar import MOST_PERIODS
from fabopt.domain.kinds import Role
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In


class PerPeriod(In):
    """A number that may be written as a list with one number for each period (or window)."""

    __slots__ = ()

    def __init__(self, unit: str, *, ge: float | None = None, gt: float | None = None) -> None:
        super().__init__(unit, ge=ge, gt=gt, series=True)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate_any, serialization=core_schema.plain_serializer_function_ser_schema(_raw)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        single = super().__get_pydantic_json_schema__(schema, handler)
        entry = self._entry().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [single, {"type": "array", "items": entry, "minItems": 1}]}

    def _entry(self) -> In:
        return In(self.unit, ge=self.limits.ge, gt=self.limits.gt)

    def _validate_any(self, raw: Any, info: core_schema.ValidationInfo[Any]) -> Quantity | tuple[Quantity, ...]:
        if not isinstance(raw, list | tuple):
            return self._validate(raw, info)
        faults: list[Fault] = [] if raw else [Fault((), "the list is empty; give one number for each period")]
        numbers: list[Quantity] = []
        entry = self._entry()
        for place, number in enumerate(raw):
            try:
                numbers.append(entry._validate(number, info))
            except FieldProblem as problem:
                faults += (Fault((place, *fault.path), fault.message, fault.hint) for fault in problem.faults)
        if faults:
            raise FieldProblem(faults)
        return tuple(numbers)


class OrWord(PerPeriod):
    """A number, or a word; as a list too, one for each period, unless it is single."""

    __slots__ = ("single", "word")

    def __init__(self, word: str, *, single: bool = False) -> None:
        super().__init__("1", ge=0)
        self.word, self.single = word, single

    def _validate_any(self, raw: Any, info: core_schema.ValidationInfo[Any]) -> Any:
        if raw == self.word:
            return raw
        return self._entry()._validate(raw, info) if self.single else super()._validate_any(raw, info)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = self._entry() if self.single else PerPeriod(self.unit, ge=self.limits.ge)
        return {"anyOf": [whole.__get_pydantic_json_schema__(schema, handler), {"const": self.word}]}


class _Raw(PerPeriod):
    """A number, list or series that stays as it is written: the records that it goes into read it."""

    __slots__ = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {}


def _raw(numbers: Quantity | tuple[Quantity, ...] | str) -> Any:
    if isinstance(numbers, str):
        return numbers
    return [number.raw() for number in numbers] if isinstance(numbers, tuple) else numbers.raw()


def _period_text(raw: object) -> object:
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


Number = Annotated[Quantity, In("1")]
Count = Annotated[Quantity, In("1", ge=0)]
Periods = Annotated[Quantity, In("1", ge=0, le=MOST_PERIODS)]
Positive = Annotated[Quantity, In("1", gt=0)]
Share = Annotated[Quantity, In("1", ge=0, le=1)]
Numbers = Annotated[Quantity | tuple[Quantity, ...], PerPeriod("1")]
Counts = Annotated[Quantity | tuple[Quantity, ...], PerPeriod("1", ge=0)]
Wanted = Annotated[Quantity | tuple[Quantity, ...] | Literal["unlimited"], OrWord("unlimited")]
LastStock = Annotated[Quantity | Literal["opening"], OrWord("opening", single=True)]
AsWritten = Annotated[Quantity | tuple[Quantity, ...], _Raw("1")]
PeriodName = Annotated[str, BeforeValidator(_period_text)]
ByPeriod = Annotated[dict[PeriodName, Count], AfterValidator(FrozenDict)]
LimitKind = Literal["physical", "contract", "policy", "demand", "cash", "law"]


class Labels(Record):
    """Where a record stands in the chain; results are filtered by these."""

    stage: str = ""
    """Stage of the chain, such as 'packaging'."""
    owner: str = ""
    """Whose it is."""
    customer: str = ""
    """On whose behalf it runs."""
    item: str = ""
    """What it is about."""
    node: str = ""
    """Process node."""
    chip: str = ""
    """Chip."""
    lab: str = ""
    """Lab."""
    site: str = ""
    """Site."""
    region: str = ""
    """Region."""
    workload: str = ""
    """Workload."""
    kind: str = ""
    """Kind of thing, such as 'chip' or 'site'."""
    role: Role | None = None
    """What it is in the chain, such as 'shipment' or 'wafer_starts'."""


TAGS = tuple(Labels.model_fields)
"""Names of the labels."""


class Entry(Record):
    """What every record of the network has: a display name, a unit for people, labels."""

    name: str = ""
    """Display name; the id when left out."""
    unit: str = ""
    """Unit in which it is counted, free text for people."""
    tags: Labels = Labels()
    """Where it stands in the chain."""


class Short(Record):
    """A record instead of which what its first field holds may stand alone."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        first = next(iter(handler.resolve_ref_schema(schema)["properties"].values()))
        alone = {key: value for key, value in first.items() if key not in ("default", "description", "title")}
        return {"anyOf": [schema, alone]}


def amount_form(record: type[BaseModel], raw: Any) -> Any:
    """Read a bare amount (`2`, `[2, 3]`, `{value: 2, source: ...}`) as a record with only an amount.

    A mapping is the record itself when it names one of its fields.
    """
    if isinstance(raw, record):
        return raw
    if isinstance(raw, Mapping):
        fields = {field.alias or name for name, field in record.model_fields.items()}
        if not raw or fields & raw.keys():
            return raw
    return {"amount": raw}
