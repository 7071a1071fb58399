"""Activities of the plain `network:` section: what they take and make, and being on or off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from fabopt.domain.base import Fault, FieldProblem, Flag, Named, Record, Whole
from fabopt.domain.plain_base import Count, Counts, Entry, Numbers, Periods, Positive, Short, amount_form


class Portion(Short):
    """How much for each unit of an activity's level, and when after its start.

    A bare number, list or series is the amount. The whole amount falls `lead` periods after the start, unless
    it is spread evenly over a duration or given age by age.
    """

    amount: Counts | None = None
    """Amount for each unit of level, by the period of the start (1 when left out)."""
    lead: Periods | None = None
    """Periods from the start, fractions allowed (outputs: the activity's lead; else 0)."""
    spread: Periods | None = None
    """Duration in periods over which the amount falls evenly."""
    ages: Annotated[tuple[Count, ...], Field(min_length=1)] | None = None
    """Share of the amount that falls in each period from the lead on."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return amount_form(cls, raw)

    @model_validator(mode="after")
    def _one_shape(self) -> Portion:
        if self.spread is not None and self.ages is not None:
            raise FieldProblem([Fault(("ages",), "give either 'spread' or 'ages', not both")])
        return self


class Output(Portion):
    """What an activity makes."""

    yield_: Counts | None = Field(default=None, alias="yield")
    """Share of the amount that comes out good, by the period of the start (all of it when left out)."""


class OnOff(Record):
    """The activity is off, or on at a level between its lower and upper level."""

    fixed_cost: Numbers | None = None
    """Cost of each period in which it is on."""
    start_cost: Count | None = None
    """Cost of each switch from off to on."""
    min_run: Annotated[Whole, Field(ge=1)] = 1
    """Least number of periods that it stays on."""
    min_off: Annotated[Whole, Field(ge=1)] = 1
    """Least number of periods that it stays off."""
    was_on: Flag | Annotated[Whole, Field(ge=0)] = False
    """Whether it was on before the first period; of several units, how many were."""
    units: Annotated[Whole, Field(ge=1)] = 1
    """Number of identical units, of which any number may be on; lower and upper levels, costs and uses are of one."""
    uses_while_on: Named[Portion] = Field(default_factory=dict)
    """Resources used in each period in which it is on."""
    uses_per_start: Named[Portion] = Field(default_factory=dict)
    """Resources used by each switch from off to on."""
    inputs_while_on: Named[Portion] = Field(default_factory=dict)
    """Materials used in each period in which it is on."""
    inputs_per_start: Named[Portion] = Field(default_factory=dict)
    """Materials used by each switch from off to on."""

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> OnOff:
        if self.was_on > self.units:
            raise FieldProblem([Fault(("was_on",), f"{self.was_on:d} were on, and there are {self.units}")])
        return self


def _or_flag(schema: JsonDict) -> None:
    """Let `true` and `false` stand for the record in the JSON Schema."""
    forms = schema["anyOf"]
    assert isinstance(forms, list)
    schema["anyOf"] = [*forms, {"type": "boolean"}]


class Activity(Entry):
    """Turns materials into materials while it uses resources."""

    inputs: Named[Portion] = Field(default_factory=dict)
    """Materials used for each unit of level."""
    outputs: Named[Output] = Field(default_factory=dict)
    """Materials made for each unit of level."""
    uses: Named[Portion] = Field(default_factory=dict)
    """Resources used for each unit of level."""
    lead: Periods | None = None
    """Periods from start to output, fractions allowed (0 when left out)."""
    cost: Numbers | None = None
    """Cost for each unit of level; negative where it earns money."""
    lower: Counts | None = None
    """Least level in each period (with `on_off`: while on)."""
    upper: Counts | None = None
    """Most in each period."""
    lot: Positive | None = None
    """The level is a whole multiple of this."""
    on_off: OnOff | None = Field(default=None, json_schema_extra=_or_flag)
    """Give this, or just `true`, where it is either off or at least at its lower level."""

    @model_validator(mode="before")
    @classmethod
    def _plain_on(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and isinstance(raw.get("on_off"), bool):
            return {**raw, "on_off": {} if raw["on_off"] else None}
        return raw

    @model_validator(mode="after")
    def _most_of_one(self) -> Activity:
        if self.on_off is not None and self.on_off.units > 1 and self.upper is None:
            message = "several units need 'upper', the most that one can be while it is on"
            raise FieldProblem([Fault(("upper",), message)])
        return self
