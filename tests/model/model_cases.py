"""Short ways to write small networks, and rows as text."""

from datetime import date

import numpy as np

from fabopt.model.build import settled_rows
from fabopt.model.tables import ModelTables
from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Unit,
    UnitEffect,
    Use,
    ValueStep,
)


def seq(*values):
    return np.array(values, dtype=float)


def periods(count, discount=1.0):
    day = date(2026, 1, 1)
    return tuple(Period(t, f"P{t + 1}", day, day, 0.25, discount**t) for t in range(count))


def network(count, discount=1.0, **tables):
    return Network("case", periods(count, discount), **{name: tuple(rows) for name, rows in tables.items()})


def material(id, **more):
    return Material(id, id.capitalize(), "unit", **more)


def activity(id, count, cost=0.0, **more):
    return Activity(id, id.capitalize(), "unit", cost=np.full(count, float(cost)), **more)


def flow(activity, material, amount, count, age=0):
    return Flow(activity, material, age, np.full(count, float(amount)))


def use(activity, resource, amount, count, age=0):
    return Use(activity, resource, age, np.full(count, float(amount)))


def resource(id, *base, **more):
    return Resource(id, id.capitalize(), "unit", "rate", seq(*base), **more)


def unit(id, count, cost=0.0, upper=None, **more):
    most = None if upper is None else np.full(count, float(upper))
    return Unit(id, id.capitalize(), "tool", cost=np.full(count, float(cost)), upper=most, **more)


def effect(unit, resource, profile, first_age=0, persistent=True):
    return UnitEffect(unit, resource, first_age, seq(*profile), persistent)


def demand(id, material, wanted, value, **more):
    """One value step: ``wanted`` by period, worth ``value`` each."""
    width = seq(*wanted)
    return Demand(id, id.capitalize(), material, width, (ValueStep(width, np.full(len(width), float(value))),), **more)


def workshop(count, capacity, wanted, value=5.0, cost=1.0, lead=0, **more):
    """A line of some capacity makes goods for a customer: the case that most tests start from."""
    wants = more.pop("wants", {})
    goods = more.pop("goods", {})
    make = more.pop("make", {})
    tables = {
        "materials": [material("goods", **goods)],
        "activities": [activity("make", count, cost, **make)],
        "flows": [flow("make", "goods", 1, count, lead)],
        "uses": [use("make", "line", 1, count)],
        "resources": [resource("line", *capacity)],
        "demands": [demand("shop", "goods", wanted, value, **wants)],
    }
    for name, rows in more.items():
        tables[name] = [*tables.get(name, []), *rows]
    return network(count, **tables)


def listing(tables: ModelTables, family: str) -> str:
    """The rows of a family as a person writes them: ``key: a + 2 b <= 3``, one a line."""
    column = [f"{block.name}[{', '.join(key)}]" for block in tables.columns for key in block.keys]
    rows = settled_rows(tables)[family]
    lines = []
    for i, key in enumerate(rows.keys):
        part = slice(rows.starts[i], rows.starts[i + 1])
        left = _sum(zip(rows.val[part].tolist(), (column[c] for c in rows.col[part].tolist()), strict=True))
        low, high = rows.lower[i], rows.upper[i]
        if low == high:
            right = f" = {low:g}"
        else:
            right = (f" >= {low:g}" if np.isfinite(low) else "") + (f" <= {high:g}" if np.isfinite(high) else "")
        lines.append(f"{', '.join(key)}: {left}{right}")
    return "\n".join(lines) + "\n"


def _sum(entries):
    text = ""
    for value, name in entries:
        sign = " - " if value < 0 else " + " if text else ""
        size = "" if abs(value) == 1 else f"{abs(value):g} "
        text += f"{sign}{size}{name}"
    return text.strip() or "0"
