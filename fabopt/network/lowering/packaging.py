"""Interposers and packages: interposer starts, bonding, assembly, test, and finished packages.

One unit of level of ``interposer:<chip>:<bom>:<line>`` is a thousand good interposers: they take the line's wafers at
the start and wait, as a material of their own, for the other parts. One unit of ``package:<chip>:<bom>:<line>`` is a
thousand packages that are bonded: dies, stacks, components and interposers are taken (and bonding is used) at once, and
the good share comes out after assembly: a package that fails loses all its parts. Were the parts taken by one activity
part of a period after the interposer's start, a plan short of parts could alternate between full and empty periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.domain.calendar import Calendar
from fabopt.domain.chips import Bom, Chip
from fabopt.domain.kinds import Role
from fabopt.domain.nodes import gross_dies_per_wafer
from fabopt.domain.packaging import PackagingLine
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods, Opening
from fabopt.network.lowering.components import ONE, component_cost, in_package, lower_components, take
from fabopt.network.lowering.expansion import convert, expand, expand_sources
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Activity, Material, Resource, Tags

WITHOUT_LINE = "direct"


@dataclass(frozen=True)
class Route:
    """One way to assemble a chip: bill of materials, and the packaging line (None without one)."""

    chip: str
    bom: str
    line: str | None

    @property
    def activity(self) -> str:
        """Id of the activity."""
        return f"package:{self.chip}:{self.bom}:{self.line or WITHOUT_LINE}"

    @property
    def interposer(self) -> str:
        """Id of the interposers that the route bonds to, and of the activity that makes them."""
        return f"interposer:{self.chip}:{self.bom}:{self.line}"


def packages_per_wafer(bom: Bom) -> float:
    """Return packages per interposer wafer, stated or from the interposer's area on a 300 mm wafer."""
    if bom.packages_per_wafer is not None:
        return bom.packages_per_wafer.value
    if bom.interposer_area is None:
        raise ValueError("a packaging technology needs packages_per_wafer or interposer_area")
    return gross_dies_per_wafer(bom.interposer_area.value)


def routes(chain: Chain, chip_id: str) -> list[Route]:
    """Return the ways to assemble a chip, in the instance's order."""
    routes: list[Route] = []
    for bom_id, bom in chain.instance.chips[chip_id].boms.items():
        if bom.technology is None:
            routes.append(Route(chip_id, bom_id, None))
            continue
        for line_id, line in chain.instance.packaging_lines.items():
            if bom.technology in line.technologies and (not bom.lines or line_id in bom.lines):
                routes.append(Route(chip_id, bom_id, line_id))
    return routes


def sold(chain: Chain, chip_id: str) -> bool:
    """Return whether a chip can still be delivered: made, in stock, or had by downgrading a better one."""
    chip = chain.instance.chips[chip_id]
    made = bool(routes(chain, chip_id)) or chip.stock.value > 0.0
    return made or any(chip_id in other.sells_as for other in chain.instance.chips.values())


def route_months(chain: Chain, route: Route) -> tuple[float, float]:
    """Return the months from start to bonding, and from bonding to tested package."""
    if route.line is None:
        return 0.0, chain.instance.chips[route.chip].assembly_time.value
    line = chain.instance.packaging_lines[route.line]
    return line.interposer_time.value, line.assembly_time.value


def first_shipment(calendar: Calendar, chip: Chip) -> float:
    """Return the position from which volume ships, after design and the expected delay of a respin; -inf if always."""
    first = calendar.opens(chip.available)
    if chip.design_start is not None and chip.design_cycle is not None:
        first = max(first, calendar.after(calendar.position(chip.design_start), chip.design_cycle.value))
    if chip.respin is None:
        return first
    return calendar.after(first, chip.respin.probability.value * chip.respin.delay.value)


def lower_packaging(chain: Chain) -> None:
    """Add packaging lines, the capacity for components and the assembly of every chip."""
    for line_id, line in chain.instance.packaging_lines.items():
        _line(chain, line_id, line)
    convert(chain, "packaging_lines", "packaging")
    lower_components(chain)
    expand_sources(chain)
    for chip_id, chip in chain.instance.chips.items():
        if sold(chain, chip_id):
            _chip(chain, chip_id, chip)
        for route in routes(chain, chip_id):
            _assembly(chain, route)
    for chip_id, chip in chain.instance.chips.items():
        for lesser in chip.sells_as:
            _sell_as(chain, chip_id, lesser, chip.designer)


