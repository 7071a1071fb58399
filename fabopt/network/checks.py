"""Structural checks of a network before it is solved, in the user's words.

Each finding names the record that it is about, says what is wrong in a sentence and, where it can, what to
do. An *error* is a proof that no plan exists or that one would be unbounded; a *warning* is legal and rarely
meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fabopt.domain.tolerances import FEASIBLE
from fabopt.network.explode import first_effect
from fabopt.network.links import Links, link
from fabopt.network.loops import find_loops
from fabopt.network.reach import Reach, earliest, needed_inputs, reasons
from fabopt.network.supply import supply_bound
from fabopt.network.tables import Array, Budget, Demand, GroupLimit, Network, WholeGroup

WIDEST_RANGE = 1e8
"""Largest ratio of coefficients that the solver takes without loss of accuracy."""

HELD_BACKWARDS = "held backwards"
"""Name of the check for series that begin after the decision date: a solve tells these warnings too."""

ENDLESS = "level without end"
"""Name of the check for what a yes or no opens without end: a solve refuses it in the same words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a network.

    Attributes
    ----------
    severity
        "error" where no sensible plan exists, else "warning".
    check
        Name of the check.
    entity
        Kind and id of the record that it is about: ("demands", "bread"); empty for the network.
    message
        A full sentence.
    hint
        What to do about it, or empty.
    """

    severity: Literal["error", "warning"]
    check: str
    entity: tuple[str, ...]
    message: str
    hint: str = ""

    @property
    def leaves_no_plan(self) -> bool:
        """Whether it proves that there is no plan."""
        return self.severity == "error" and self.check in ("unreachable demand", "too much required")


def check(net: Network) -> list[Finding]:
    """Check a network's structure.

    Parameters
    ----------
    net
        The lowered network.

    Returns
    -------
    list of Finding
        Errors first; each group in the order of the checks and of the instance.
    """
    links = link(net)
    reach = earliest(links)
    findings = [
        *_unreachable_demands(reach),
        *_too_much_required(links, reach),
        *_loops(links),
        *_blocked_activities(reach),
        *_late_units(reach),
        *_unused(links),
        *_coefficient_range(net),
        *(Finding("warning", "says nothing", tuple(field.split(".")), message) for field, message in net.notes),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")


def _because(clauses: list[str], most: int = 3) -> str:
    shown = "; ".join(clauses[:most])
    return shown if len(clauses) <= most else f"{shown}; and {len(clauses) - most} more reasons"


def _unreachable_demands(reach: Reach) -> Iterator[Finding]:
    net = reach.links.net
    for demand in net.demands:
        wanted = np.flatnonzero(demand.quantity > 0)
        if not wanted.size:
            continue
        severity: Literal["error", "warning"] = "error" if demand.required else "warning"
        material = reach.links.materials[demand.material]
        arrival = reach.material[material.id]
        if arrival >= net.n_periods:
            why = _because(reasons(reach, material.id))
            yield Finding(
                severity,
                "unreachable demand",
                ("demands", demand.id),
                f"The demand '{demand.name}' cannot be met in any period: {why}.",
                f"give '{material.name}' an opening stock, or complete the path that makes it",
            )
            continue
        last = int(wanted[-1] if demand.expiry is None else wanted[-1] + demand.expiry)
        first_too_early = demand.required and demand.expiry is None and wanted[0] < arrival
        if last < arrival or first_too_early:
            when = net.periods[int(wanted[0] if first_too_early else wanted[-1])].label
            yield Finding(
                severity,
                "unreachable demand",
                ("demands", demand.id),
                f"The demand '{demand.name}' wants '{material.name}' in {when}, but none can be there before "
                f"{reach.label(arrival)}.",
                "start earlier, shorten the lead times, or move the demand",
            )


def _too_much_required(links: Links, reach: Reach) -> Iterator[Finding]:
    required = [demand for demand in links.net.demands if demand.required]
    if not required:
        return
    supply = supply_bound(links)
    by_material: dict[str, list[Demand]] = {}
    for demand in required:
        by_material.setdefault(demand.material, []).append(demand)
    for key, demands in by_material.items():
        if reach.material[key] >= links.net.n_periods:
            continue
        wanted = np.sum([_due(demand) for demand in demands], axis=0)
        most = supply.material[key]
        short = np.flatnonzero(wanted * (1 - FEASIBLE) > most)
        if not short.size:
            continue
        period = int(short[0])
        causes = [supply.cause[flow.activity] for flow in links.makers[key] if supply.cause.get(flow.activity)]
        why = f" ({_because(list(dict.fromkeys(causes)))})" if causes else ""
        names = ", ".join(f"'{demand.name}'" for demand in demands)
        yield Finding(
            "error",
            "too much required",
            ("demands", demands[0].id),
            f"Required demand of '{links.materials[key].name}' ({names}) comes to {wanted[period]:g} by "
            f"{links.net.periods[period].label}, but at most {most[period]:g} can be there by then{why}.",
            "lower the demand, allow a shortfall, or raise what limits it",
        )


def _due(demand: Demand) -> Array:
    """Quantity that must have been delivered by the end of each period."""
    if demand.expiry is None:
        return np.asarray(np.cumsum(demand.quantity), dtype=np.float64)
    # A backlog may wait; only the end of the horizon is certain.
    due = np.zeros(demand.quantity.size)
    due[-1] = demand.quantity[: max(demand.quantity.size - demand.expiry, 0)].sum()
    return due


def _loops(links: Links) -> Iterator[Finding]:
    for loop in find_loops(links):
        names = ", ".join(f"'{links.activities[key].name}'" for key in loop.activities)
        verb = "makes" if len(loop.activities) == 1 else "together make"
        yield Finding(
            "warning",
            "something from nothing",
            ("activities", loop.activities[0]),
            f"{names} {verb} '{links.materials[loop.material].name}' from nothing in "
            f"{links.net.periods[loop.period].label}: around the loop more comes out than goes in, without limit.",
            "check the yields and the amounts of inputs and outputs, or give an upper limit",
        )
    for key, activity in links.activities.items():
        made = [flow.material for flow in links.outputs[key]]
        bounded = links.uses[key] or links.inputs[key] or activity.upper is not None or activity.on_off
        if made and not bounded and _is_free(activity.cost):
            yield Finding(
                "warning",
                "something from nothing",
                ("activities", key),
                f"'{activity.name}' makes '{links.materials[made[0]].name}' from nothing: it needs no input and no "
                "resource, costs nothing and has no upper limit.",
                "give it an input, a resource, a cost or an upper limit",
            )


def _is_free(cost: Array | None) -> bool:
    return cost is None or bool(cost.min() <= 0)


def _blocked_activities(reach: Reach) -> Iterator[Finding]:
    """Activities that can never start because of an input that nothing makes; one finding for each such
    input.
    """
    links = reach.links
    blocked: dict[str, list[str]] = {}
    for key, activity in links.activities.items():
        for flow in needed_inputs(links, key):
            material = flow.material
            absent = reach.material[material] >= links.net.n_periods
            if absent and not links.makers[material] and not links.releasers[material]:
                blocked.setdefault(material, []).append(activity.name)
    for material, names in blocked.items():
        shown = ", ".join(f"'{name}'" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        verb = "needs" if len(names) == 1 else "need"
        yield Finding(
            "warning",
            "missing input",
            ("materials", material),
            f"{shown} {verb} '{links.materials[material].name}', but nothing makes it and none is in stock.",
            "give it an opening stock, receipts, or an activity that makes it",
        )


def _late_units(reach: Reach) -> Iterator[Finding]:
    links = reach.links
    for key, unit in links.units.items():
        ages = [first_effect(effect) for effect in links.added[key]] + [part.age for part in links.releases[key]]
        order = reach.order[key]
        if ages and order + min(ages) >= reach.periods and order < reach.periods:
            yield Finding(
                "warning",
                "capacity too late",
                ("units", key),
                f"'{unit.name}' cannot help inside the horizon: ordered in {reach.label(order)} at the earliest, it "
                f"takes {min(ages)} periods, and the horizon ends with {links.net.periods[-1].label}.",
                "lengthen the horizon or shorten the lead time",
            )


def _unused(links: Links) -> Iterator[Finding]:
    net = links.net
    rows: tuple[Budget | GroupLimit | WholeGroup, ...] = (
        *net.budgets,
        *net.groups,
        *net.whole_groups,
        *net.definitions,
    )
    counted: set[tuple[str, str]] = {(term.kind, term.id) for row in rows for term in row.terms}
    counted |= {("activity", name) for one in net.remainders for _, name in one.decisions}
    for resource in net.resources:
        if not links.users[resource.id] and not links.occupiers[resource.id]:
            yield _nothing("resources", resource.id, f"Nothing uses the resource '{resource.name}'.")
    for material in net.materials:
        wanted = links.takers[material.id] or links.part_of[material.id] or links.demands[material.id]
        if not wanted and material.terminal_value <= 0 and ("stock", material.id) not in counted:
            made = links.makers[material.id] or links.releasers[material.id]
            tail = ", though it is made" if made else ""
            yield _nothing("materials", material.id, f"Nothing uses or wants '{material.name}'{tail}.")
    for activity in net.activities:
        earns = activity.cost is not None and bool(activity.cost.min() < 0)
        if not links.outputs[activity.id] and not earns and ("activity", activity.id) not in counted:
            yield _nothing("activities", activity.id, f"'{activity.name}' makes nothing and earns nothing.")
    for unit in net.units:
        useful = links.added[unit.id] or links.releases[unit.id] or ("unit", unit.id) in counted
        standing = unit.retire_cost is not None and unit.opening > 0
        worth = unit.terminal_value is not None and bool(unit.terminal_value.max() > 0)
        # A contract that is signed acts by its rows, which then need not count the signature.
        signed = unit.instrument == "signature" and unit.pinned is not None
        if not (useful or standing or worth or signed):
            yield _nothing("units", unit.id, f"'{unit.name}' adds to no resource.")


def _nothing(section: str, key: str, message: str) -> Finding:
    return Finding("warning", "unused", (section, key), message, "remove it, or connect it to the rest")


def _coefficient_range(net: Network) -> Iterator[Finding]:
    """Compare the smallest and the largest coefficient of recipes, uses and units."""
    named: list[tuple[str, Array]] = [
        *((f"'{flow.material}' of activity '{flow.activity}'", flow.amount) for flow in net.flows),
        *((f"use of '{use.resource}' by activity '{use.activity}'", use.amount) for use in net.uses),
        *(
            (f"effect of unit '{effect.unit}' on '{effect.resource}'", effect.profile.ravel())
            for effect in net.unit_effects
        ),
        *((f"'{part.material}' of unit '{part.unit}'", np.atleast_1d(part.amount)) for part in net.unit_materials),
    ]
    if not named:
        return
    sizes = np.concatenate([np.abs(numbers) for _, numbers in named])
    owner = np.repeat(np.arange(len(named)), [numbers.size for _, numbers in named])
    present = sizes > 0
    if not present.any():
        return
    sizes, owner = sizes[present], owner[present]
    small, large = int(sizes.argmin()), int(sizes.argmax())
    if sizes[large] > WIDEST_RANGE * sizes[small]:
        yield Finding(
            "warning",
            "coefficient range",
            (),
            f"Amounts range from {sizes[small]:g} ({named[owner[small]][0]}) to {sizes[large]:g} "
            f"({named[owner[large]][0]}); the solver may lose accuracy.",
            "choose units so that amounts lie between about 0.001 and 10,000",
        )
