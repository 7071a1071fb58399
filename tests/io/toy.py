"""A small schema with every kind of field, and a way to write an instance's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, Named, Record, Slug, When, Whole
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In
from fabopt.io.load import load_tree
from fabopt.io.validate import validate


class Note(Record):
    """A source."""

    title: str
    """Title."""


class Input(Record):
    """An amount; a bare number is one too."""

    amount: Annotated[Quantity, In("1", ge=0)]
    """Amount."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return raw if isinstance(raw, dict) and "amount" in raw else {"amount": raw}


class Fab(Record):
    """A fab."""

    capacity: Annotated[Quantity, In("kwafer/month", ge=0, series=True)]
    """Wafer starts."""
    price: Annotated[Quantity, In("USD/wafer", ge=0)] = Field(default=constant(100.0, "USD/wafer"))
    """Price of a wafer."""
    share: Annotated[Quantity, In("1", ge=0, le=1)] | None = None
    """Share."""
    kind: Literal["logic", "dram"] = "logic"
    """Kind."""
    opened: When | None = None
    """Opening."""
    shut: Flag = False
    """Whether it is shut."""
    lines: Annotated[Whole, Field(ge=1, lt=100)] = 1
    """Number of lines."""
    after: Slug | None = None
    """A fab that comes before."""
    inputs: Named[Input] = Field(default_factory=dict)
    """Inputs."""
    orders: dict[When, Annotated[Quantity, In("tool", ge=0)]] = Field(default_factory=dict)
    """Tools by date."""
    curve: dict[float, Annotated[Quantity, In("MUSD", ge=0)]] = Field(default_factory=dict)
    """Cost by size."""
    ramp: tuple[Annotated[Quantity, In("1", ge=0)], ...] = ()
    """Ramp."""

    @model_validator(mode="after")
    def _consistent(self) -> Fab:
        if self.shut and self.lines > 1:
            raise FieldProblem(
                [Fault(("lines",), "a shut fab has no lines", "leave 'lines' out"), Fault(("shut",), "it has lines")]
            )
        return self


class Toy(Record):
    """A toy instance."""

    title: str = ""
    """Title."""
    currencies: dict[str, Annotated[Quantity, In("1", gt=0)]] = Field(default_factory=dict)
    """Rates."""
    sources: Named[Note] = Field(default_factory=dict)
    """Sources."""
    fabs: Named[Fab] = Field(default_factory=dict)
    """Fabs."""

    @model_validator(mode="after")
    def _references(self) -> Toy:
        faults = [
            Fault(("fabs", name, "after"), f"'{fab.after}' is no fab")
            for name, fab in self.fabs.items()
            if fab.after is not None and fab.after not in self.fabs
        ]
        if faults:
            raise FieldProblem(faults)
        return self


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write an instance's files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def load(folder: Path, scenario: str | None = None, *sets: str) -> Toy:
    """Load a toy instance."""
    return validate(load_tree(folder, scenario, sets, Toy), Toy)
