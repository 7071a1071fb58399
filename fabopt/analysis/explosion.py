r"""The explosion of a chip through its bill of materials: what one good package takes at every stage.

With assembly yield :math:`y_a`, :math:`n_d` dies of kind d in a package, gross dies per wafer :math:`g_d` and the
share of them that sells :math:`s_d` at the date, one good package takes

* packages started :math:`1 / y_a` (all parts of a failed package are lost),
* good dies :math:`n_d / y_a` and wafers :math:`n_d / (y_a\, g_d\, s_d)`,
* stacks :math:`n_h / y_a` and DRAM wafers :math:`n_h c_h / (y_a\, b_h\, y_h)` with :math:`c_h` core dies a stack,
  :math:`b_h` good dies a DRAM wafer and stack yield :math:`y_h`, means over the qualified makers by stacking capacity,
* interposer wafers :math:`1 / (y_a\, p\, y_i)` with p packages a wafer and interposer yield :math:`y_i`,
* exposures: wafers of each node times its exposures per wafer.

Where a die comes in bins, better ones may stand in for lesser ones: bin k is met by the shares of bins 1 to k. Every
figure carries a low and a high end from the ranges of what enters (see `fabopt.analysis.ranges`). Counts of the design
(dies and stacks in a package, core dies in a stack) are exact unless a range is published, and so is wafer geometry.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fabopt.analysis.ranges import ZERO, Range, count, exact, range_at, total, weighted_mean
from fabopt.domain.chips import Bom, Chip
from fabopt.domain.instance import Instance
from fabopt.domain.memory import MemoryMaker
from fabopt.domain.nodes import Die, Node, die_yield, gross_dies_per_wafer
from fabopt.domain.packaging import PackagingLine
from fabopt.errors import StudyError


@dataclass(frozen=True, slots=True)
class Explosion:
    """What one good package of a chip takes; every entry counts single pieces per good package.

    Attributes
    ----------
    started
        Packages started.
    dies, die_wafers
        Good dies and wafers by die.
    stacks, stack_wafers
        HBM stacks and DRAM wafers by generation.
    substrates
        Substrates by class.
    interposer_wafers
        Interposer wafers (zero without a packaging technology).
    node_wafers
        Wafers by node, logic and DRAM together.
    exposures
        Exposures by scanner class.
    """

    chip: str
    bom: str
    day: date
    started: Range
    dies: dict[str, Range]
    die_wafers: dict[str, Range]
    stacks: dict[str, Range]
    stack_wafers: dict[str, Range]
    substrates: dict[str, Range]
    interposer_wafers: Range
    node_wafers: dict[str, Range]
    exposures: dict[str, Range]


def known(kind: str, name: str, choices: Iterable[str]) -> str:
    """Return `name` if it is one of `choices`.

    Raises
    ------
    StudyError
        Otherwise, naming the nearest choice.
    """
    names = list(choices)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"It has {', '.join(names) or 'none'}."
    raise StudyError(f"The instance has no {kind} '{name}'; {hint}")


def choose_bom(instance: Instance, chip_id: str, bom_id: str | None) -> str:
    """Return the name of the bill of materials that is meant: the one stated, else the chip's first.

    Raises
    ------
    StudyError
        When there is no such chip or bill.
    """
    chip = instance.chips[known("chip", chip_id, instance.chips)]
    if not chip.boms:
        raise StudyError(f"{chip.name} has no bill of materials: the instance holds it as a part in the field only.")
    return next(iter(chip.boms)) if bom_id is None else known("bill of materials", bom_id, chip.boms)


def explode(instance: Instance, chip_id: str, day: date, bom_id: str | None = None) -> Explosion:
    """Explode one good package of a chip.

    Parameters
    ----------
    instance
        The chain.
    chip_id, bom_id
        Chip, and bill of materials (the first when None).
    day
        Date at which yields are read.

    Raises
    ------
    StudyError
        When there is no such chip or bill, or nobody makes its HBM for it.
    """
    name = choose_bom(instance, chip_id, bom_id)
    chip = instance.chips[chip_id]
    bom = chip.boms[name]
    started = exact(1.0) / range_at(chip.assembly_yield, day)
    dies = {part: count(number) * started for part, number in bom.dies.items()}
    die_wafers = wafers_by_die(instance, dies, day)
    stacks = {generation: count(number) * started for generation, number in bom.hbm.items()}
    makers = {generation: hbm_makers(instance, chip, generation) for generation in stacks}
    stack_wafers = {
        generation: number / stacks_per_wafer(instance, makers[generation], generation, day)
        for generation, number in stacks.items()
    }
    node_wafers: dict[str, Range] = {}
    for die_id, wafers in die_wafers.items():
        _add(node_wafers, instance.dies[die_id].node, wafers)
    for generation, wafers in stack_wafers.items():
        for maker, share in shares_of_makers(makers[generation], day):
            _add(node_wafers, maker.node, wafers.scaled(share))
    exposures: dict[str, Range] = {}
    for node_id, wafers in node_wafers.items():
        for class_id, per_wafer in instance.nodes[node_id].exposures.items():
            _add(exposures, class_id, wafers * range_at(per_wafer, day))
    return Explosion(
        chip_id,
        name,
        day,
        started,
        dies,
        die_wafers,
        stacks,
        stack_wafers,
        {part: count(number) * started for part, number in bom.substrates.items()},
        interposer_wafers(instance, bom, started, day),
        node_wafers,
        exposures,
    )


def wafers_by_die(instance: Instance, needs: dict[str, Range], day: date) -> dict[str, Range]:
    """Return the wafers that a set of good dies (or bins) takes, by die."""
    result: dict[str, Range] = {}
    for die_id, die in instance.dies.items():
        per_wafer = good_dies_per_wafer(die, instance.nodes[die.node], day)
        if not die.bins:
            if die_id in needs:
                result[die_id] = needs[die_id] / per_wafer
            continue
        needed, share, wafers = ZERO, 0.0, ZERO
        for name, part in die.bins.items():
            share += part.value
            needed = needed + needs.get(name, ZERO)
            met = (needed / per_wafer).scaled(1.0 / share)
            wafers = Range(max(wafers.low, met.low), max(wafers.value, met.value), max(wafers.high, met.high))
        if wafers.value > 0:
            result[die_id] = wafers
    return result


def good_dies_per_wafer(die: Die, node: Node, day: date) -> Range:
    """Return sellable dies per wafer finished on a day; low at the high end of area and defects."""
    area = range_at(die.area, day)
    if die.dies_per_wafer is not None:
        gross = count(die.dies_per_wafer)
    else:
        scribe, diameter, edge = node.scribe.value, node.wafer_diameter.value, node.edge_exclusion.value
        gross = Range(
            *(
                gross_dies_per_wafer((math.sqrt(size) + scribe) ** 2, diameter, edge)
                for size in (area.high, area.value, area.low)
            )
        )
    if die.fixed_yield is not None:
        base = range_at(die.fixed_yield, day)
    else:
        defects = range_at(node.defect_density, day)
        ends = ((area.high, defects.high), (area.value, defects.value), (area.low, defects.low))
        clustering = node.clustering.value
        base = Range(*(die_yield(node.yield_model, size / 100.0, d, clustering) for size, d in ends))
    harvest = range_at(die.harvest, day)
    return gross * Range(
        base.low + (1.0 - base.low) * harvest.low,
        base.value + (1.0 - base.value) * harvest.value,
        base.high + (1.0 - base.high) * harvest.high,
    )


def hbm_makers(instance: Instance, chip: Chip, generation: str) -> list[MemoryMaker]:
    """Return the makers that a chip's designer has qualified for a generation; else those that it still can.

    Raises
    ------
    StudyError
        When there are none.
    """
    makers = [maker for maker in instance.memory_makers.values() if generation in maker.offers]
    for table in ("qualified", "qualifying"):
        found = [maker for maker in makers if generation in getattr(maker, table).get(chip.designer, {})]
        if found:
            return found
    raise StudyError(f"Nobody makes '{generation}' for {chip.name}.")


def stacks_per_wafer(instance: Instance, makers: list[MemoryMaker], generation: str, day: date) -> Range:
    """Return good stacks per DRAM wafer, the mean over makers by stacking capacity."""
    core = count(instance.hbm[generation].core_dies)
    return weighted_mean(
        (
            share,
            range_at(maker.offers[generation].good_dies, day)
            * range_at(maker.offers[generation].stack_yield, day)
            / core,
        )
        for maker, share in shares_of_makers(makers, day)
    )


def packages_per_wafer(bom: Bom) -> Range:
    """Return packages per interposer wafer before interposer yield, stated or from the interposer's area."""
    if bom.packages_per_wafer is not None:
        return range_at(bom.packages_per_wafer, date.min)
    if bom.interposer_area is None:
        raise StudyError("A packaging technology needs packages_per_wafer or interposer_area.")
    area = range_at(bom.interposer_area, date.min)
    return Range(*(gross_dies_per_wafer(size) for size in (area.high, area.value, area.low)))


