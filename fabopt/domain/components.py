"""Components: what is bought by the piece or by the megawatt and has owners, capacity, a price and a lead time.

Substrates, optical transceivers, switches, racks, cooling units, transformers, turbines, batteries; and as local rates
of a region grid connections, construction labour, land. A component says what takes it (`per`), what it is made of
(`needs`) and who makes it (`sources`). What it costs is paid beside the prices of chips, their `system_cost` and the
cost of a site, which must not hold it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from fabopt.domain.base import Flag, Frozen, LastDay, Named, Record, Slug, When
from fabopt.domain.expansion import Each, Expansion
from fabopt.domain.pieces import MEGAWATT, NUMBERS, PIECE, PRICES, RATES
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import Amount, In

T = TypeVar("T")

MW_OF_SITE = "MW of site"
"""What takes a component with every megawatt that a site grows by."""
RACK = "rack"
TAKERS = ("package", "accelerator", RACK, "wafer", MW_OF_SITE)
"""What a component may be taken per, beside other components."""

Rate = Annotated[Quantity, Amount(RATES)]
Price = Annotated[Quantity, Amount(PRICES)]
Number = Annotated[Quantity, Amount(NUMBERS)]


def _word(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9 -]{0,39}", text):
        raise ValueError(f"{text[:40]!r} is no word: write letters, digits, hyphens and blanks, at most 40")
    return text


Word = Annotated[str, AfterValidator(_word)]


class ComponentExpansion(Expansion[Rate]):
    """How the capacity of a source can grow."""


class ComponentSource(Record):
    """Who makes a component, how much of it, how dear and how fast."""

    name: str = ""
    """Display name; the component's with the owner when left out."""
    owner: Slug
    """Maker, or the group of makers."""
    region: Slug
    """Where it is made; of a local component, where it serves sites."""
    capacity: Rate
    """Pieces (or megawatts) a month that it can start, by date."""
    price: Price
    """Price of a piece (or a megawatt), paid with the order."""
    gross_margin: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.3, "1"))
    """Maker's gross margin: resource cost is price x (1 - margin - depreciation), of which what it needs is a part."""
    depreciation: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.0, "1"))
    """Share of the price that is depreciation of capacity: that is charged when capacity is ordered, and not again."""
    lead: Annotated[Quantity, In("month", ge=0)]
    """Months from order to delivery."""
    expansion: ComponentExpansion | None = None
    """How it can grow."""
    customers: tuple[Slug, ...] = ()
    """Who may order; empty: everybody."""
    available: When | None = None
    """First date of orders; absent: at the decision date or before."""
    until: LastDay | None = None
    """Last date of orders; absent: no end."""


class Component(Record):
    """Something bought by the piece or by the megawatt: what takes it, what it is made of, who makes it."""

    name: str
    """Display name."""
    unit: Word = PIECE
    """What is counted, in the singular: piece, substrate, rack, worker-month ...; or MW."""
    group: Word = "components"
    """Section of the bill that it stands in: networking, racks, cooling, power, building ..."""
    per: Annotated[str, StringConstraints(max_length=60)] | None = None
    """What takes it: package, accelerator, rack (every component counted in racks), wafer, MW of site (that it grows
    by), or the id of another component; absent: only what names it (bills of materials, needs)."""
    amount: Each | None = None
    """Pieces (or megawatts) per one of that; by bill of materials where `chips.*.boms.*.components` names it."""
    amounts: Named[Each] = Field(default_factory=dict)
    """The same by chip (per package or accelerator), by node (per wafer) or by site (per MW of site); goes before
    `amount`, and what is not named takes that, or none where there is none."""
    needs: Named[Each] = Field(default_factory=dict)
    """Pieces of other components in one of this; their makers sell them to the makers of this."""
    used: Literal["order", "evenly", "opening"] = "opening"
    """Per MW of site: when in the building time it is taken: with the order, evenly, or when the power opens."""
    local: Flag = False
    """Whether a source serves only sites of its own region: grid connections, construction labour, land."""
    storable: Flag = True
    """Whether what is not taken at once can wait; labour cannot."""
    stock: Named[Number] = Field(default_factory=dict)
    """What customers hold at the decision date."""
    order_book: Named[Frozen[When, Number]] = Field(default_factory=dict)
    """What customers have on firm order: how much comes on which date."""
    sources: Named[ComponentSource] = Field(default_factory=dict)
    """Who makes it."""

    @property
    def by_power(self) -> bool:
        """Whether it is counted in megawatts."""
        return self.unit == MEGAWATT

    @property
    def unit_many(self) -> str:
        """Unit in which a network counts it: thousands of pieces, or megawatts."""
        return MEGAWATT if self.by_power else f"k{self.unit}"

    @property
    def scale(self) -> float:
        """How many of `unit_many` a thousand are."""
        return 1e3 if self.by_power else 1.0

    @property
    def money(self) -> float:
        """Million dollars for one of `unit_many` at one dollar each."""
        return 1e-3 / self.scale

    def each(self, key: str) -> Quantity | None:
        """Return how many one taker takes, by its key among the amounts; None where it takes none."""
        return self.amounts.get(key, self.amount)


def carriers(components: Mapping[str, Component], component_id: str) -> tuple[str, ...]:
    """Return the components with each of which some of a component is taken: the one it is per, or all racks."""
    per = components[component_id].per
    if per is not None and per in components:
        return (per,)
    return tuple(key for key, other in components.items() if other.unit == RACK) if per == RACK else ()


def riders(components: Mapping[str, Component], component_id: str) -> Iterator[tuple[str, Quantity]]:
    """Yield the components that are taken with each one of a component, and how many."""
    for other, component in components.items():
        each = component.each(component_id)
        if each is not None and component_id in carriers(components, other):
            yield other, each


def packaged(components: Mapping[str, Component], chip_id: str, stated: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """Return the components in a package: those per package, and those that its bill of materials states."""
    packaged = {key: c.each(chip_id) for key, c in components.items() if c.per == "package"}
    return {key: each for key, each in packaged.items() if each is not None} | dict(stated)


def riding(
    components: Mapping[str, Component], stated: Mapping[str, T], times: Callable[[T, Quantity], T]
) -> Iterator[tuple[str, T]]:
    """Yield what is taken where some components are: these, and what is taken with each. One may come twice.

    Parameters
    ----------
    components
        All components; none may be taken with itself.
    stated
        How much of each is taken.
    times
        Returns an amount times a number of pieces per piece.
    """
    for name, amount in stated.items():
        yield name, amount
        with_it = {other: times(amount, each) for other, each in riders(components, name)}
        yield from riding(components, with_it, times)


def loop(components: Mapping[str, Component]) -> tuple[str, ...]:
    """Return components of which each takes the next, the first again at the end; empty where there is no circle."""
    done: set[str] = set()

    def walk(key: str, above: tuple[str, ...]) -> tuple[str, ...]:
        if key in above:
            return (*above[above.index(key) :], key)
        if key in done or key not in components:
            return ()
        done.add(key)
        after = [*components[key].needs, *(other for other, _ in riders(components, key))]
        return next(filter(None, (walk(part, (*above, key)) for part in after)), ())

    return next(filter(None, (walk(key, ()) for key in components)), ())
