"""The plain `network:` section: a process network stated directly, alone or beside a chip supply chain.

Anything that turns materials into materials can be written down here: a substrate line, a gas plant, a
bakery, a textbook problem. Short forms keep it readable::

    network:
      materials: {flour: {opening: 10}, bread: {}}
      resources: {oven: {capacity: [8, 8, 10]}}
      activities:
        bake: {inputs: {flour: 2}, outputs: {bread: 1}, uses: {oven: 1}, lead: 1, cost: 0.5}
      demands: {bread: {quantity: [0, 3, 4], value: 6}}

Numbers are plain: amounts in whatever unit a material is counted in, money in millions of US dollars (in a
problem without other sections simply "money"), time in periods, capacities per period. A field that may
change over time takes a constant, a series over dates, or a list with one number for each period. Periods are
named by their label (``2027Q1``) or by their number, from 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, Named, Path, Record, Slug, Whole
from fabopt.domain.plain_base import (
    AsWritten,
    ByPeriod,
    Count,
    Counts,
    Entry,
    LimitKind,
    Number,
    Numbers,
    Periods,
    Positive,
    Share,
    amount_form,
)
from fabopt.domain.plain_rows import Budget, Group, Row, WholeGroup
from fabopt.domain.plain_sets import has_loops, spelled, written


class Material(Entry):
    """Anything counted. What comes in, is made or left over equals what is used, delivered, kept or thrown
    away.
    """

    storable: Flag = True
    """Whether it keeps from one period to the next."""
    opening: Count | None = None
    """Stock at the decision date."""
    receipts: Counts | None = None
    """What arrives in each period whatever is decided."""
    survival: Share | None = None
    """Share of the stock that survives to the next period (all of it when left out)."""
    carrying_cost: Numbers | None = None
    """Cost of a unit in stock at the end of a period."""
    disposal: Flag = True
    """Whether it may be thrown away."""
    disposal_cost: Count | None = None
    """Cost of throwing a unit away (free when left out)."""
    terminal_value: Number | None = None
    """Worth of a unit left at the end of the last period."""
    safety_stock: Counts | None = None
    """Stock that should be held at the end of each period."""
    shortfall_cost: Count | None = None
    """Cost for each unit and period by which the stock falls short of the safety stock."""
    stock_limit: Count | None = None
    """Most that can be held."""


class Portion(Record):
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
    was_on: Flag = False
    """Whether it was on before the first period."""


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
    on_off: OnOff | None = None
    """Give this, or just `true`, where it is either off or at least at its lower level."""

    @model_validator(mode="before")
    @classmethod
    def _plain_on(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and isinstance(raw.get("on_off"), bool):
            return {**raw, "on_off": {} if raw["on_off"] else None}
        return raw


class Resource(Entry):
    """A capacity that activities use and units add to."""

    capacity: Counts | None = None
    """What is there in each period whatever is decided (nothing when left out)."""
    kind: Literal["rate", "level"] = "rate"
    """'rate': so much gets done in a period; 'level': so much at once, such as floor space."""
    limit_kind: LimitKind = "physical"
    """What sort of limit it is to somebody who wants it moved."""
    relaxable: Flag = True
    """Whether anybody can move it; only then is more of it proposed."""


class Effect(Record):
    """What one unit adds to or takes from a resource; a bare number is the amount."""

    amount: Count | None = None
    """Capacity for each unit (1 when left out)."""
    lead: Periods | None = None
    """Periods from the order, fractions allowed (the unit's lead when left out)."""
    ramp: Annotated[tuple[Count, ...], Field(min_length=1)] | None = None
    """Share of the amount in the first, second... period after arrival; the last one holds."""
    lasts: Annotated[Whole, Field(ge=1)] | None = None
    """Periods after which it ends (never when left out)."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return amount_form(cls, raw)


class Parts(Record):
    """Material used or released by one unit; a bare number is the amount."""

    amount: Count | None = None
    """Amount for each unit (1 when left out)."""
    lead: Periods | None = None
    """Periods from the order, fractions allowed (consumed: 0; released: the unit's lead)."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return amount_form(cls, raw)


class Unit(Entry):
    """Something bought or built as capacity."""

    lead: Periods | None = None
    """Periods from the order to the first effect, fractions allowed (0 when left out)."""
    adds: Named[Effect] = Field(default_factory=dict)
    """Capacity that each unit adds to resources."""
    occupies: Named[Effect] = Field(default_factory=dict)
    """Capacity that each unit takes from resources."""
    consumes: Named[Parts] = Field(default_factory=dict)
    """Materials that each order uses up."""
    releases: Named[Parts] = Field(default_factory=dict)
    """Materials that each order sets free."""
    cost: Numbers | None = None
    """Cost of a unit ordered in each period."""
    upper: Counts | None = None
    """Most units ordered in each period."""
    total: Count | None = None
    """Most units ordered in all."""
    whole: Flag = True
    """Whether only whole units can be ordered."""
    min_order: Count | None = None
    """Least number of units in a period with an order."""
    max_order: Count | None = None
    """Most units of one order; several may then be placed in a period, each with its fixed cost and least size."""
    fixed_cost: Counts | None = None
    """Cost of a period with an order, however many units."""
    pinned: ByPeriod = Field(default_factory=dict)
    """Orders already decided, by period."""
    opening: Count | None = None
    """Units standing at the decision date; the resources' capacity counts them already."""
    retire_cost: Number | None = None
    """Cost of retiring a unit (none can be retired when left out)."""
    terminal_value: Numbers | None = None
    """Worth at the end of the horizon of a unit ordered in each period."""
    instrument: str = "order"
    """What such a decision is called."""


class Step(Record):
    """A step of a demand curve."""

    quantity: Counts
    """Units wanted at this value in each period."""
    value: Numbers
    """Worth of each."""


class Backlog(Record):
    """Unmet demand waits instead of being lost at once."""

    expiry: Annotated[Whole, Field(ge=0)]
    """Periods that it waits at most."""
    cost: Count | None = None
    """Cost for each unit and period of waiting."""


class Demand(Entry):
    """A customer's want of a material: a quantity at one value, or steps of decreasing value."""

    material: Slug | None = None
    """What is wanted; the material with the demand's own id when left out."""
    quantity: Counts | None = None
    """Units wanted in each period."""
    value: Numbers | None = None
    """Worth of each unit delivered (nothing when left out)."""
    steps: tuple[Step, ...] = ()
    """Instead of quantity and value: quantities at decreasing values."""
    required: Flag = False
    """Whether no shortfall is allowed."""
    backlog: Backlog | None = None
    """Whether and how long unmet demand waits."""
    lost_cost: Count | None = None
    """Penalty for each unit lost."""
    weight: Count | None = None
    """Compute in one unit, for objectives that count compute."""

    @model_validator(mode="after")
    def _one_form(self) -> Demand:
        if bool(self.steps) == (self.quantity is not None):
            raise FieldProblem([Fault(("quantity",), "give either 'quantity' (with 'value') or 'steps'")])
        if self.steps and self.value is not None:
            raise FieldProblem([Fault(("value",), "with 'steps' the value stands in each step")])
        return self


class PlainNetwork(Record):
    """A process network stated directly. Every section is a mapping from ids (lower-case slugs) to
    records.
    """

    sets: Named[AsWritten | Named[AsWritten | Named[AsWritten]]] = Field(default_factory=dict)
    """Sets: a list of ids, or a mapping from ids to what is said of each. A record, an entry or a term with `for:
    {p: plants}` is written out for each member, where the conditions of `where` hold."""
    values: Named[AsWritten | Named[AsWritten | Named[AsWritten]]] = Field(default_factory=dict)
    """Numbers by one, two or three members; `{miles[p,c]}` in a loop is an entry."""
    materials: Named[Material] = Field(default_factory=dict)
    """Materials."""
    activities: Named[Activity] = Field(default_factory=dict)
    """Activities."""
    resources: Named[Resource] = Field(default_factory=dict)
    """Resources."""
    units: Named[Unit] = Field(default_factory=dict)
    """Units of capacity that can be bought or built."""
    demands: Named[Demand] = Field(default_factory=dict)
    """Demands."""
    budgets: Named[Budget] = Field(default_factory=dict)
    """Budgets."""
    groups: Named[Group] = Field(default_factory=dict)
    """Limits on sums of decisions."""
    whole_groups: Named[WholeGroup] = Field(default_factory=dict)
    """Sums of decisions that must be whole."""
    constant_value: Number | None = None
    """Worth of what runs whatever is decided."""

    @model_validator(mode="after")
    def _known_references(self) -> PlainNetwork:
        faults = [
            Fault(path, f"there is no {kind} '{name}'", _nearest(name, known))
            for path, kind, name, known in _references(self)
            if name not in known
        ]
        if faults:
            raise FieldProblem(faults)
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _written_out(cls, raw: Any, handler: ModelWrapValidatorHandler[PlainNetwork]) -> PlainNetwork:
        if not isinstance(raw, Mapping) or not (has_loops(raw) or raw.get("sets") or raw.get("values")):
            return handler(raw)
        found = spelled(raw)
        try:
            network = handler(found.raw)
        except ValidationError as error:
            raise found.placed(error) from error
        network._made = found.made
        return network

    _made: Mapping[Path, Path] = PrivateAttr(default_factory=dict)

    def written(self, path: Path) -> Path:
        """Return where what stands at a path of the section is written: a loop may have made it."""
        return written(self._made, path)


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else ""


def _references(net: PlainNetwork) -> Iterator[tuple[Path, str, str, Mapping[str, object]]]:
    """Every reference to a record: where it stands, the kind and id meant, and the records of that kind."""
    materials, resources = net.materials, net.resources
    at: Path
    for key, activity in net.activities.items():
        at = ("activities", key)
        for name in activity.inputs:
            yield (*at, "inputs", name), "material", name, materials
        for name in activity.outputs:
            yield (*at, "outputs", name), "material", name, materials
        for name in activity.uses:
            yield (*at, "uses", name), "resource", name, resources
    for key, unit in net.units.items():
        at = ("units", key)
        for side in ("adds", "occupies"):
            for name in getattr(unit, side):
                yield (*at, side, name), "resource", name, resources
        for side in ("consumes", "releases"):
            for name in getattr(unit, side):
                yield (*at, side, name), "material", name, materials
    for key, demand in net.demands.items():
        at = ("demands", key) if demand.material is None else ("demands", key, "material")
        yield at, "material", demand.material or key, materials
    yield from _row_references(net)


def _row_references(net: PlainNetwork) -> Iterator[tuple[Path, str, str, Mapping[str, object]]]:
    kinds: dict[str, tuple[str, Mapping[str, object]]] = {
        "activity": ("activity", net.activities),
        "unit": ("unit", net.units),
        "demand": ("demand", net.demands),
        "stock": ("material", net.materials),
        "retire": ("unit", net.units),
        "placed": ("unit", net.units),
    }
    sections: dict[str, Mapping[str, Row]] = {
        "budgets": net.budgets,
        "groups": net.groups,
        "whole_groups": net.whole_groups,
    }
    for section, rows in sections.items():
        for key, row in rows.items():
            for place, term in enumerate(row.terms):
                field, name = term.counted
                kind, known = kinds[field]
                yield (section, key, "terms", place, field), kind, name, known
