"""HBM: DRAM wafers started for a designer, stacked on a maker's line, to good stacks.

One unit of level is a thousand DRAM wafers started. Stacking capacity is used when the DRAM wafer is finished; a
stack carries its designer from the start, because qualification is by maker, designer and generation. A qualification
that can still be decided is a unit that opens a resource ``qualified:...`` wide enough never to limit, and that
occupies DRAM starts while it lasts.
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.memory import MemoryMaker
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.expansion import expand, most_added
from fabopt.network.lowering.growing import Growing
from fabopt.network.lowering.wafers import cycle_months, use_fab
from fabopt.network.tables import Activity, Array, Material, Resource, Tags, Unit, UnitEffect


def designers_using(chain: Chain, generation: str) -> list[str]:
    """Return the designers with a chip whose bill of materials names the generation, in order."""
    designers_using = {
        chip.designer: None
        for chip in chain.instance.chips.values()
        for bom in chip.boms.values()
        if generation in bom.hbm
    }
    return list(designers_using)


def stacks_per_wafer(chain: Chain, maker: MemoryMaker, generation: str) -> Array:
    """Return good stacks per DRAM wafer started in each period ``[T]``, at the yields of the finishing date."""
    offer = maker.offers[generation]
    months = cycle_months(chain, maker.node, maker.fab) + maker.stacking_time.value
    dies = chain.mean(offer.good_dies, months) * chain.mean(offer.stack_yield, months)
    return np.asarray(dies / chain.instance.hbm[generation].core_dies.value)


def lower_memory(chain: Chain) -> None:
    """Add HBM stacks by generation and designer, stacking lines and qualifications."""
    for generation, hbm in chain.instance.hbm.items():
        for designer in designers_using(chain, generation):
            chain.build.material(
                Material(
                    f"hbm:{generation}:{designer}",
                    f"{hbm.name} for {chain.instance.designers[designer].name}",
                    "kstack",
                    Tags(
                        stage="memory",
                        customer=designer,
                        item=generation,
                        kind="hbm",
                        role="stack",
                        field=f"hbm.{generation}",
                    ),
                    storable=True,
                )
            )
    for maker_id, maker in chain.instance.memory_makers.items():
        _line(chain, maker_id, maker)
        for generation in maker.offers:
            for designer in designers_using(chain, generation):
                _stacks(chain, maker_id, maker, generation, designer)


def _line(chain: Chain, maker_id: str, maker: MemoryMaker) -> None:
    label = Tags(stage="memory", owner=maker.owner, item=maker_id, region=maker.region, kind="memory_maker")
    resource = f"stacking:{maker_id}"
    capacity = chain.per_period(maker.stacking)
    of = label.of("stacking", f"memory_makers.{maker_id}.stacking")
    chain.build.resource(Resource(resource, f"{maker.name} stacking", "kwafer", "rate", capacity, of))
    of = label.of("expansion", f"memory_makers.{maker_id}.expansion")
    expand(chain, maker.expansion, Growing(resource, f"{maker.name} stacking", of, f"expand:{resource}"))


def _stacks(chain: Chain, maker_id: str, maker: MemoryMaker, generation: str, designer: str) -> None:
    qualified = maker.qualified.get(designer, {}).get(generation)
    open_case = maker.qualifying.get(designer, {}).get(generation)
    if qualified is None and open_case is None:
        return
    offer, hbm = maker.offers[generation], chain.instance.hbm[generation]
    customer = chain.instance.designers[designer]
    opening = chain.window(offer.available, offer.until) & chain.allowed(maker.region, customer.region)
    opening &= chain.window(qualified, None)
    activity = f"hbm:{generation}:{designer}:{maker_id}"
    stacks = stacks_per_wafer(chain, maker, generation)
    unit_cost = chain.mean(hbm.price) * (1.0 - hbm.gross_margin.value - hbm.depreciation.value) * PER_THOUSAND
    label = Tags(
        stage="memory",
        owner=maker.owner,
        customer=designer,
        item=generation,
        node=maker.node,
        site=maker_id,
        region=maker.region,
        kind="hbm",
        role="wafer_start",
        field=f"memory_makers.{maker_id}.offers.{generation}",
    )
    chain.build.activity(
        Activity(
            activity,
            f"{hbm.name} for {customer.name} at {maker.name}",
            "kwafer",
            label,
            cost=stacks * unit_cost,
            upper=chain.opens(activity, opening),
        )
    )
    price = chain.mean(hbm.price) * PER_THOUSAND
    parts, listed = use_fab(chain, activity, maker.fab, maker.node)
    goods = Goods("activity", activity, stacks, price, "kstack", unit_cost)
    chain.pay(designer, maker.owner, "hbm", generation, goods)
    wafer_months = cycle_months(chain, maker.node, maker.fab)
    chain.use_after(activity, f"stacking:{maker_id}", wafer_months, chain.flat(1.0))
    chain.arrive(activity, f"hbm:{generation}:{designer}", wafer_months + maker.stacking_time.value, stacks)
    chain.cost_of(f"hbm:{generation}:{designer}", unit_cost + parts / stacks, price + listed / stacks)
    if qualified is None:
        _qualification(chain, maker_id, maker, generation, designer, activity)


def _qualification(
    chain: Chain, maker_id: str, maker: MemoryMaker, generation: str, designer: str, activity: str
) -> None:
    case = maker.qualifying[designer][generation]
    name = f"{maker.name} {chain.instance.hbm[generation].name} for {chain.instance.designers[designer].name}"
    label = Tags(
        stage="memory", owner=maker.owner, customer=designer, item=generation, site=maker_id, kind="memory_maker"
    )
    resource = f"qualified:{maker_id}:{generation}:{designer}"
    of = label.of("qualified", f"memory_makers.{maker_id}.qualified")
    chain.build.resource(Resource(resource, f"qualification of {name}", "kwafer", "rate", chain.flat(0.0), of))
    chain.build.use(activity, resource, 0, np.ones(1), chain.flat(1.0))
    widest = float(chain.per_period(maker.stacking).max()) + float(chain.months.max()) * most_added(
        chain, maker.expansion, ("memory_makers", maker_id, "expansion")
    )
    lead = chain.lead(case.lead.value)
    first, profile = chain.lengths.ramp(lead, np.ones(1))
    unit_id = f"qualify:{maker_id}:{generation}:{designer}"
    chain.build.unit(
        Unit(
            unit_id,
            f"qualifying {name}",
            "qualification",
            label.of("qualification", f"memory_makers.{maker_id}.qualifying"),
            cost=chain.flat(case.cost.value),
            upper=chain.order_upper(lead, 1.0),
            total=1.0,
            lead=lead,
            instrument="qualification",
        )
    )
    effects = chain.build.unit_effects
    effects.append(UnitEffect(unit_id, resource, first, profile * widest))
    if case.wafers.value > 0.0:
        held, wafers = chain.lengths.waiting(lead), case.wafers.value * chain.months
        effects.append(chain.lengths.effect(unit_id, f"starts:{maker.fab}", 0, -held, wafers, persistent=False))
