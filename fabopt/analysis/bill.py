r"""The bill of a block of power: what so many megawatts of one chip need at every stage.

Accelerators are :math:`P / (p \cdot \mathrm{PUE})` with P the facility power and p the IT power of one (no PUE where P
is IT power); everything upstream is their explosion through the bill of materials (`fabopt.analysis.explosion`). Tools
standing are the exposures divided by what one tool does in a year,

.. math:: \text{tools} = \frac{\text{exposures}}{12 \cdot \text{passes per tool-month}},

so that they make this amount of chips each year, not once: low at nameplate passes, high at the lower of the class's
low figure and the slowest fab's effective passes. What building that capacity would cost stands in
`fabopt.analysis.bill_capacity`. Money is given twice where both are known: at price, and as resource cost, price x
(1 - gross margin). What goes into packages is not added to chips at price, which contain it; what the buyer takes per
accelerator and per megawatt is, beside the chip's `system_cost`. The whole in dollars, by section, stands in
`fabopt.analysis.bill_whole`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from fabopt.analysis.bill_capacity import capacity
from fabopt.analysis.bill_draft import BillRow, Draft, make_row
from fabopt.analysis.bill_money import money, per_accelerator, per_megawatt
from fabopt.analysis.bill_others import other_rows, others
from fabopt.analysis.bill_whole import building, whole
from fabopt.analysis.explosion import (
    choose_bom,
    explode,
    good_dies_per_wafer,
    hbm_makers,
    packages_per_wafer,
)
from fabopt.analysis.ranges import Range, exact, range_at, weighted_mean
from fabopt.domain.fabs import Fab
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.network.lowering.builder import Chain, make_periods
from fabopt.network.lowering.lithography import effective_passes
from fabopt.network.lowering.packaging import first_shipment

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("stage", "item", "quantity", "unit", "low", "high", "how")


@dataclass(frozen=True)
class Bill:
    """What a block of power filled with one chip needs at every stage.

    Attributes
    ----------
    chip, name, bom
        The chip, its display name and the bill of materials used.
    power_mw
        Power of the block, MW.
    it
        Whether that is IT power; otherwise facility power.
    pue
        Facility over IT power that was used.
    day
        Date at which yields and prices are read.
    rows
        The lines, from power upstream to scanners, then money.
    """

    chip: str
    name: str
    bom: str
    power_mw: float
    it: bool
    pue: float
    day: date
    rows: tuple[BillRow, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The lines as a table with the columns of `COLUMNS`."""
        import pandas as pd

        return pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in self.rows], columns=list(COLUMNS))

    def row(self, stage: str, item: str) -> BillRow:
        """Return one line.

        Raises
        ------
        KeyError
            When there is none.
        """
        for row in self.rows:
            if (row.stage, row.item) == (stage, item):
                return row
        raise KeyError((stage, item))


def bill(
    instance: Instance,
    chip: str,
    power_mw: float,
    it: bool = False,
    day: date | None = None,
    bom: str | None = None,
) -> Bill:
    """Draw up the bill of a block of power filled with one chip.

    Parameters
    ----------
    instance
        The chain that makes it.
    chip
        Id of the chip.
    power_mw
        Power of the block, MW.
    it
        Whether that is IT power; otherwise facility power, brought to IT power by the mean PUE of the instance's
        sites (weighted by their power).
    day
        Date at which yields and prices are read; the decision date, or the chip's first shipments if later.
    bom
        Bill of materials; the chip's first when None.

    Raises
    ------
    StudyError
        When there is no such chip or bill, the power is no positive number, or no site states a PUE.
    """
    if not 0.0 < power_mw < 1e9:
        raise StudyError(f"The power of a block must lie above 0 and below 1e9 MW, not at {power_mw:g} MW.")
    name = choose_bom(instance, chip, bom)
    design = instance.chips[chip]
    if day is None:
        calendar = instance.horizon.calendar
        day = calendar.day_at(max(0.0, first_shipment(calendar, design)))
    pue = exact(1.0) if it else _pue(instance, day)
    draft = Draft(instance, explode(instance, chip, day, name), power_mw, it, pue)
    draft.others = others(draft, frozenset[str]().union(*(kinds for _, kinds in _PARTS)))
    rows = tuple(row for part, _ in _PARTS for row in part(draft))
    return Bill(chip, design.name, name, power_mw, it, pue.value, day, rows)


