"""Rules of the supply side: scanners and their makers, fabs, memory, packaging, dies and bills of materials."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.chips import Bom, Chip
from fabopt.domain.instance import Instance
from fabopt.domain.nodes import gross_dies_per_wafer
from fabopt.domain.tolerances import SHARES, above


def supply_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong on the supply side of an instance.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    yield from _makers(instance, calendar)
    yield from _order_books(instance, calendar)
    yield from _fabs(instance, calendar)
    yield from _memory(instance)
    yield from _dies(instance)
    for chip_id, chip in instance.chips.items():
        for bom_id, bom in chip.boms.items():
            path: Path = ("chips", chip_id, "boms", bom_id)
            yield from _bom(instance, path, bom)
            yield from _hbm_supply(instance, path, chip, bom)


def _makers(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    for class_id, scanner in instance.scanners.items():
        path: Path = ("scanners", class_id)
        most = scanner.nameplate_passes()
        if scanner.passes.value > most:
            yield Fault(
                (*path, "passes"),
                f"{scanner.passes.value:.4g} thousand exposures a month are more than the nameplate "
                f"{most:.4g} that throughput and availability allow",
            )
        for span in calendar.spans:
            output = scanner.output.mean(span.start, span.end)
            reserved = scanner.reserved.mean(span.start, span.end)
            if above(reserved, output):
                yield Fault(
                    (*path, "reserved"),
                    f"in {span.label} {reserved:.4g} tools a year are reserved for others, but the maker "
                    f"delivers only {output:.4g}",
                )
                break


def _order_books(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    for class_id, scanner in instance.scanners.items():
        booked: dict[int, float] = {}
        for fab_id, fab in instance.fabs.items():
            fleet = fab.scanners.get(class_id)
            for day, tools in fleet.order_book.items() if fleet is not None else ():
                if day < calendar.start:
                    yield Fault(
                        ("fabs", fab_id, "scanners", class_id, "order_book", day.isoformat()),
                        f"a delivery on {day} lies before the decision date {calendar.start}",
                        "count those tools in 'opening'",
                    )
                booked[day.year] = booked.get(day.year, 0.0) + tools.value
        for year, tools_booked in sorted(booked.items()):
            first, last = max(date(year, 1, 1), calendar.start), date(year + 1, 1, 1)
            if first >= last:
                continue
            rate = scanner.output.mean(first, last) - scanner.reserved.mean(first, last)
            # A year that the horizon cuts counts in proportion, up to the next whole tool.
            free = math.ceil(rate * (last - first).days / 365.25 - 0.01)
            if tools_booked > free:
                yield Fault(
                    ("scanners", class_id, "output"),
                    f"the fabs' order books hold {tools_booked:g} tools from {first} to the end of {year}, "
                    f"but output less reserved tools comes to {free:g}",
                )


def _fabs(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    first = calendar.spans[0]
    for fab_id, fab in instance.fabs.items():
        path: Path = ("fabs", fab_id)
        if len(set(fab.nodes)) < len(fab.nodes):
            yield Fault((*path, "nodes"), "a node is listed twice")
        starts = fab.wafer_starts.mean(first.start, first.end)
        node = instance.nodes.get(fab.nodes[0])
        for class_id, fleet in fab.scanners.items():
            scanner = instance.scanners.get(class_id)
            if scanner is None or node is None:
                continue
            most = scanner.nameplate_passes()
            passes_of = node.exposures.get(class_id)
            needed = 0.0 if passes_of is None else starts * passes_of.mean(first.start, first.end)
            tools = fleet.opening.at(first.start)
            place = (*path, "scanners", class_id)
            if fleet.passes is not None:
                if fleet.passes.value > most:
                    yield Fault(
                        (*place, "passes"),
                        f"{fleet.passes.value:.4g} thousand exposures a month are more than a tool's "
                        f"nameplate of {most:.4g}",
                    )
            elif tools > 0 and needed > 0:
                passes = needed / (tools * fleet.utilisation.value)
                if passes > most:
                    yield Fault(
                        place,
                        f"{starts:.4g} thousand wafers of {fab.nodes[0]} a month on {tools:g} "
                        f"tools at {fleet.utilisation.value:.0%} mean {passes:.4g} thousand exposures a "
                        f"tool, more than the nameplate of {most:.4g}",
                        "check wafer starts, exposures per wafer and the opening fleet",
                    )
            elif tools == 0 and needed > 0 and not fleet.order_book:
                yield Fault(
                    (*place, "opening"),
                    f"the fab starts {starts:.4g} thousand wafers of {fab.nodes[0]} a month, which need "
                    f"this class of tool, but has none",
                )


def _memory(instance: Instance) -> Iterator[Fault]:
    shares: dict[str, float] = {}
    for maker_id, maker in instance.memory_makers.items():
        path: Path = ("memory_makers", maker_id)
        fab, node = instance.fabs.get(maker.fab), instance.nodes.get(maker.node)
        if fab is not None and node is not None and maker.node not in fab.nodes:
            yield Fault(
                (*path, "node"),
                f"the fab '{maker.fab}' does not run '{maker.node}'",
                f"it runs {', '.join(fab.nodes)}",
            )
        if node is not None and node.kind != "dram":
            yield Fault((*path, "node"), f"'{maker.node}' is a {node.kind} node; HBM needs one of kind 'dram'")
        if not maker.qualified and not maker.qualifying:
            hint = "add designers to 'qualified' or 'qualifying', or leave the maker out"
            yield Fault((*path, "qualified"), f"{maker.name} is qualified nowhere and cannot be", hint)
        for section, table in (("qualified", maker.qualified), ("qualifying", maker.qualifying)):
            for designer, generations in table.items():
                for generation in generations:
                    if generation in instance.hbm and generation not in maker.offers:
                        yield Fault(
                            (*path, section, designer, generation),
                            f"{maker.name} does not offer '{generation}'",
                            f"it offers {', '.join(maker.offers)}",
                        )
        for designer, share in maker.opening_share.items():
            shares[designer] = shares.get(designer, 0.0) + share.value
            if shares[designer] > 1.0 + SHARES:
                yield Fault(
                    (*path, "opening_share", designer),
                    f"the makers' opening shares of {designer} add up to {shares[designer]:.4g}, more than 1",
                )


def _dies(instance: Instance) -> Iterator[Fault]:
    taken: dict[str, str] = dict.fromkeys(instance.dies, "a die")
    for die_id, die in instance.dies.items():
        path: Path = ("dies", die_id)
        if not die.fabs:
            yield Fault((*path, "fabs"), "no fab makes this die")
        for fab_id in die.fabs:
            fab = instance.fabs.get(fab_id)
            if fab is not None and die.node in instance.nodes and die.node not in fab.nodes:
                yield Fault(
                    (*path, "fabs", fab_id),
                    f"the fab '{fab_id}' does not run the die's node '{die.node}'",
                    f"it runs {', '.join(fab.nodes)}",
                )
        opening = sum(source.opening_share.value for source in die.fabs.values())
        if opening > 1.0 + SHARES:
            yield Fault((*path, "fabs"), f"the opening shares add up to {opening:.4g}, more than 1")
        if die.bins:
            total = sum(share.value for share in die.bins.values())
            if abs(total - 1.0) > SHARES:
                yield Fault((*path, "bins"), f"the bins add up to {total:.4g}, not to 1")
        for name in die.bins:
            if name != die_id and name in taken:
                yield Fault((*path, "bins", name), f"'{name}' is also the name of {taken[name]}")
            taken[name] = f"a bin of '{die_id}'"
        node = instance.nodes.get(die.node)
        if node is None or die.dies_per_wafer is not None:
            continue
        if die.area.value > node.reticle_field.value:
            yield Fault(
                (*path, "area"),
                f"a die of {die.area.value:g} mm2 is larger than the {node.reticle_field.value:g} mm2 of one exposure",
                "a stitched die states its 'dies_per_wafer'",
            )
        elif die.gross_dies(node) < 1.0:
            yield Fault(
                (*path, "area"),
                f"no die of {die.area.value:g} mm2 fits a wafer of {node.wafer_diameter.value:g} mm",
            )


def _bom(instance: Instance, path: Path, bom: Bom) -> Iterator[Fault]:
    if not bom.dies:
        yield Fault((*path, "dies"), "a package needs at least one die")
    if bom.technology is None:
        for name in ("interposer_area", "packages_per_wafer", "lines"):
            if getattr(bom, name):
                yield Fault((*path, name), "it has no effect without a packaging technology")
        return
    if bom.packages_per_wafer is None:
        if bom.interposer_area is None:
            yield Fault(
                (*path, "technology"),
                "with a packaging technology the interposer must be stated",
                "give 'packages_per_wafer' or 'interposer_area'",
            )
        elif gross_dies_per_wafer(bom.interposer_area.value) < 1.0:
            yield Fault(
                (*path, "interposer_area"),
                f"no interposer of {bom.interposer_area.value:g} mm2 fits a wafer",
            )
    for place, line_id in enumerate(bom.lines):
        line = instance.packaging_lines.get(line_id)
        if line is not None and bom.technology not in line.technologies:
            yield Fault(
                (*path, "lines", place),
                f"the line '{line_id}' does not offer '{bom.technology}'",
                f"it offers {', '.join(line.technologies)}",
            )


def _hbm_supply(instance: Instance, path: Path, chip: Chip, bom: Bom) -> Iterator[Fault]:
    makers = instance.memory_makers.values()
    for generation in bom.hbm:
        if generation not in instance.hbm:
            continue
        offering = [maker for maker in makers if generation in maker.offers]
        if not offering:
            yield Fault((*path, "hbm", generation), f"no memory maker offers '{generation}'")
        elif not any(
            generation in maker.qualified.get(chip.designer, {})
            or generation in maker.qualifying.get(chip.designer, {})
            for maker in offering
        ):
            yield Fault(
                (*path, "hbm", generation),
                f"{chip.designer} has qualified no maker of '{generation}' and can qualify none",
                f"add it to 'qualified' or 'qualifying' of {' or '.join(maker.name for maker in offering)}",
            )
