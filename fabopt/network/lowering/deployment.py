"""Deployment: accelerators become assets at a site, are run or left off each period, and yield compute.

``deploy:<chip>:<site>`` turns a finished package into an asset; ``operate:<chip>:<site>`` takes an asset in, returns
the surviving share of it at the end of the period, draws facility power (IT power x PUE) and gives one running
accelerator of the lab; ``run:<chip>:<lab>:<workload>`` turns running accelerators into compute. Workload is never
crossed with site. An asset that is not run stays, and wears, all the same: keeping an old chip is a decision apart
from buying a new one.
"""

from __future__ import annotations

import math

import numpy as np

from fabopt.domain.chips import Chip
from fabopt.domain.customers import Lab
from fabopt.domain.users import may_buy
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.components import ONE, component_cost, take, taken
from fabopt.network.lowering.packaging import routes, sold
from fabopt.network.lowering.sites import electricity, energy_cost, facility_power, lower_site, supplied
from fabopt.network.lowering.synchronised import by_site, joined, lower_synchronised
from fabopt.network.lowering.throughput import throughput
from fabopt.network.tables import Activity, Array, Material, Tags


def in_field(chain: Chain, chip_id: str, site_id: str) -> float:
    """Return thousand accelerators of a chip at a site at the decision date."""
    lab = chain.instance.labs[chain.instance.sites[site_id].lab]
    fleet = lab.fleet.get(site_id, {})
    return fleet[chip_id].value if chip_id in fleet else 0.0


def lower_deployment(chain: Chain) -> None:
    """Add site power, deployment, operation and workloads of every lab, and the limit on synchronised load."""
    for site_id, site in chain.instance.sites.items():
        lower_site(chain, site_id, site)
    for workload_id, workload in chain.instance.workloads.items():
        for lab_id, lab in chain.instance.labs.items():
            if workload_id in lab.demand.workloads:
                name = f"{workload.name} compute of {lab.name}"
                label = Tags(
                    stage="compute",
                    customer=lab_id,
                    lab=lab_id,
                    workload=workload_id,
                    kind="workload",
                    role="compute",
                    field=f"labs.{lab_id}.demand.{lab.demand.field(workload_id)}",
                )
                chain.build.material(Material(f"compute:{workload_id}:{lab_id}", name, "kH100e", label))
    for lab_id, lab in chain.instance.labs.items():
        for chip_id, chip in chain.instance.chips.items():
            held = [_asset(chain, chip_id, chip, s) for s in chain.sites_of[lab_id]]
            lets, rents = _leases(chain, chip_id, lab_id)
            if lets or rents:
                _running(chain, chip_id, lab_id)
            if rents:
                held.append(0)
            if held and min(held) < chain.n:
                _workloads(chain, chip_id, chip, lab_id, lab, min(held))
        lower_synchronised(chain, lab_id, lab)


def _asset(chain: Chain, chip_id: str, chip: Chip, site_id: str) -> int:
    """Add the assets of a chip at a site, if it can have any; return the first period in which one can run there."""
    site = chain.instance.sites[site_id]
    opening = in_field(chain, chip_id, site_id)
    buys = may_buy(chain.instance, site.lab, chip_id) and sold(chain, chip_id)
    receives = chip.resale is not None and site.lab in chip.resale.labs
    if not buys and opening == 0.0 and not receives:
        return chain.n
    label = Tags(
        stage="deployment",
        owner=site.lab,
        customer=site.lab,
        item=chip.designer,
        chip=chip_id,
        lab=site.lab,
        site=site_id,
        region=site.region,
        kind="chip",
    )
    survival = chip.survival.value**chain.years
    worth = chain.worth_at_end(replacement_costs(chain, chip_id, site_id), chain.instance.horizon.terminal_share.value)
    name = f"{chip.name} at {site.name}"
    asset = f"asset:{chip_id}:{site_id}"
    chain.build.material(
        Material(
            asset,
            name,
            "kaccelerator",
            label.of("asset", f"chips.{chip_id}"),
            storable=True,
            opening=opening,
            survival=chain.lengths.one(survival),
            terminal_value=worth,
            disposal_cost=chip.retirement_cost.value * PER_THOUSAND,
        )
    )
    arrival = _deploy(chain, chip_id, chip, site_id, asset) if buys else chain.n
    first = 0 if opening > 0.0 or receives else arrival
    _operate(chain, chip_id, site_id, label, first)
    return first


