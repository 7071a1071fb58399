"""Diversity and resilience: how much of a lab's compute may hang on one supplier, and what must outlast its loss.

Suppliers are designers, foundries (owners of fabs that make dies), memory makers (by their id), packagers (owners of
packaging lines), companies as a whole, and regions where things are made. docs/diversity.md says what depends on whom.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fabopt.domain.base import LastDay, Record, Slug, When
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In

SupplierKind = Literal["designer", "foundry", "memory-maker", "packager", "owner", "region"]
"""Kinds of supplier that limits may speak of."""


class Limited(Record):
    """Whose loss, or share, a limit is about, and for whom it holds."""

    name: str = ""
    """Display name; the id when left out."""
    of: SupplierKind
    """designer, foundry, memory-maker, packager, owner (a company with all it owns) or region (where it is made)."""
    suppliers: tuple[Slug, ...] = ()
    """Suppliers of the kind; empty: each one of them."""
    labs: tuple[Slug, ...] = ()
    """Labs, each by itself; empty: every lab."""
    since: When | None = None
    """First date; absent: from the decision date."""
    until: LastDay | None = None
    """Last date; absent: no end."""


class ShareCap(Limited):
    """No supplier of a kind makes more than a share of a lab's compute.

    A designer's share counts all of its chips that run. The share of any other supplier is what was made with it since
    the decision date: fleets and goods in work at that date are nobody's.
    """

    share: Annotated[Quantity, In("1", ge=0, le=1, series=True)]
    """Largest share of the lab's own compute."""
    by: Literal["period", "year", "window"] = "period"
    """Whether it holds in every period, over each calendar year, or over the whole time between the dates."""


class Survival(Limited):
    """A share of a lab's planned compute remains whichever supplier stops, whenever it stops between the dates.

    While a supplier stops nothing begins that cannot begin without it; what is in work there is finished, and what is
    deployed keeps running. Nothing else is done than planned.
    """

    share: Annotated[Quantity, In("1", ge=0, le=1, series=True)]
    """Least share of the lab's planned compute that remains, in every period from the beginning of the stop on."""
    stop: Annotated[Quantity, In("month", gt=0)] = Field(default=constant(12.0, "month"))
    """How long the supplier stops."""
    begins: Literal["period", "year"] = "period"
    """Whether a stop may begin with any reported period, or with the first one of each calendar year only."""
    watch: Annotated[Quantity, In("month", gt=0)] | None = None
    """How long from the beginning of the stop the share must remain; absent: to the end of the horizon."""