def _power(draft: Draft) -> Iterator[BillRow]:
    given = exact(draft.power_mw)
    if draft.it:
        yield make_row("power", "IT power", given, "MW", "stated")
    else:
        yield make_row("power", "facility power", given, "MW", "stated")
        how = f"{draft.power_mw:,.0f} MW / PUE {draft.pue.value:.3g}"
        yield make_row("power", "IT power", given / draft.pue, "MW", how)


def _chips(draft: Draft) -> Iterator[BillRow]:
    it_mw = draft.power_mw / draft.pue.value
    yield make_row(
        "chip",
        "accelerators",
        draft.accelerators,
        "kaccelerator",
        f"{it_mw:,.4g} MW IT / {draft.it_power.value:.4g} kW each",
    )
    for workload_id, performance in draft.chip.performance.items():
        compute = draft.accelerators.value * performance.value * draft.chip.usable.at(draft.day)
        # More accelerators fit where each draws less; the range of performance itself stands in the instance.
        scale = compute / draft.accelerators.value
        yield make_row(
            "chip",
            f"compute, {draft.instance.workloads[workload_id].name}",
            draft.accelerators.scaled(scale),
            "kH100e",
            f"accelerators x {scale:.4g} H100e each",
        )


def _packaging(draft: Draft) -> Iterator[BillRow]:
    needs = draft.needs
    yield make_row(
        "packaging",
        "packages started",
        draft.thousands(needs.started),
        "kpackage",
        f"accelerators / assembly yield {1.0 / needs.started.value:.3g}",
    )
    for component_id, number in needs.components.items():
        component = draft.instance.components[component_id]
        how = f"{number.value / needs.started.value:.4g} a package started"
        yield make_row("packaging", component.name, draft.counted(component, number), component.unit_many, how)
    if draft.bom.technology is not None:
        per_wafer = packages_per_wafer(draft.bom).value
        good = needs.started.value / (needs.interposer_wafers.value * per_wafer)
        yield make_row(
            "packaging",
            f"interposer wafers, {draft.bom.technology}",
            draft.thousands(needs.interposer_wafers),
            "kwafer",
            f"packages started / ({per_wafer:.3g} a wafer x yield {good:.3g})",
        )


def _components(draft: Draft) -> Iterator[BillRow]:
    """Yield what the buyer takes by the piece or by the megawatt beside the accelerators."""
    for component, pieces in per_accelerator(draft):
        how = f"{pieces.value:.4g} an accelerator"
        yield make_row(component.group, component.name, draft.counted(component, pieces), component.unit_many, how)
    for component, pieces in per_megawatt(draft):
        taken = pieces.scaled(draft.power_mw * component.scale * 1e-3)
        yield make_row(component.group, component.name, taken, component.unit_many, f"{pieces.value:.4g} a MW of site")


def _memory(draft: Draft) -> Iterator[BillRow]:
    instance = draft.instance
    for generation, stacks in draft.needs.stacks.items():
        product = instance.hbm[generation]
        number = draft.bom.hbm[generation].value
        how = f"{number:g} a package started"
        yield make_row("memory", f"{product.name} stacks", draft.thousands(stacks), "kstack", how)
        makers = hbm_makers(instance, draft.chip, generation)
        per_wafer = stacks.value / draft.needs.stack_wafers[generation].value
        yield make_row(
            "memory",
            f"DRAM wafers, {product.name}",
            draft.thousands(draft.needs.stack_wafers[generation]),
            "kwafer",
            f"stacks / {per_wafer:.4g} good stacks a wafer (mean of {', '.join(m.name for m in makers)})",
        )


