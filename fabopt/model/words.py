"""What limits and their prices are called: everything comes from the record of the family."""

from __future__ import annotations

from fabopt.model.families import Family
from fabopt.model.limits import BOUNDS
from fabopt.model.registry import FAMILIES

_OTHER = Family(
    name="hook",
    index=("constraint",),
    unit="unit of the row",
    says="{name} holds with {rhs} {unit}",
    price_says="{one} in the constraint {name} in {period}",
    limited="constraint {name} of a hook",
)
_RECORDS = {family.name: family for family in (*FAMILIES, *BOUNDS)}


def record_of(family: str) -> Family:
    """Return the record of a limit's family: of rows, of bounds, or of what a hook has added."""
    return _RECORDS.get(family, _OTHER)


def said(family: str, name: str) -> str:
    """Write a limit with what it limits: ``tool-a (orders)``."""
    return record_of(family).label.format(name=name)


def between(first: str, last: str) -> str:
    """Write the periods of a limit from their labels; empty ones stand for the whole horizon."""
    if not last:
        return "the whole horizon"
    return first if first == last else f"each period from {first} to {last}"


def priced(family: str, name: str, unit: str, first: str, last: str, *, less: bool = False) -> str:
    """Return what the price of a limit is the price of: ``one more MW of site power in 2027Q1``.

    Parameters
    ----------
    family, name, unit
        Of the limit.
    first, last
        Labels of the first and the last period that it is the price of; empty for one of the whole horizon.
    less
        Whether relief is less of it: it says what must be done.
    """
    return record_of(family).price_sentence(name, between(first, last), unit, less)