def _operate(chain: Chain, chip_id: str, site_id: str, label: Tags, first: int) -> None:
    """Add the running of a chip's assets at a site, from the period in which the first can be there."""
    chip, site = chain.instance.chips[chip_id], chain.instance.sites[site_id]
    survival = chip.survival.value**chain.years
    asset = f"asset:{chip_id}:{site_id}"
    operate = f"operate:{chip_id}:{site_id}"
    facility_kw = facility_power(chip, site)
    apart = supplied(site)
    energy = chain.flat(0.0) if apart else facility_kw * energy_cost(chain, site, site.energy_price)
    running = _running(chain, chip_id, site.lab)
    chain.build.activity(
        Activity(
            operate,
            f"operating {chip.name} at {site.name}",
            "kaccelerator",
            label.of("operation", f"chips.{chip_id}"),
            cost=energy + chip.operating_cost.value * chain.years * PER_THOUSAND,
            upper=_from(chain, first),
        )
    )
    chain.build.use(operate, f"power:{site_id}", 0, ONE, chain.flat(facility_kw))
    if apart:
        chain.build.flow(operate, electricity(site_id), 0, ONE, chain.flat(-facility_kw))
    chain.build.flow(operate, asset, 0, ONE, chain.flat(-1.0))
    chain.build.flow(operate, asset, 1, ONE, survival)
    chain.build.flow(operate, running, 0, ONE, chain.flat(1.0))


def _running(chain: Chain, chip_id: str, lab_id: str) -> str:
    """Add the running accelerators of a chip and lab; return the material."""
    chip, lab = chain.instance.chips[chip_id], chain.instance.labs[lab_id]
    running = f"running:{chip_id}:{lab_id}"
    label = Tags(
        stage="compute",
        customer=lab_id,
        lab=lab_id,
        chip=chip_id,
        item=chip.designer,
        kind="chip",
        role="running",
        field=f"chips.{chip_id}",
    )
    chain.build.material(Material(running, f"running {chip.name} of {lab.name}", "kaccelerator", label))
    return running


def _leases(chain: Chain, chip_id: str, lab_id: str) -> tuple[bool, bool]:
    """Return whether a lab may let running accelerators of a chip to another, and whether it may rent them."""
    leases = [c for c in chain.instance.contracts.values() if ("rented", chip_id) in c.goods.named]
    return any(c.supplier == lab_id for c in leases), any(c.buyer == lab_id for c in leases)


def _from(chain: Chain, first: int) -> Array:
    """Return upper bounds that are open from a period on."""
    return chain.open_upper((np.arange(chain.n) >= first).astype(float))


def replacement_costs(chain: Chain, chip_id: str, site_id: str) -> Array:
    """Return the resource cost of one thousand accelerators deployed at a site in each period ``[T]``, million dollars.

    Zero for a chip that is no longer made at all: nothing replaces it as it is.
    """
    made = chain.unit_cost.get(f"chip:{chip_id}")
    if made is None:
        return chain.flat(0.0)
    site, chip = chain.instance.sites[site_id], chain.instance.chips[chip_id]
    parts = component_cost(chain, taken(chain, "accelerator", chip_id), site.lab, site.region)
    return np.asarray(made + chain.mean(chip.system_cost) * PER_THOUSAND + parts)