def _line(chain: Chain, line_id: str, line: PackagingLine) -> None:
    home = f"packaging_lines.{line_id}"
    label = Tags(stage="packaging", owner=line.owner, item=line_id, region=line.region, kind="packaging_line")
    resource = f"packaging:{line_id}"
    capacity = chain.per_period(line.capacity)
    of = label.of("interposers", f"{home}.capacity")
    chain.build.resource(Resource(resource, f"{line.name} interposer wafers", "kwafer", "rate", capacity, of))
    of = label.of("expansion", f"{home}.expansion")
    expand(chain, line.expansion, Growing(resource, line.name, of, f"expand:{resource}"))
    if line.bonding is not None:
        bonding = chain.per_period(line.bonding)
        of = label.of("bonding", f"{home}.bonding")
        chain.build.resource(Resource(f"bonding:{line_id}", f"{line.name} bonding", "kpackage", "rate", bonding, of))


def _chip(chain: Chain, chip_id: str, chip: Chip) -> None:
    safety = chain.mean(chip.safety_stock)
    carrying = chip.carrying_cost.value * PER_THOUSAND * chain.years
    chain.build.material(
        Material(
            f"chip:{chip_id}",
            f"{chip.name} packages",
            "kpackage",
            Tags(
                stage="packaging",
                owner=chip.designer,
                item=chip_id,
                chip=chip_id,
                kind="chip",
                role="package",
                field=f"chips.{chip_id}",
            ),
            storable=True,
            opening=chip.stock.value,
            carrying_cost=carrying if carrying.any() else None,
            safety_stock=safety if safety.any() else None,
            shortfall_cost=chain.lengths.one(chip.shortfall_cost.value * PER_THOUSAND * chain.lengths.sizes),
        )
    )


def _assembly(chain: Chain, route: Route) -> None:
    """Add bonding and assembly of a chip by one route, and the interposers that it bonds to."""
    chip = chain.instance.chips[route.chip]
    bom = chip.boms[route.bom]
    _, to_package = route_months(chain, route)
    owner, region, where = chip.designer, "", ""
    held = False
    if route.line is not None:
        line = chain.instance.packaging_lines[route.line]
        owner, region, where = line.owner, line.region, f" at {line.name}"
        _interposers(chain, route, bom, line)
        held = line.bonding is not None
        if held:
            chain.build.use(route.activity, f"bonding:{route.line}", 0, ONE, chain.flat(1.0))
    elif chip.assembly_capacity is not None:
        held = True
        _own_assembly(chain, route, chip)
    cost = chain.flat(chip.assembly_cost.value * PER_THOUSAND)
    chain.build.activity(
        Activity(
            route.activity,
            f"{chip.name} packages{where}",
            "kpackage",
            _label(chain, route, "packaging", owner, region, "package_start"),
            cost=cost,
            upper=chain.opens(route.activity, _route_opening(chain, route, to_package)),
            bearer=chip.designer,
        )
    )
    pieces = in_package(chain, route.chip, route.bom)
    parts = take(chain, route.activity, pieces, chip.designer)
    bought = component_cost(chain, pieces, chip.designer, costs=chain.list_cost)
    for material, number in parts_of(chain, route).items():
        chain.build.flow(route.activity, material, 0, ONE, chain.flat(-number))
        parts += number * chain.unit_cost.get(material, np.zeros(chain.n))
        bought += number * chain.list_cost.get(material, np.zeros(chain.n))
    good = chain.mean(chip.assembly_yield, to_package)
    chain.arrive(route.activity, f"chip:{route.chip}", to_package, good, even=held)
    chain.cost_of(f"chip:{route.chip}", (cost + parts) / good, (cost + bought) / good)


def _own_assembly(chain: Chain, route: Route, chip: Chip) -> None:
    """Hold a part without a packaging line to what can be assembled and tested of it."""
    resource = f"assembly:{route.chip}"
    if resource not in chain.build.resources and chip.assembly_capacity is not None:
        label = Tags(
            stage="packaging",
            owner=chip.designer,
            customer=chip.designer,
            item=route.chip,
            chip=route.chip,
            kind="chip",
            role="assembly",
            field=f"chips.{route.chip}.assembly_capacity",
        )
        capacity = chain.per_period(chip.assembly_capacity)
        name = f"{chip.name} assembly and test"
        chain.build.resource(Resource(resource, name, "kpackage", "rate", capacity, label))
    chain.build.use(route.activity, resource, 0, ONE, chain.flat(1.0))


