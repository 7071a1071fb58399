"""What the manifest of a result holds, by name and kind; more may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

STRICT = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Options(BaseModel):
    model_config = STRICT

    objective: Literal["value", "compute", "time_to_compute", "least_cost", "max_min"]
    by: str | None
    target: float | None
    measure: str
    demands: list[str]
    gap: float
    gap_from: Literal["flag", "instance", "size"]
    seed: int
    perspective: str


class _Manifest(BaseModel):
    model_config = STRICT

    instance: str
    scenario: str | None
    sets: list[str]
    input_hash: str
    money_unit: str
    options: _Options
    status: Literal["optimal", "within_gap", "wider_gap", "time_limit", "interrupted"]
    has_plan: bool
    objective_name: str
    objective_unit: str
    objective: float
    bound: float | None
    gap: float | None
    gap_denominator: float | None
    reached: str | None
    value: float
    constant_value: float
    given: dict[str, float] | None
    seconds: float
    stages: list[dict[str, Any]]
    size: dict[str, int]
    periods: list[str]
    versions: dict[str, str]
    files: dict[str, str]


def fault_of(model: type[BaseModel], record: Mapping[str, Any]) -> str:
    """Return what is wrong with a record that should be one of `model`: "field: what"; nothing when all is well."""
    try:
        model.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""


def manifest_fault(record: Mapping[str, Any]) -> str:
    """Return what is wrong with the manifest of a result; nothing when all is well."""
    return fault_of(_Manifest, record)
