"""The measures that published figures are held against: their names, units and what they may be asked of.

How each is computed stands in `fabopt.analysis.reconcile`, and for readers in ``docs/reconcile.md``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that an instance implies.

    Attributes
    ----------
    unit
        Unit in which it is computed; a published figure may use any unit of the same dimension.
    of
        Groups of names (sections, or owners, technologies) that it may be asked of.
    alone
        Whether it may also be asked of the whole instance.
    says
        What it is, one sentence.
    """

    unit: str
    of: tuple[str, ...]
    says: str
    alone: bool = True


MEASURES: dict[str, Measure] = {
    "scanner-output": Measure(
        "tool/year", ("scanners",), "Tools that the maker delivers per year, mean over the time stated."
    ),
    "scanner-fleet": Measure(
        "tool",
        ("scanners", "fabs", "owners"),
        "Tools delivered to the fabs by the last day stated: opening fleets and order books up to that day.",
    ),
    "passes-per-tool": Measure(
        "kexposure/month",
        ("fabs", "scanners"),
        "Effective exposures per tool and month: of a fab, in the first class it lists; of a class, the mean "
        "over fabs weighted by their fleets.",
        alone=False,
    ),
    "wafer-starts": Measure(
        "kwafer/month",
        ("fabs", "nodes", "owners"),
        "Wafer-start capacity, mean over the time; a fab that runs several nodes counts whole for each.",
    ),
    "cowos-wafers": Measure(
        "kwafer/year",
        ("packaging_lines", "technologies", "owners", "designers"),
        "Interposer wafers: capacity of lines, mean over the time stated; of a designer, what its running rates need.",
    ),
    "hbm-wafers": Measure(
        "kwafer/month",
        ("memory_makers", "owners"),
        "DRAM wafers that the stacking lines can take, mean over the time stated.",
    ),
    "hbm-bits": Measure(
        "Eb/year",
        ("designers", "hbm", "memory_makers", "owners"),
        "HBM: what running rates use (of a designer, a generation or all), or what stacking lines can make "
        "(of a maker or an owner, in its newest generation on offer); 1 Eb is one billion Gb.",
    ),
    "hbm-stacks": Measure("kstack/year", ("designers", "hbm"), "HBM stacks that running rates use."),
    "packages": Measure("kpackage/year", ("designers", "chips"), "Good packages per year at the running rates."),
    "gw-it": Measure(
        "GW",
        ("labs", "sites", "designers", "chips"),
        "IT power of the fleets in the field at the decision date.",
    ),
    "gw-facility": Measure(
        "GW",
        ("labs", "sites", "designers", "chips"),
        "Facility power of the fleets in the field at the decision date: IT power x PUE of their sites.",
    ),
    "site-power": Measure(
        "GW",
        ("labs", "sites"),
        "Facility power at the meter, mean over the time stated.",
    ),
    "fleet": Measure(
        "kaccelerator",
        ("labs", "sites", "designers", "chips"),
        "Accelerators in the field at the decision date.",
    ),
    "compute": Measure(
        "kH100e",
        ("labs", "sites", "designers", "chips"),
        "Nominal compute of the fleets in the field at the decision date: performance on the first "
        "accelerator workload of the instance, or the best one of a chip that cannot run it.",
    ),
}
"""Every measure by name."""