def _deploy(chain: Chain, chip_id: str, chip: Chip, site_id: str, asset: str) -> int:
    """Add the delivery of a chip to a site; return the first period in which one can be running there."""
    site = chain.instance.sites[site_id]
    home = chain.instance.designers[chip.designer].region
    opening = chain.window(chain.instance.labs[site.lab].designers[chip.designer], None)
    opening &= chain.allowed(home, site.region, chip_id, site.lab)
    activity = f"deploy:{chip_id}:{site_id}"
    label = Tags(
        stage="deployment",
        owner=chip.designer,
        customer=site.lab,
        item=chip.designer,
        chip=chip_id,
        lab=site.lab,
        site=site_id,
        region=site.region,
        kind="chip",
        role="shipment",
        field=f"chips.{chip_id}",
    )
    cost = chain.mean(chip.system_cost) * PER_THOUSAND
    name = f"{chip.name} to {site.name}"
    first_made = _first_arrival(chain, chip_id)
    opening &= chain.between(first_made, math.inf)
    upper = chain.opens(activity, opening)
    chain.build.activity(Activity(activity, name, "kaccelerator", label, cost=cost, upper=upper, bearer=site.lab))
    price, made = chain.mean(chip.price) * PER_THOUSAND, chain.list_cost.get(f"chip:{chip_id}", chain.flat(0.0))
    goods = Goods("activity", activity, chain.flat(1.0), price, "kaccelerator", made)
    chain.pay(site.lab, chip.designer, "accelerators", chip_id, goods)
    chain.build.flow(activity, f"chip:{chip_id}", 0, ONE, chain.flat(-1.0))
    take(chain, activity, taken(chain, "accelerator", chip_id), site.lab, site.region)
    chain.arrive(activity, asset, chip.installation_lead.value, chain.flat(1.0), even=False)
    return chain.arrives(activity, asset)


def _first_arrival(chain: Chain, chip_id: str) -> int:
    """Return the first period in which a package of the chip can exist (to leave out columns that stay empty)."""
    chip = chain.instance.chips[chip_id]
    if chip.stock.value > 0.0 or chip.running_rate.value > 0.0:
        return 0
    better = [c for c, other in chain.instance.chips.items() if chip_id in other.sells_as]
    first = min((_first_arrival(chain, c) for c in better), default=chain.n)
    return min([first, *(chain.arrives(route.activity, f"chip:{chip_id}") for route in routes(chain, chip_id))])


def _workloads(chain: Chain, chip_id: str, chip: Chip, lab_id: str, lab: Lab, first: int) -> None:
    running = f"running:{chip_id}:{lab_id}"
    for workload_id in chip.performance:
        if workload_id not in lab.demand.workloads:
            continue
        workload = chain.instance.workloads[workload_id]
        activity = f"run:{chip_id}:{lab_id}:{workload_id}"
        chain.build.activity(
            Activity(
                activity,
                f"{lab.name} runs {workload.name} on {chip.name}",
                "kaccelerator",
                Tags(
                    stage="compute",
                    customer=lab_id,
                    item=chip.designer,
                    chip=chip_id,
                    lab=lab_id,
                    workload=workload_id,
                    kind="chip",
                    role="run",
                    field=f"chips.{chip_id}.performance.{workload_id}",
                ),
                upper=_from(chain, first),
            )
        )
        taken = joined(chain, chip_id, lab_id) if workload.synchronised and by_site(chain, lab_id) else running
        chain.build.flow(activity, taken, 0, ONE, chain.flat(-1.0))
        output = throughput(chain, chip_id, lab_id, workload_id)
        chain.build.flow(activity, f"compute:{workload_id}:{lab_id}", 0, ONE, output)


def wear(chain: Chain, chip: Chip) -> Array:
    """Return the share of an opening fleet that is left in each period ``[T]``; all of it in the first."""
    return np.asarray(chip.survival.value ** chain.elapsed[:-1])
