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
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from fabopt.domain.base import Fault, FieldProblem, Flag, Named, Path, Record, Slug, Whole
from fabopt.domain.plain_activity import Activity
from fabopt.domain.plain_base import AsWritten, Count, Counts, Entry, Number, Numbers, Wanted
from fabopt.domain.plain_rows import TERM_SECTIONS, Budget, Group, Row, Term, WholeGroup
from fabopt.domain.plain_sets import has_loops, spelled, written
from fabopt.domain.plain_things import Material, Resource, Unit


class Step(Record):
    """A step of a demand curve."""

    quantity: Wanted
    """Units wanted at this value in each period; `unlimited`: whatever there is."""
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
    quantity: Wanted | None = None
    """Units wanted in each period; `unlimited`: whatever there is."""
    at_least: Counts | None = None
    """Least that must be delivered in each period."""
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

    @model_validator(mode="after")
    def _what_has_no_limit(self) -> Demand:
        if self.unlimited:
            for name, stands, hint in (
                ("required", self.required, "give 'at_least'"),
                ("backlog", self.backlog is not None, "leave it out"),
                ("lost_cost", self.lost_cost is not None, "leave it out"),
            ):
                if stands:
                    raise FieldProblem([Fault((name,), "a demand without limit is never met in full", hint)])
        return self

    @property
    def unlimited(self) -> bool:
        """Whether it takes whatever there is."""
        return "unlimited" in (self.quantity, *(step.quantity for step in self.steps))


class PlainNetwork(Record):
    """A process network stated directly. Every section is a mapping from ids (lower-case slugs) to
    records.
    """

    # What is saved or exported has the records written out, so that these would say nothing in it.
    sets: Named[AsWritten | Named[AsWritten | Named[AsWritten]]] = Field(default_factory=dict, exclude=True)
    """Sets: a list of ids, or a mapping from ids to what is said of each. A record, an entry or a term with `for:
    {p: plants}` is written out for each member, where the conditions of `where` hold."""
    values: Named[AsWritten | Named[AsWritten | Named[AsWritten]]] = Field(default_factory=dict, exclude=True)
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
    cyclic: Flag = False
    """Whether the horizon follows itself: what is in stock, under way and on at its end is so at its start."""

    @model_validator(mode="after")
    def _known_references(self) -> PlainNetwork:
        faults = [
            Fault(path, f"there is no {kind} '{name}'", _nearest(name, known))
            for path, kind, name, known in _references(self)
            if name not in known
        ]
        faults += [*_empty_terms(self), *(_ends(self) if self.cyclic else ())]
        if faults:
            raise FieldProblem(faults)
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _written_out(cls, raw: Any, handler: ModelWrapValidatorHandler[PlainNetwork]) -> PlainNetwork:
        if not isinstance(raw, Mapping) or not (has_loops(raw) or raw.get("sets") or raw.get("values")):
            return handler(raw)
        written_out = spelled(raw)
        try:
            network = handler(written_out.raw)
        except ValidationError as error:
            raise written_out.placed(error) from error
        network._made = written_out.made
        return network

    _made: Mapping[Path, Path] = PrivateAttr(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """Return whether another network has the same records, however they were written."""
        return isinstance(other, PlainNetwork) and self._records() == other._records()

    def __hash__(self) -> int:
        return hash(self._records())

    def _records(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name, field in PlainNetwork.model_fields.items() if not field.exclude)

    def countable(self, kind: str) -> Mapping[str, Entry]:
        """Return the records of which a term of some kind may count decisions."""
        records: Mapping[str, Entry] = getattr(self, TERM_SECTIONS[kind])
        if kind in ("on", "start", "stop"):
            return {key: item for key, item in self.activities.items() if item.on_off is not None}
        return records

    def chosen(self, term: Term) -> tuple[str, ...]:
        """Return the ids of the records of which a term counts decisions."""
        if term.of is None:
            return (term.counted[1],)
        return tuple(key for key, record in self.countable(term.of).items() if term.chooses(record.tags))

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
        if activity.on_off is not None:
            for field in ("inputs_while_on", "inputs_per_start", "uses_while_on", "uses_per_start"):
                kind, known = ("material", materials) if field.startswith("inputs") else ("resource", resources)
                for name in getattr(activity.on_off, field):
                    yield (*at, "on_off", field, name), kind, name, known
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


_SINGULAR = {"activities": "activity", "units": "unit", "demands": "demand", "materials": "material"}


def _row_references(net: PlainNetwork) -> Iterator[tuple[Path, str, str, Mapping[str, object]]]:
    for path, term in _terms(net):
        if term.of is None:
            field, name = term.counted
            known = net.countable(field)
            kind = "on/off activity" if field in ("on", "start", "stop") else _SINGULAR[TERM_SECTIONS[field]]
            yield (*path, field), kind, name, known


def _terms(net: PlainNetwork) -> Iterator[tuple[Path, Term]]:
    sections: dict[str, Mapping[str, Row]] = {
        "budgets": net.budgets,
        "groups": net.groups,
        "whole_groups": net.whole_groups,
    }
    for section, rows in sections.items():
        for key, row in rows.items():
            for place, term in enumerate(row.terms):
                yield (section, key, "terms", place), term


def _empty_terms(net: PlainNetwork) -> Iterator[Fault]:
    """Yield terms that choose by tags what no record has."""
    for path, term in _terms(net):
        if term.of is None or net.chosen(term):
            continue
        records = net.countable(term.of)
        for tag, wanted in term.where.items():
            have = {getattr(record.tags, tag) for record in records.values()} - {""} if tag != "not" else set()
            odd = next((word for word in wanted if word not in have), None) if tag != "not" else None
            if odd is not None:
                near = _nearest(odd, dict.fromkeys(have))
                yield Fault((*path, "where", tag), f"no {term.of} has the {tag} '{odd}'", near)
                break
        else:
            yield Fault((*path, "where"), f"no {term.of} has all of these tags")


def _ends(net: PlainNetwork) -> Iterator[Fault]:
    """Yield what speaks of a beginning or an end in a network whose horizon follows itself."""
    hint = "leave it out, or leave out 'cyclic'"
    for key, material in net.materials.items():
        for name in ("opening", "final", "terminal_value"):
            if getattr(material, name) is not None:
                yield Fault(("materials", key, name), "what is cyclic has neither a first stock nor a last one", hint)
    for key, activity in net.activities.items():
        if activity.on_off is not None and activity.on_off.was_on:
            yield Fault(("activities", key, "on_off", "was_on"), "what is cyclic has no period before the first", hint)
    for key, demand in net.demands.items():
        if demand.backlog is not None:
            yield Fault(("demands", key, "backlog"), "what waits at the end of a cycle is not known", hint)
