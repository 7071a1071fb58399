"""A field of the schema that holds a quantity: its unit, its limits, and how it is read and described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.plausible import BY_UNIT, MOST, Usual
from fabopt.domain.quantity import Limits, Quantity
from fabopt.domain.quantity_raw import read_quantity
from fabopt.domain.quantity_schema import quantity_schema
from fabopt.domain.units import unit as check_unit


class In:
    """Declares a field's unit and limits: ``price: Annotated[Quantity, In("USD/wafer", ge=0)]``.

    Parameters
    ----------
    unit
        The unit in which the program sees the number, and in which a bare number is read.
    ge, gt, le, lt
        What every value, low and high must be: at least, more than, at most, less than.
    series
        Whether the number may vary over time.
    usual
        Plausible sizes, where they differ from those of other numbers in this unit (`fabopt.domain.plausible`).
    whole
        Whether only integers are plausible.
    """

    __slots__ = ("limits", "series", "unit")

    def __init__(
        self,
        unit: str,
        *,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
        series: bool = False,
        usual: tuple[float, float] | None = None,
        whole: bool = False,
    ) -> None:
        self.unit = unit
        plausible = BY_UNIT.get(unit) if usual is None else Usual(*usual)
        self.limits = Limits(ge, gt, MOST.get(unit) if le is None else le, lt, plausible, whole)
        self.series = series

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(Quantity.raw),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return quantity_schema(self.unit, self.limits, self.series)

    def _validate(self, raw: Any, info: core_schema.ValidationInfo[Any]) -> Quantity:
        rates = info.context.get("currencies") if isinstance(info.context, Mapping) else None
        return self.read(raw, rates)

    def read(self, raw: object, rates: Mapping[str, float] | None = None) -> Quantity:
        """Read the raw form of a quantity.

        Parameters
        ----------
        raw
            A number, a text, a mapping, or a quantity that is in the field's unit already.
        rates
            US dollars for one unit of each other currency.

        Raises
        ------
        FieldProblem
            With every fault found, each at its path inside `raw`.
        """
        if isinstance(raw, Quantity):
            if raw.unit != self.unit:
                check_unit(raw.unit)
                raise FieldProblem([Fault((), f"a quantity in '{raw.unit}' stands where '{self.unit}' is meant")])
            quantity = raw if raw.limits == self.limits else replace(raw, limits=self.limits)
        else:
            quantity = read_quantity(raw, self.unit, self.limits, rates)
        if quantity.shape != "constant" and not self.series:
            raise FieldProblem([Fault((quantity.shape,), "this number cannot vary over time; give one value")])
        return quantity


FEW = 4
"""Units that a hint names where there are many."""


class Amount(In):
    """An amount in one of several units, or a bare number that means the one that its place asks for.

    Parameters
    ----------
    units
        Units that may be written.
    signed
        Whether it may be negative.
    series
        Whether it may vary over time.
    usual
        Plausible sizes, where they differ from those of one thing's number in the unit.
    """

    __slots__ = ("least", "units", "usual")

    def __init__(
        self,
        units: Iterable[str],
        *,
        signed: bool = False,
        series: bool = True,
        usual: tuple[float, float] | None = None,
    ) -> None:
        self.least, self.usual = None if signed else 0.0, usual
        super().__init__("1", ge=self.least, series=series)
        self.units = tuple(dict.fromkeys(("1", *units)))

    def read(self, raw: object, rates: Mapping[str, float] | None = None) -> Quantity:
        """Read an amount in whichever of the units it is written."""
        for unit in self.units:
            try:
                In(unit, series=True).read(raw, rates)
            except FieldProblem:
                continue
            return In(unit, ge=self.least, series=self.series, usual=self.usual).read(raw, rates)
        return self._refused(raw, rates)

    def _refused(self, raw: object, rates: Mapping[str, float] | None) -> Quantity:
        """Raise what is wrong with a value that is in none of the units, with those that it may be in."""
        units = [unit for unit in self.units if unit != "1"]
        try:
            return In("1", ge=self.least, series=True).read(raw, rates)
        except FieldProblem as problem:
            shown = (
                f"{', '.join(units[:-1])} or {units[-1]}"
                if len(units) <= FEW
                else f"{', '.join(units[:FEW])} and so on"
            )
            hint = f"give a bare number, or one in {shown}"
            faults = [
                Fault(fault.path, fault.message.partition(", but this number")[0] + ", which is no unit here", hint)
                if ", but this number" in fault.message
                else fault
                for fault in problem.faults
            ]
            raise FieldProblem(faults) from None