def _interposers(chain: Chain, route: Route, bom: Bom, line: PackagingLine) -> None:
    """Add the interposers of a route: a thousand good ones take a line's wafers at the start and wait for bonding."""
    to_bonding, to_package = route_months(chain, route)
    name = f"{chain.instance.chips[route.chip].name} interposers at {line.name}"
    label = _label(chain, route, "interposer", line.owner, line.region, "interposer_start")
    wafers = 1.0 / (packages_per_wafer(bom) * chain.mean(line.interposer_yield))
    price = chain.mean(line.wafer_price) * PER_THOUSAND
    cost = wafers * chain.mean(line.wafer_price) * line_cost_share(line) * PER_THOUSAND
    designer = chain.instance.chips[route.chip].designer
    goods = Goods("activity", route.interposer, wafers, price, "kwafer", price * line_cost_share(line))
    chain.pay(designer, line.owner, "packaging", route.line or "", goods)
    waiting = label.of("interposer", label.field)
    chain.build.material(Material(route.interposer, name, "kpackage", waiting, storable=True))
    upper = chain.opens(route.interposer, _route_opening(chain, route, to_bonding + to_package))
    chain.build.activity(Activity(route.interposer, name, "kpackage", label, cost=cost, upper=upper))
    chain.build.use(route.interposer, f"packaging:{route.line}", 0, ONE, wafers)
    chain.arrive(route.interposer, route.interposer, to_bonding, chain.flat(1.0))
    chain.cost_of(route.interposer, cost, wafers * price)


def line_cost_share(line: PackagingLine) -> float:
    """Return the share of a line's price that is resource cost: neither margin nor depreciation."""
    return 1.0 - line.gross_margin.value - line.depreciation.value


def _route_opening(chain: Chain, route: Route, months: float) -> Opening:
    """Return when something may start that takes `months` to a finished package."""
    chip = chain.instance.chips[route.chip]
    shipped = chain.calendar.after(first_shipment(chain.calendar, chip), -months)
    opening = chain.between(shipped, chain.calendar.closes(chip.last_start))
    opening &= chain.window(chip.boms[route.bom].available, None)
    if route.line is not None:
        region = chain.instance.packaging_lines[route.line].region
        opening &= chain.allowed(region, chain.instance.designers[chip.designer].region)
    return opening


def _label(chain: Chain, route: Route, stage: str, owner: str, region: str, role: Role) -> Tags:
    return Tags(
        stage=stage,
        owner=owner,
        customer=chain.instance.chips[route.chip].designer,
        item=route.bom,
        chip=route.chip,
        site=route.line or "",
        region=region,
        kind="chip",
        role=role,
        field=f"chips.{route.chip}.boms.{route.bom}",
    )


def parts_of(chain: Chain, route: Route) -> dict[str, float]:
    """Return what one package takes when it is bonded: material id and number."""
    chip = chain.instance.chips[route.chip]
    bom = chip.boms[route.bom]
    parts = {f"die:{name}": number.value for name, number in bom.dies.items()}
    parts |= {f"hbm:{name}:{chip.designer}": number.value for name, number in bom.hbm.items()}
    if route.line is not None:
        parts[route.interposer] = 1.0
    return parts


def _sell_as(chain: Chain, better: str, lesser: str, designer: str) -> None:
    activity = f"sell-as:{better}:{lesser}"
    chain.build.activity(
        Activity(
            activity,
            f"{chain.instance.chips[better].name} sold as {chain.instance.chips[lesser].name}",
            "kpackage",
            Tags(
                stage="packaging",
                owner=designer,
                customer=designer,
                item=lesser,
                chip=better,
                kind="chip",
                role="downgrade",
                field=f"chips.{better}.sells_as",
            ),
        )
    )
    chain.build.flow(activity, f"chip:{better}", 0, ONE, chain.flat(-1.0))
    chain.build.flow(activity, f"chip:{lesser}", 0, ONE, chain.flat(1.0))
