r"""The explosion of a chip through its bill of materials: what one good package takes at every stage.

With assembly yield :math:`y_a`, :math:`n_d` dies of kind d in a package, gross dies per wafer :math:`g_d` and the
share of them that sells :math:`s_d` at the date, one good package takes

* packages started :math:`1 / y_a` (all parts of a failed package are lost),
* good dies :math:`n_d / y_a` and wafers :math:`n_d / (y_a\, g_d\, s_d)`,
* stacks :math:`n_h / y_a` and DRAM wafers :math:`n_h c_h / (y_a\, b_h\, y_h)` with :math:`c_h` core dies a stack,
  :math:`b_h` good dies a DRAM wafer and stack yield :math:`y_h`, means over the qualified makers by stacking capacity,
* interposer wafers :math:`1 / (y_a\, p\, y_i)` with p packages a wafer and interposer yield :math:`y_i`,
* exposures: wafers of each node times its exposures per wafer.

Where a die comes in bins, better ones may stand in for lesser ones: bin k is met by the shares of bins 1 to k. The walk
is that of the network (`fabopt.network.explode`), over the steps of one package. Every
figure carries a low and a high end from the ranges of what enters (see `fabopt.analysis.ranges`). Counts of the design
(dies and stacks in a package, core dies in a stack) are exact unless a range is published, and so is wafer geometry.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from fabopt.analysis.ranges import ZERO, Range, count, exact, number_at, range_at, total
from fabopt.domain.chips import Bom, Chip
from fabopt.domain.components import packaged, riding
from fabopt.domain.instance import Instance
from fabopt.domain.memory import MemoryMaker
from fabopt.domain.nodes import Die, Node, die_yield, gross_dies_per_wafer
from fabopt.domain.packaging import PackagingLine
from fabopt.domain.quantity import Quantity
from fabopt.errors import StudyError
from fabopt.network.explode import exploded, recipes, sources
from fabopt.network.lowering.wafers import outputs_of
from fabopt.network.tables import Flow


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
    components
        Components in the package.
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
    components: dict[str, Range]
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
    dies = {die_id: die for die_id, die in instance.dies.items() if outputs_of(die_id, die).keys() & bom.dies.keys()}
    makers = {generation: hbm_makers(instance, chip, generation) for generation in bom.hbm}
    lines = lines_for(instance, bom) if bom.technology is not None else []
    nodes = dict.fromkeys(die.node for die in dies.values())
    nodes |= dict.fromkeys(maker.node for those in makers.values() for maker in those)
    steps = [_step("package", "chip", range_at(chip.assembly_yield, day), makes=True)]
    for kind, parts in (("die", bom.dies), ("hbm", bom.hbm)):
        steps += [_step("package", f"{kind}:{part}", count(number)) for part, number in parts.items()]
    pieces = taken_with(instance, packaged(instance.components, chip_id, bom.components), day)
    steps += [_step("package", f"component:{part}", number) for part, number in pieces.items()]
    steps += [flow for die_id in dies for flow in _wafers(instance, die_id, day)]
    weights: dict[str, float] = {}
    for generation, those in makers.items():
        for n, (maker, share) in enumerate(shares_of_makers(those, day)):
            step, good = f"stacks:{generation}:{n}", stacks_per_wafer(instance, maker, generation, day)
            steps += [_step(step, f"hbm:{generation}", good, makes=True), _step(step, f"node:{maker.node}", exact(1.0))]
            weights[step] = share
    for n, line in enumerate(lines):
        good = packages_per_wafer(bom) * range_at(line.interposer_yield, day)
        steps.append(_step(f"line:{n}", "interposer", good, makes=True))
        weights[f"line:{n}"] = line.capacity.at(day) if any(other.capacity.at(day) for other in lines) else 1.0
    steps += [_step("package", "interposer", exact(1.0))] if lines else []
    scanners: dict[str, None] = {}
    for node_id in nodes:
        steps.append(_step(f"node:{node_id}", f"node:{node_id}", exact(1.0), makes=True))
        for class_id, per_wafer in instance.nodes[node_id].exposures.items():
            steps.append(_step(f"node:{node_id}", f"exposures:{class_id}", range_at(per_wafer, day)))
            scanners[class_id] = None
    links = recipes(steps)
    exploded_chip = exploded(links, {"chip": np.ones(3)}, lambda m: {a: weights.get(a, 1.0) for a in sources(links, m)})
    needs, starts = (
        {key: Range(*x.tolist()) for key, x in table.items()} for table in (exploded_chip.needs, exploded_chip.starts)
    )
    return Explosion(
        chip_id,
        name,
        day,
        starts["package"],
        {part: needs[f"die:{part}"] for part in bom.dies},
        {die_id: starts[f"wafers:{die_id}"] for die_id in dies},
        {generation: needs[f"hbm:{generation}"] for generation in bom.hbm},
        {g: total(starts.get(f"stacks:{g}:{n}", ZERO) for n in range(len(those))) for g, those in makers.items()},
        {part: needs[f"component:{part}"] for part in pieces},
        total(starts.get(f"line:{n}", ZERO) for n in range(len(lines))),
        {node_id: needs[f"node:{node_id}"] for node_id in nodes if f"node:{node_id}" in needs},
        {class_id: needs[f"exposures:{class_id}"] for class_id in scanners if f"exposures:{class_id}" in needs},
    )


def taken_with(instance: Instance, stated: Mapping[str, Quantity], day: date) -> dict[str, Range]:
    """Return how many pieces of components are taken on a day where some are stated, with all that goes with them."""
    ranges: dict[str, Range] = {}
    pieces = {name: number_at(each, day) for name, each in stated.items()}
    for name, amount in riding(instance.components, pieces, lambda before, each: before * number_at(each, day)):
        ranges[name] = ranges.get(name, ZERO) + amount
    return ranges


def _step(step: str, material: str, amount: Range, makes: bool = False) -> Flow:
    """Return what a step makes or takes, in three cases: lean, as stated, lavish.

    In the lean case everything that is made lies at its high end, everything that is taken at its low end.
    """
    ends = np.array([amount.low, amount.value, amount.high])
    return Flow(step, material, 0, ends[::-1] if makes else -ends)


def _wafers(instance: Instance, die_id: str, day: date) -> Iterator[Flow]:
    """Yield what a wafer of a die gives; a better bin stands in for the next."""
    die = instance.dies[die_id]
    per_wafer, outputs = good_dies_per_wafer(die, instance.nodes[die.node], day), outputs_of(die_id, die)
    yield _step(f"wafers:{die_id}", f"node:{die.node}", exact(1.0))
    for name, share in outputs.items():
        yield _step(f"wafers:{die_id}", f"die:{name}", per_wafer.scaled(share), makes=True)
    for better, lesser in pairwise(outputs):
        yield _step(f"downgrade:{lesser}", f"die:{better}", exact(1.0))
        yield _step(f"downgrade:{lesser}", f"die:{lesser}", exact(1.0), makes=True)


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
        hbm_makers = [maker for maker in makers if generation in getattr(maker, table).get(chip.designer, {})]
        if hbm_makers:
            return hbm_makers
    raise StudyError(f"Nobody makes '{generation}' for {chip.name}.")


def stacks_per_wafer(instance: Instance, maker: MemoryMaker, generation: str, day: date) -> Range:
    """Return good stacks per DRAM wafer of a maker."""
    offer, core = maker.offers[generation], count(instance.hbm[generation].core_dies)
    return range_at(offer.good_dies, day) * range_at(offer.stack_yield, day) / core


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


def shares_of_makers(makers: list[MemoryMaker], day: date) -> list[tuple[MemoryMaker, float]]:
    """Return the makers' shares of the wafers stacked: by stacking capacity, even where there is none yet."""
    sizes = [maker.stacking.at(day) for maker in makers]
    whole = sum(sizes)
    return [
        (maker, size / whole if whole > 0 else 1.0 / len(makers)) for maker, size in zip(makers, sizes, strict=True)
    ]