def lines_for(instance: Instance, bom: Bom) -> list[PackagingLine]:
    """Return the packaging lines that may make a bill of materials."""
    return [
        line
        for line_id, line in instance.packaging_lines.items()
        if bom.technology in line.technologies and (not bom.lines or line_id in bom.lines)
    ]


def interposer_wafers(instance: Instance, bom: Bom, started: Range, day: date) -> Range:
    """Return interposer wafers for packages started; line yields are means by capacity."""
    lines = lines_for(instance, bom)
    if bom.technology is None or not lines:
        return ZERO
    good = weighted_mean((line.capacity.at(day), range_at(line.interposer_yield, day)) for line in lines)
    return started / (packages_per_wafer(bom) * good)


def shares_of_makers(makers: list[MemoryMaker], day: date) -> list[tuple[MemoryMaker, float]]:
    """Return the makers' shares of the wafers stacked: by stacking capacity, even where there is none yet."""
    sizes = [maker.stacking.at(day) for maker in makers]
    whole = sum(sizes)
    return [
        (maker, size / whole if whole > 0 else 1.0 / len(makers)) for maker, size in zip(makers, sizes, strict=True)
    ]


def _add(table: dict[str, Range], key: str, amount: Range) -> None:
    table[key] = total((table.get(key, ZERO), amount))
