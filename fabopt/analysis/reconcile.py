"""What an instance implies for the recent past and the first year, held against published figures.

Each entry of the section ``published`` names a measure of `fabopt.domain.measures`; here every measure is computed from
the instance alone, before anything is decided. A figure's own unit is kept. An implied number is inside when it lies in
the published range, ends included; where it does not, the instance has to explain itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fabopt.analysis.explosion import Explosion, explode, stacks_per_wafer
from fabopt.analysis.ranges import exact, weighted_mean
from fabopt.domain.chips import Chip
from fabopt.domain.customers import Published, Site
from fabopt.domain.fabs import Fab
from fabopt.domain.instance import Instance
from fabopt.domain.measures import MEASURES
from fabopt.domain.memory import MemoryMaker
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.references import names
from fabopt.domain.tolerances import rounding
from fabopt.network.lowering.builder import Chain, make_periods
from fabopt.network.lowering.lithography import effective_passes

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "figure",
    "measure",
    "of",
    "since",
    "until",
    "implied",
    "published",
    "low",
    "high",
    "unit",
    "inside",
    "explanation",
    "source",
)


@dataclass(frozen=True, slots=True)
class _Question:
    """A measure of one entity (or of all, where `of` is None) over the days from `since` to before `end`."""

    instance: Instance
    of: str | None
    group: str
    since: date
    end: date

    def mean(self, quantity: Quantity) -> float:
        """Return the mean of a quantity over the span of the question."""
        return quantity.mean(self.since, self.end)

    def picks(self, group: str, name: str) -> bool:
        """Whether an entity that belongs to `name` of a group is meant."""
        return self.of is None or (self.group == group and self.of == name)


def reconcile(instance: Instance) -> pd.DataFrame:
    """Hold what an instance implies against its published figures.

    Parameters
    ----------
    instance
        The chain, with a section ``published``.

    Returns
    -------
    pandas.DataFrame
        One row a figure, with the columns of `COLUMNS`; implied number, figure and range in the figure's own unit.
    """
    import pandas as pd

    rows = []
    for name, figure in instance.published.items():
        value = implied(instance, figure)
        # Sums of rounded numbers may miss an end by a hair.
        slack = rounding(figure.low, figure.high)
        rows.append(
            (
                name,
                figure.measure,
                figure.of or "all",
                figure.since.isoformat(),
                figure.until.isoformat(),
                value,
                figure.value,
                figure.low,
                figure.high,
                figure.unit,
                figure.low - slack <= value <= figure.high + slack,
                figure.explanation,
                ", ".join(figure.source),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def implied(instance: Instance, figure: Published) -> float:
    """Return what an instance implies for a published figure, in the figure's unit."""
    measure = MEASURES[figure.measure]
    groups = names(instance)
    group = next((group for group in measure.of if figure.of in groups[group]), "")
    question = _Question(instance, figure.of, group, figure.since, figure.until + timedelta(days=1))
    return _RULES[figure.measure](question) / In(measure.unit).read(f"1 {figure.unit}").value


def _scanner_output(question: _Question) -> float:
    scanners = question.instance.scanners.items()
    return sum(question.mean(scanner.output) for name, scanner in scanners if question.picks("scanners", name))


def _scanner_fleet(question: _Question) -> float:
    tools = 0.0
    for fab_id, fab in question.instance.fabs.items():
        for class_id, fleet in fab.scanners.items():
            if not (
                question.picks("fabs", fab_id)
                or question.picks("owners", fab.owner)
                or question.picks("scanners", class_id)
            ):
                continue
            tools += fleet.opening.value
            tools += sum(number.value for day, number in fleet.order_book.items() if day < question.end)
    return tools


def _passes(question: _Question) -> float:
    instance = question.instance
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods)
    if question.group == "fabs" and question.of is not None:
        fab = instance.fabs[question.of]
        class_id = next(iter(fab.scanners))
        return effective_passes(chain, fab, class_id, fab.scanners[class_id])
    rows = [
        (fab.scanners[class_id].opening.value, effective_passes(chain, fab, class_id, fab.scanners[class_id]))
        for fab in instance.fabs.values()
        for class_id in fab.scanners
        if question.picks("scanners", class_id)
    ]
    return weighted_mean((tools, exact(passes)) for tools, passes in rows).value


def _wafer_starts(question: _Question) -> float:
    def meant(name: str, fab: Fab) -> bool:
        of_node = question.group == "nodes" and question.of in fab.nodes
        return of_node or question.picks("fabs", name) or question.picks("owners", fab.owner)

    fabs = question.instance.fabs.items()
    return sum(question.mean(fab.wafer_starts) for name, fab in fabs if meant(name, fab))


