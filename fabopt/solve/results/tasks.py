"""The table of tasks: what a lab's customers ask for, which model serves it in the plan, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.network.tables import Array, Network, Service
from fabopt.solve.results.columns import MONEY, PERIOD, REPORTED, TableSpec, number, text
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd

TASKS = TableSpec(
    "tasks",
    "domain",
    "tasks of a tier of a lab's customers that an AI model serves in a period",
    (
        PERIOD,
        REPORTED,
        text("lab", "lab"),
        text("tier", "tier of its customers"),
        text("model", "AI model"),
        number("customers", "million customers", "customers of the tier"),
        number("wanted", "million tasks per day", "tasks that they ask for, whichever model serves them"),
        number("served", "million tasks per day", "tasks that this model serves"),
        number("tokens", "million tokens per day", "tokens of these"),
        number("kh100e", "thousand H100 equivalents", "compute that stands ready for these"),
        number("hours_per_mtoken", "H100e-hour per million tokens", "compute for a million tokens, at average load"),
        number("usd_per_mtoken", "USD per million tokens", "what a million tokens is worth with this model"),
        number("value", MONEY, "what the tasks served are worth"),
        number("facility_mw", "MW facility", "facility power of their compute, by the lab's mean of that period"),
        number("usd_bn_per_gw_year", "billion USD per GW and year", "worth of a year of them per GW of that power"),
    ),
)
_DAYS = 365.25


def task_rows(net: Network, solution: Solution, fleet: pd.DataFrame, compute: pd.DataFrame) -> dict[str, Any]:
    """Return the columns of the table `tasks`.

    A model serves the tasks that have reached its value step but not that of the next better one. Where the workloads
    of a task are not supplied in step, only what all steps up to a model's have reached counts.

    Parameters
    ----------
    net, solution
        What was solved, and the plan.
    fleet, compute
        The tables of these names.
    """
    power = fleet.groupby(["lab", "period"])["facility_mw"].sum()
    counted = compute.assign(kh100e=compute["delivered"] * compute["weight"])
    density = (power / counted.groupby(["lab", "period"])["kh100e"].sum()).to_dict()
    rows: list[dict[str, Any]] = []
    for part, share in _shares(net, solution):
        for t in np.flatnonzero(part.tasks > 0.0):
            period = net.periods[t]
            mw = part.compute[t] * density.get((part.lab, period.label), 0.0)
            rows.append(
                {
                    "period": period.label,
                    "reported": period.reported,
                    "lab": part.lab,
                    "tier": part.tier,
                    "model": part.model,
                    "customers": part.customers[t],
                    "wanted": part.tasks[t],
                    "served": share[t] * part.tasks[t],
                    "tokens": share[t] * part.tokens[t],
                    "kh100e": share[t] * part.compute[t],
                    "hours_per_mtoken": part.compute[t] * part.load_factor * 24e3 / part.tokens[t],
                    "usd_per_mtoken": part.value[t] * 1e6 / (part.tokens[t] * _DAYS * period.years),
                    "value": share[t] * part.value[t],
                    "facility_mw": share[t] * mw,
                    "usd_bn_per_gw_year": part.value[t] / period.years / mw if mw > 0.0 else 0.0,
                }
            )
    return {name: [row[name] for row in rows] for name in TASKS.names}


def _shares(net: Network, solution: Solution) -> list[tuple[Service, Array]]:
    """Return every service with the share of its tier's tasks that it serves in each period ``[T]``."""
    delivered = {d.id: (d, amount) for d, amount in zip(net.demands, solution.delivered, strict=True)}
    tiers: dict[tuple[str, str], list[Service]] = {}
    for service in net.services:
        tiers.setdefault((service.lab, service.tier), []).append(service)
    shares = []
    for parts in tiers.values():
        share = np.zeros((len(parts), net.n_periods))
        for t in range(net.n_periods):
            used = [n for n, part in enumerate(parts) if any(at[t] >= 0 for _, at in part.steps)]
            order = sorted(used, key=lambda n: parts[n].compute[t])
            reached = np.minimum.accumulate([1.0, *(_reached(parts[n], delivered, t) for n in order)])[1:]
            for n, (own, beyond) in zip(order, pairwise([*reached, 0.0]), strict=True):
                share[n, t] = own - beyond
        shares += list(zip(parts, share, strict=True))
    return shares


def _reached(part: Service, delivered: Mapping[str, tuple[Any, Array]], t: int) -> float:
    """Return how far the value step of a service is filled in a period, by compute over all workloads."""
    filled = width = 0.0
    for key, at in part.steps:
        demand, amount = delivered[key]
        filled += demand.weight * amount[at[t], t]
        width += demand.weight * demand.steps[at[t]].width[t]
    return min(1.0, filled / width) if width > 0.0 else 0.0
