"""Expansions: the units by which a capacity grows, in whole steps or in projects on a cost curve.

A step is one unit, a whole number of which is ordered, or any part of one where the horizon says so (`steps_whole`). A
curve is one unit for each of its segments, counted in the capacity itself, with a fixed cost for each project; how much
all of them may add is a resource of its own. All is paid evenly over the lead time, and the capacity ends with its
life. Capacity that is turned to what another fab or line
makes leaves the one, in part while that is done, and comes to the other after the lead time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from fabopt.domain.base import Fault, FieldProblem, Path
from fabopt.domain.expansion import Expansion
from fabopt.domain.fabs import Fab
from fabopt.domain.packaging import PackagingLine
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.components import ONE, source_capacity, source_name, take_for_unit, taken_for_power
from fabopt.network.lowering.growing import Growing
from fabopt.network.lowering.standing_units import ends, hold, keep
from fabopt.network.tables import Array, Resource, Unit, UnitEffect


@dataclass(frozen=True)
class _Option:
    """One way to order: id, name and unit of the unit, its cost, and how much of it may be ordered."""

    unit: str
    name: str
    counted: str
    cost: Array
    fixed: float
    size: float
    least: float
    largest: float
    most: Array
    total: float
    again: float
    whole: bool


def expand(chain: Chain, record: Expansion[Any] | None, what: Growing) -> None:
    """Add the units by which a resource can grow.

    Parameters
    ----------
    chain
        The chain; it has the resource already.
    record
        How it can grow; None where it cannot.
    what
        What grows.
    """
    if record is None:
        return
    unit = chain.build.resources[what.resource].unit
    options = list(_projects(chain, record, what, unit) if record.curve else _steps(chain, record, what))
    if np.isfinite(record.most) and record.curve and options:
        _ground(chain, record, what, unit)
    for place, option in enumerate(options):
        # What stands already is retired by the first way.
        opening = record.standing.value / option.size if record.standing is not None and place == 0 else 0.0
        _unit(chain, record, what, option, opening)
        _effects(chain, record, what, option)
    hold(chain, record, what, [option.unit for option in options])


def _unit(chain: Chain, record: Expansion[Any], what: Growing, option: _Option, opening: float) -> None:
    """Add the unit of one way to order, with what it costs and takes."""
    lead, needs = chain.lead(record.lead.value), dict(record.needs)
    needs |= taken_for_power(chain, what.tags.site) if what.site else {}
    parts = take_for_unit(chain, option.unit, needs, what.tags, lead, record.ramp)
    cost, again = option.cost + parts, option.again + float(parts[-1])
    fixed = chain.progress_payment(chain.flat(option.fixed), lead) if option.fixed > 0.0 else None
    chain.instalments[option.unit] = option.cost, option.fixed
    kept, retiring = keep(chain, record, what, option.unit, opening)
    chain.build.unit(
        Unit(
            option.unit,
            option.name,
            option.counted,
            what.tags,
            cost=chain.progress_payment(option.cost, lead) + kept,
            upper=chain.order_upper(lead, option.most, chain.window(record.first, None).open),
            total=option.total,
            whole=option.whole,
            min_order=option.least,
            max_order=option.largest,
            fixed_cost=fixed,
            opening=opening,
            retire_cost=retiring,
            lead=lead,
            terminal_value=chain.unit_worth(cost, lead, record.life.value, again),
            instrument=what.instrument,
        )
    )


def _effects(chain: Chain, record: Expansion[Any], what: Growing, option: _Option) -> None:
    """Add what a unit adds to the capacity, and what it takes of others."""
    opening, lead, lengths = chain.window(record.first, None), chain.lead(record.lead.value), chain.lengths
    late = opening.late if opening.late.any() else None
    life, ramp, unit = ends(chain, record), np.array(record.ramp), option.unit
    effects = chain.build.unit_effects
    first, profile = lengths.lasting(lead, ramp, life)
    gives = profile * option.size * what.keeps
    effects.append(lengths.effect(unit, what.resource, first, gives, _scale(chain, what.resource), late=late))
    if what.room[0] in chain.build.resources:
        first, profile = lengths.lasting(0.0, ONE, lead + life)
        effects.append(UnitEffect(unit, what.room[0], first, -profile))
    if what.places > 0.0:
        first, profile = lengths.ramp(lead, ONE)
        effects.append(UnitEffect(unit, what.space, first, profile * what.places, late=late))
    if what.turned:
        gone, left = lengths.ramp(0.0, ONE), lengths.ramp(lead, ONE)
        if what.loss > 0.0:
            taken = -gone[1] * option.size * what.loss
            effects.append(lengths.effect(unit, what.turned, gone[0], taken, _scale(chain, what.turned), late=late))
        if what.loss < 1.0:
            taken = -left[1] * option.size * (1.0 - what.loss)
            effects.append(lengths.effect(unit, what.turned, left[0], taken, _scale(chain, what.turned), late=late))


def convert(chain: Chain, section: str, resource: str) -> None:
    """Add the ways in which capacity of the fabs or lines of a section can be turned to what others make.

    Parameters
    ----------
    chain, section
        The chain, and the section.
    resource
        What ids of their resources begin with.
    """
    records: Mapping[str, Fab | PackagingLine] = getattr(chain.instance, section)
    for key, record in records.items():
        here = f"{resource}:{key}"
        for name, way in record.conversions.items():
            label = chain.build.resources[here].tags.of("expansion", f"{section}.{key}.conversions.{name}")
            words = f"{record.name} to {records[way.to].name}"
            what = Growing(f"{resource}:{way.to}", words, label, f"convert:{here}:{name}", turned=here)
            expand(chain, way, replace(what, loss=way.loss.value, keeps=way.keeps.value))


def _scale(chain: Chain, resource: str) -> Array | None:
    """Return the months of each period ``[T]`` for a rate; None for a level."""
    return chain.months if chain.build.resources[resource].kind == "rate" else None


def expand_sources(chain: Chain) -> None:
    """Add the units by which the sources of components can grow."""
    for component_id, component in chain.instance.components.items():
        for source_id, source in component.sources.items():
            resource = source_capacity(chain, component_id, component, source_id)
            label = chain.build.resources[resource].tags
            of = label.of("expansion", f"components.{component_id}.sources.{source_id}.expansion")
            expand(
                chain,
                source.expansion,
                Growing(resource, source_name(chain, component, source), of, f"expand:{resource}"),
            )


def _steps(chain: Chain, record: Expansion[Any], what: Growing) -> Iterator[_Option]:
    """Yield the one way to order whole steps, where there may be any."""
    assert record.step is not None
    assert record.cost is not None
    if record.most_steps == 0 and record.standing is None and not chain.ordered(what.unit):
        return
    cost, most = chain.mean(record.cost), chain.steps(record.max_per_period) * (_dates(chain, record) > 0.0)
    yield _Option(
        what.unit, f"{what.name} expansion", "step", cost, 0.0, record.step.value, 0.0, np.inf, most,
        record.most_steps, np.inf, chain.instance.horizon.steps_whole,
    )  # fmt: skip


def _projects(chain: Chain, record: Expansion[Any], what: Growing, unit: str) -> Iterator[_Option]:
    """Yield one way to order for each segment of a cost curve that is not larger than all there may be.

    How many projects of a segment start in a period is not limited; each pays what is fixed in its cost.
    """
    total = record.most
    size = 0.0 if record.least is None else record.least.value
    segments = [(k, line) for k, line in enumerate(cost_segments(record.points), 1) if line[-1] >= size]
    # A line is cheapest by the unit at its largest order.
    lines = [line for _, line in segments if line[2] < total]
    again = min((slope + fixed / min(most, total) for fixed, slope, _, most in lines), default=np.inf)
    may = np.where(_dates(chain, record) > 0.0, total, 0.0)
    for k, (fixed, slope, least, most) in segments:
        unit_id = f"{what.unit}:{k}"
        if least < total or chain.ordered(unit_id):
            sizes = (max(least, size), most) if fixed > 0.0 or size > 0.0 else (0.0, np.inf)
            yield _Option(
                unit_id, f"{what.name}, size {k}", unit, chain.flat(slope), fixed, 1.0, *sizes, may, np.inf, again,
                False,
            )  # fmt: skip


def most_added(chain: Chain, record: Expansion[Any] | None, field: Path) -> float:
    """Return the most that an expansion can add over the horizon, in the unit of the capacity; 0 without one.

    `field` is where it stands in the instance.

    Raises
    ------
    FieldProblem
        Where projects have no room of their own: then nothing finite can be said.
    """
    if record is None or np.isfinite(record.most):
        return 0.0 if record is None else float(record.most)
    if record.step is None:
        message = "projects that bring what must be qualified need a limit in all"
        raise FieldProblem([Fault((*field, "max_total"), message, "give 'max_total'")])
    return float(record.step.value * np.sum(chain.steps(record.max_per_period)))


def _dates(chain: Chain, record: Expansion[Any]) -> Array:
    """Return how many of the dates at which something may be started fall into each period ``[T]``."""
    return np.asarray(np.diff(np.ceil(chain.lengths.begins / record.order_every - NEGLIGIBLE)))


def _ground(chain: Chain, record: Expansion[Any], what: Growing, unit: str) -> None:
    """Add the room for all projects of a curve together."""
    room, (ground, name) = chain.flat(record.most), what.room
    tags = replace(what.tags, stage="site") if what.tags.kind == "site" else what.tags
    label = tags.of("ground", f"{what.tags.field}.max_total")
    chain.build.resource(Resource(ground, name, unit, "level", room, label))


def cost_segments(points: list[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    """Return the straight lines through a cost curve as (fixed cost, cost per MW, least size, most size).

    The first line runs from nothing to the first point, without a fixed cost; a concave curve is the lower envelope of
    its lines, so the cheapest option for a size is the curve's own cost.
    """
    size, cost = points[0]
    lines = [(0.0, cost / size, 0.0, size)]
    for (s0, c0), (s1, c1) in pairwise(points):
        slope = (c1 - c0) / (s1 - s0)
        lines.append((c0 - slope * s0, slope, s0, s1))
    return lines