def _wafers(draft: Draft) -> Iterator[BillRow]:
    instance = draft.instance
    dies = instance.dies
    for part, number in draft.bom.dies.items():
        owner = dies[part] if part in dies else next(die for die in dies.values() if part in die.bins)
        how = f"{number.value:g} a package started"
        item = owner.name if part in dies else f"{owner.name} ({part})"
        yield make_row("logic", item, draft.thousands(draft.needs.dies[part]), "kdie", how)
    for die_id, wafers in draft.needs.die_wafers.items():
        die = dies[die_id]
        node = instance.nodes[die.node]
        good = good_dies_per_wafer(die, node, draft.day)
        gross = die.gross_dies(node)
        how = f"good dies / ({gross:.4g} gross a wafer x {good.value / gross:.3g} sellable)"
        yield make_row("logic", f"{node.name} wafers, {die.name}", draft.thousands(wafers), "kwafer", how)


def _lithography(draft: Draft) -> Iterator[BillRow]:
    instance = draft.instance
    tools: dict[str, Range] = {}
    for class_id, per_package in draft.needs.exposures.items():
        scanner = instance.scanners[class_id]
        exposures = draft.thousands(per_package)
        parts = " + ".join(
            f"{draft.thousands(wafers).value:,.3g} thousand wafers {instance.nodes[node].name} x "
            f"{instance.nodes[node].exposures[class_id].at(draft.day):g}"
            for node, wafers in draft.needs.node_wafers.items()
            if class_id in instance.nodes[node].exposures
        )
        yield make_row("lithography", f"{scanner.name} exposures", exposures, "kexposure", parts)
        slow, usual, fast = (12.0 * passes for passes in _passes(draft, class_id))
        tools[class_id] = Range(exposures.low / fast, exposures.value / usual, exposures.high / slow)
        how = (
            f"exposures a year / (12 x {usual / 12.0:.4g} thousand exposures a month and tool); low at nameplate "
            f"{fast / 12.0:.4g}, high at {slow / 12.0:.4g}"
        )
        yield make_row("lithography", f"{scanner.name} tools standing", tools[class_id], "tool", how)
    yield from capacity(draft, tools)


def _passes(draft: Draft, class_id: str) -> tuple[float, float, float]:
    """Return thousand exposures per tool-month: slow, usual (mean over the fabs by fleet), nameplate."""
    instance = draft.instance
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods)
    fabs = [fab for fab in _fabs_used(draft) if class_id in fab.scanners]
    rows = [
        (fab.scanners[class_id].opening.at(draft.day), effective_passes(chain, fab, class_id, fab.scanners[class_id]))
        for fab in fabs
    ]
    scanner = instance.scanners[class_id]
    usual = scanner.passes.value
    if rows:
        usual = weighted_mean((tools, exact(passes)) for tools, passes in rows).value
    slow = min([scanner.passes.bounds[0], usual, *(passes for _, passes in rows)])
    return slow, usual, max(scanner.nameplate_passes(), usual)


def _fabs_used(draft: Draft) -> list[Fab]:
    """Return the fabs that may make the chip's dies or its HBM, each once."""
    instance = draft.instance
    names = [fab for die in draft.needs.die_wafers for fab in instance.dies[die].fabs]
    for generation in draft.needs.stacks:
        names += [maker.fab for maker in hbm_makers(instance, draft.chip, generation)]
    return [instance.fabs[name] for name in dict.fromkeys(names)]


def _pue(instance: Instance, day: date) -> Range:
    """Return the mean PUE of the sites, weighted by their power."""
    if not instance.sites:
        raise StudyError("The instance has no site whose PUE could be used; state the power as IT power.")
    return weighted_mean((site.power.at(day), range_at(site.pue, day)) for site in instance.sites.values())


_PARTS: tuple[tuple[Callable[[Draft], Iterator[BillRow]], frozenset[str]], ...] = (
    (_power, frozenset()),
    (_chips, frozenset({"chip"})),
    (_packaging, frozenset({"packaging_line"})),
    (_memory, frozenset({"hbm", "memory_maker"})),
    (_wafers, frozenset({"die"})),
    (_lithography, frozenset({"fab", "scanner"})),
    (_components, frozenset({"component"})),
    (other_rows, frozenset()),
    (building, frozenset({"site"})),
    (money, frozenset()),
    (whole, frozenset()),
)
"""Parts of a bill, and the kinds of things that each speaks of."""
