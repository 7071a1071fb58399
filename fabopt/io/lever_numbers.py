"""The number at a lever of a raw tree, read alone: nothing else of the instance is validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from fabopt.domain.calendar import parse_when
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.io.levers import currency_rates
from fabopt.io.shape import kinds_at, locate


def declared_at(raw: Mapping[str, Any], lever: str, model: type[BaseModel]) -> In | None:
    """Return how the number at a lever is declared in the schema; None for what is no number."""
    return next((kind.quantity for kind in kinds_at(model, locate(model, raw, lever)) if kind.is_quantity), None)


def number_at(raw: Mapping[str, Any], lever: str, model: type[BaseModel]) -> Quantity | None:
    """Return the number that is written at a lever, of one point of a series that point; None for what is no number.

    Raises
    ------
    FieldProblem
        When what is written there is none.
    """
    declared, node = declared_at(raw, lever, model), raw
    if declared is None:
        return None
    for key in locate(model, raw, lever):
        node = node[key]  # type: ignore[index]
    return at_point(declared.read(node, currency_rates(raw)), lever)


def at_point(quantity: Quantity, lever: str) -> Quantity:
    """Return the quantity, or as a constant the point of it that a lever names: there must be one."""
    _, at, when = lever.partition("@")
    if not at:
        return quantity
    day = parse_when(when)
    point = next(replace(p, when=None) for p in quantity.points if p.when == day)
    return replace(quantity, shape="constant", points=(point,), before=None)
