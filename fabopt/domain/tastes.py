"""Tastes: a lab spreads its purchases over designers, as its next accelerator of one is worth less the more it has.

Premiums say what else moves it to a designer, or from it: `fabopt calibrate` finds them. Both steer a plan and are
nobody's money: no value, cost or payment counts them (docs/tastes.md, docs/calibrate.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Fault, Named, Record, Slug
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In

BREAKS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Ends of the steps where none are stated: narrow where most designers stand."""


class Taste(Record):
    """How labs spread new compute over the designers that they can use."""

    name: str = ""
    """Display name; the id when left out."""
    labs: tuple[Slug, ...] = ()
    """Labs, each by itself; empty: every lab."""
    elasticity: Annotated[Quantity, In("1", gt=0, usual=(0.5, 50))]
    """Elasticity of substitution between designers: one per cent more in the relative cost of compute moves the ratio
    of two designers' new compute by so many per cent."""
    mix: Named[Annotated[Quantity, In("1", gt=0, usual=(1e-4, 1000), series=True)]] = Field(default_factory=dict)
    """Weights, by designer and date, of the mix that they buy at equal cost; a designer that is not listed weighs 1."""
    breaks: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(default=BREAKS, min_length=10, max_length=100)
    """Ends of the steps as shares of a lab's new compute in a period, rising; the last is 1."""


class Premium(Record):
    """What an accelerator of a designer is worth to labs beside all money; negative where they would rather not."""

    designer: Slug
    """Whose accelerators."""
    labs: tuple[Slug, ...] = ()
    """Labs to which they are shipped; empty: every lab."""
    without: tuple[Slug, ...] = ()
    """Chips of the designer that it does not hold for, as processors."""
    amount: Annotated[Quantity, In("USD/accelerator", usual=(1, 100_000), series=True)]
    """By date of shipment; the last stated holds from then on."""


def premium_faults(premiums: Named[Premium], dearest: Mapping[str, float]) -> Iterator[Fault]:
    """Yield premiums above half of what the designer's dearest accelerator costs: they would decide more than prices.

    Parameters
    ----------
    premiums
        The section.
    dearest
        Highest list price by designer, dollars an accelerator.
    """
    for name, premium in premiums.items():
        most = max(abs(point.value) for point in premium.amount.points)
        price = dearest.get(premium.designer)
        if price is not None and most > price / 2.0:
            message = f"a premium of {most:,.0f} USD/accelerator is above half the highest price, {price:,.0f}"
            yield Fault(
                ("premiums", name, "amount"), message,
                "the data disbelieve what such a premium is to explain: correct them, or state at most half the price",
            )  # fmt: skip


def taste_faults(tastes: Named[Taste], labs: tuple[str, ...]) -> Iterator[Fault]:
    """Yield what is wrong with the section `tastes`; names of labs are checked elsewhere."""
    tasted: dict[str, str] = {}
    for name, taste in tastes.items():
        for place, (before, after) in enumerate(pairwise(taste.breaks), start=1):
            if after <= before:
                message = f"the breaks must rise, but {after:g} follows {before:g}"
                yield Fault(("tastes", name, "breaks", place), message)
        if taste.breaks[-1] != 1.0:
            yield Fault(
                ("tastes", name, "breaks", len(taste.breaks) - 1),
                f"the last break is {taste.breaks[-1]:g}, and steps end at 1, all of a lab's new compute",
            )
        for lab in taste.labs or labs:
            if lab in tasted:
                yield Fault(
                    ("tastes", name, "labs"),
                    f"'{lab}' has a taste already, '{tasted[lab]}'",
                    "name the labs of each, and each lab once",
                )
            tasted[lab] = name
