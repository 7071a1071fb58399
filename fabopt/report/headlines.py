"""The headlines of a plan in words and tables: money, what stands, and how well each stage is used."""

from __future__ import annotations

from typing import Any

from fabopt.analysis.frames import plain
from fabopt.analysis.headlines import Headlines
from fabopt.domain.names import Names
from fabopt.report.perspective import whose
from fabopt.report.text import Table, amount, in_unit, money
from fabopt.solve.options import SYSTEM

MOST_STAGES = 16


def headline_sentence(found: Headlines, unit: str) -> str:
    """Return what is paid, what it costs and what the assumed demand curves add; nothing without money."""
    m = found.money
    if m is None or m.value == 0.0:
        return ""
    above = f"{money(abs(m.surplus), unit)} {'more' if m.surplus >= 0.0 else 'less'}"
    return (
        f"Discounted, for {_span(found)}: revenue at the marginal price {money(m.revenue, unit)}, "
        f"cost {money(m.cost, unit)}; under the demand curves that the instance assumes, deliveries are worth "
        f"{above} than that revenue (surplus)."
    )


def _span(found: Headlines) -> str:
    return found.first if found.first == found.last else f"{found.first} to {found.last}"


def headline_data(found: Headlines) -> dict[str, Any]:
    """Return the headlines as data for JSON, sums and differences of money too."""
    m = found.money
    more = {} if m is None else {"surplus": m.surplus, "rent": m.rent}
    return {**plain(found), "money": None if m is None else {**plain(m), **more}}


def headline_tables(found: Headlines, unit: str, names: Names) -> tuple[Table, ...]:
    """Return the tables of money, of what stands at the ends of years, and of the use of stages."""
    return (_money(found, unit, names), _stood(found), _use(found, names))


def _money(found: Headlines, unit: str, names: Names) -> Table:
    m = found.money
    cost = f"cost, {'paid outside the model' if found.seen == SYSTEM else f'as seen by {whose(found.seen, names)}'}"
    rows = (
        ()
        if m is None or m.value == 0.0
        else (
            ("revenue at the marginal price", m.revenue),
            (cost, m.cost),
            ("rents: revenue less cost", m.rent),
            ("surplus: worth under the assumed demand curves above that revenue", m.surplus),
        )
    )
    return Table(f"Money of {_span(found)}, discounted{in_unit(unit)}", ("what", "amount"), rows)


def _stood(found: Headlines) -> Table:
    rows = [(s.period, s.accelerators, s.running, s.installed, s.usable, s.power) for s in found.stood]
    headers = (
        "end of",
        "thousand installed",
        "thousand running",
        "thousand H100e installed",
        "thousand H100e usable",
        "facility GW",
    )
    title = "What stands: thousand accelerators and H100 equivalents (nominal of all, usable of those that run)"
    return Table(title, headers, rows)


def _use(found: Headlines, names: Names) -> Table:
    rows = []
    for u in found.use:
        nodes = ", ".join(names[node] for node in filter(None, u.node.split(",")))
        rows.append((u.stage or None, " ".join(filter(None, (u.what, nodes))) or None, *map(_percent, u.shares)))
    title = "Use of each stage: share of what is there"
    return Table(title, ("stage", "capacity", *found.years), rows, left=2, most=MOST_STAGES)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{amount(100.0 * share)} %" if share < 0.1 else f"{100.0 * share:.0f} %"