def _cowos_wafers(question: _Question) -> float:
    if question.group == "designers":
        return sum(needs.interposer_wafers.value * rate for _, needs, rate in _running(question))
    wafers = 0.0
    for line_id, line in question.instance.packaging_lines.items():
        of_technology = question.group == "technologies" and question.of in line.technologies
        if of_technology or question.picks("packaging_lines", line_id) or question.picks("owners", line.owner):
            wafers += 12.0 * question.mean(line.capacity)
    return wafers


def _makers(question: _Question) -> Iterator[MemoryMaker]:
    for name, maker in question.instance.memory_makers.items():
        if question.picks("memory_makers", name) or question.picks("owners", maker.owner):
            yield maker


def _hbm_wafers(question: _Question) -> float:
    return sum(question.mean(maker.stacking) for maker in _makers(question))


def _hbm_stacks(question: _Question) -> float:
    return sum(
        number.value * rate
        for _, needs, rate in _running(question)
        for generation, number in needs.stacks.items()
        if question.group != "hbm" or generation == question.of
    )


def _hbm_bits(question: _Question) -> float:
    hbm = question.instance.hbm
    if question.group in ("memory_makers", "owners"):
        kstacks = [_stacked(question, maker) for maker in _makers(question)]
    else:
        kstacks = [
            (generation, number.value * rate)
            for _, needs, rate in _running(question)
            for generation, number in needs.stacks.items()
            if question.group != "hbm" or generation == question.of
        ]
    # Thousand stacks x GB x 8 are 1e12 bits; an Eb is 1e18.
    return sum(number * hbm[generation].capacity.value * 8.0 / 1e6 for generation, number in kstacks)


def _stacked(question: _Question, maker: MemoryMaker) -> tuple[str, float]:
    """Return the newest generation that a maker offers by then, and thousand stacks of it a year."""
    offered = [
        name for name, offer in maker.offers.items() if offer.available is None or offer.available < question.end
    ]
    generation = (offered or list(maker.offers))[-1]
    per_wafer = stacks_per_wafer(question.instance, maker, generation, question.since).value
    return generation, 12.0 * question.mean(maker.stacking) * per_wafer


def _packages(question: _Question) -> float:
    return sum(rate for _, _, rate in _running(question))


def _running(question: _Question) -> Iterator[tuple[str, Explosion, float]]:
    """Yield the chips in production that are meant, their needs per good package, and thousand packages a year."""
    instance = question.instance
    for chip_id, chip in instance.chips.items():
        meant = (
            question.group == "hbm" or question.picks("designers", chip.designer) or question.picks("chips", chip_id)
        )
        if meant and chip.running_rate.value > 0:
            yield chip_id, explode(instance, chip_id, instance.horizon.start), 12.0 * chip.running_rate.value


def _fleet_sum(question: _Question, worth: Callable[[Chip, Site], float]) -> float:
    """Add up something over the accelerators in the field that are meant, thousands times `worth` each."""
    instance = question.instance
    result = 0.0
    for lab_id, lab in instance.labs.items():
        for site_id, fleet in lab.fleet.items():
            for chip_id, number in fleet.items():
                chip = instance.chips[chip_id]
                belongs = (("labs", lab_id), ("sites", site_id), ("chips", chip_id), ("designers", chip.designer))
                if any(question.picks(group, name) for group, name in belongs):
                    result += number.value * worth(chip, instance.sites[site_id])
    return result


def _site_power(question: _Question) -> float:
    sites = question.instance.sites.items()
    return sum(
        question.mean(site.power) / 1000.0
        for name, site in sites
        if question.picks("sites", name) or question.picks("labs", site.lab)
    )


def _compute(question: _Question) -> float:
    workloads = question.instance.workloads.items()
    first = next((name for name, work in workloads if work.compute_weight.value > 0), "")

    def nominal(chip: Chip, _site: Site) -> float:
        performance = chip.performance.get(first)
        if performance is not None:
            return performance.value
        return max((entry.value for entry in chip.performance.values()), default=0.0)

    return _fleet_sum(question, nominal)


_RULES: dict[str, Callable[[_Question], float]] = {
    "scanner-output": _scanner_output,
    "scanner-fleet": _scanner_fleet,
    "passes-per-tool": _passes,
    "wafer-starts": _wafer_starts,
    "cowos-wafers": _cowos_wafers,
    "hbm-wafers": _hbm_wafers,
    "hbm-bits": _hbm_bits,
    "hbm-stacks": _hbm_stacks,
    "packages": _packages,
    "gw-it": lambda question: _fleet_sum(question, lambda chip, _: chip.it_power.value / 1000.0),
    "gw-facility": lambda question: _fleet_sum(
        question, lambda chip, site: chip.it_power.value * site.pue.value / 1000.0
    ),
    "site-power": _site_power,
    "fleet": lambda question: _fleet_sum(question, lambda _chip, _site: 1.0),
    "compute": _compute,
}
