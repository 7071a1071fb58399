"""What a lab's own silicon is worth: as supply, and for what its existence alone changes in what others allot.

Three plans: *with* the programme, a free decision; *unfunded*, where the chip exists for orders and rules but nobody
pays for it; *without* it, where chip and claims of its designer are gone. Then

* worth = with - without;
* as bargaining = unfunded - without: orders that follow demand are split over one more designer, rules have one more
  customer, and what others get of scarce things moves, though nothing is made;
* as supply = with - unfunded: what the chip itself adds.

Each in the value of all together and in what the lab gets. Values are those of the plans found, each within its gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.analysis.allocation.study import Entry, entries_of
from fabopt.analysis.frames import frame_of
from fabopt.domain.instance import Instance
from fabopt.domain.references import nearest
from fabopt.domain.tolerances import rounding
from fabopt.errors import StudyError
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.policy_claims import splits
from fabopt.network.tables import Network
from fabopt.network.tagged import ids
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.parties import by_party, party_rows
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Plan:
    """One of the plans: its status, value to all together (or to the buyers, where it is a plan for them) and to the
    lab (M USD), deliveries to the lab by chip.
    """

    status: str
    value: float
    of_lab: float
    delivered: Mapping[str, float]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Allotted:
    """What a policy allots a customer over its whole time, and what it takes in the plan, without and with the chip.

    What is allotted is None where nothing is there yet in some window (chips that have still to be made).
    """

    policy: str
    customer: str
    unit: str
    allotted_without: float | None
    allotted: float | None
    used_without: float
    used: float


@dataclass(frozen=True, slots=True)
class OwnSilicon:
    """What the programme of a chip is worth.

    Attributes
    ----------
    chip, lab
        The chip, and the lab that may fund it.
    funded
        Label of the period in which it is funded in the plan with it; empty: it is not.
    plan, unfunded, without
        The three plans.
    allotted
        What the policies allot, by policy and customer.
    """

    chip: str
    lab: str
    funded: str
    plan: Plan
    unfunded: Plan
    without: Plan
    allotted: tuple[Allotted, ...]

    def worth(self, of: str = "value") -> tuple[float, float, float]:
        """Return worth in all, as supply and as bargaining (M USD), of all together (``value``) or the ``of_lab``."""
        here, idle, gone = (float(getattr(plan, of)) for plan in (self.plan, self.unfunded, self.without))
        least = rounding(here, idle, gone)
        worth, supply, bargaining = (
            0.0 if abs(part) <= least else part for part in (here - gone, here - idle, idle - gone)
        )
        return worth, supply, bargaining

    @property
    def frame(self) -> pd.DataFrame:
        """What the policies allot, as a frame."""
        return frame_of(self.allotted, Allotted)


def own_silicon(instance: Instance, chip_id: str, options: SolveOptions | None = None) -> OwnSilicon:
    """Return what the programme of a lab's own chip is worth.

    Parameters
    ----------
    instance
        A chain in which the chip has a programme.
    chip_id
        The chip.
    options
        Options of all three runs.

    Raises
    ------
    fabopt.errors.StudyError
        When there is no such chip, it has no programme, or one of the plans does not exist.
    """
    chip = instance.chips.get(chip_id)
    if chip is None or chip.programme is None:
        able = [key for key, other in instance.chips.items() if other.programme is not None]
        if not able:
            raise StudyError("No chip of the instance has a programme (chips.*.programme), so none is a lab's own.")
        hint = nearest(chip_id, able) or f"there are {', '.join(able)}"
        raise StudyError(f"There is no chip {chip_id[:40]!r} with a programme; {hint}.")
    lab = chip.programme.funded_by
    net = lower_chain(instance)[1]
    (unit,) = ids(net.units, role="programme", chip=chip_id)
    labels = [period.label for period in net.periods]
    never = {**instance.pins.units, unit: dict.fromkeys(labels, 0.0)}
    pinned = instance.model_copy(update={"pins": instance.pins.model_copy(update={"units": never})})
    solution = solve(net, options)
    here = _plan(instance, lab, options, net, solution)
    orders = solution.orders[[u.id for u in net.units].index(unit)]
    funded = [labels[t] for t in np.flatnonzero(orders > 0.5)]
    without = _plan(_without(instance, chip_id), lab, options)
    unfunded = _plan(pinned, lab, options)
    return OwnSilicon(
        chip_id, lab, funded[0] if funded else "", here, unfunded, without, _compared(here.entries, without.entries)
    )


def _plan(
    instance: Instance,
    lab: str,
    options: SolveOptions | None,
    net: Network | None = None,
    solution: Solution | None = None,
) -> Plan:
    if net is None:
        _, net = lower_chain(instance)
    plan = solve(net, options) if solution is None else solution
    if plan.objective is None:
        raise StudyError(f"One of the plans with and without the chip does not exist: {plan.status.value}.")
    value = by_party(party_rows(net, plan)).get(lab, 0.0)
    delivered: dict[str, float] = {}
    for activity, levels in zip(net.activities, plan.levels, strict=True):
        if activity.tags.lab == lab and activity.tags.role == "shipment":
            delivered[activity.tags.chip] = delivered.get(activity.tags.chip, 0.0) + float(levels.sum())
    chain, free = lower_chain(instance.model_copy(update={"policy_mode": "off"}))
    entries = tuple(
        entry
        for split in (splits(chain, free) if instance.policy_mode != "off" else [])
        for entry in entries_of(split, (net, plan), (net, plan))[0]
    )
    return Plan(plan.status.value, plan.objective, value, delivered, entries)


def _without(instance: Instance, chip_id: str) -> Instance:
    """Return the instance without a chip, without dies that only it takes and claims that only it makes."""
    designer = instance.chips[chip_id].designer
    chips = {
        key: chip.model_copy(update={"sells_as": tuple(c for c in chip.sells_as if c != chip_id)})
        for key, chip in instance.chips.items()
        if key != chip_id
    }
    parts = {part for chip in chips.values() for bom in chip.boms.values() for part in bom.dies}
    own = {part for bom in instance.chips[chip_id].boms.values() for part in bom.dies}
    dies = {
        key: die for key, die in instance.dies.items() if not own & {key, *die.bins} or parts & {key, *die.bins}
    }  # fmt: skip
    gone = set() if any(chip.designer == designer for chip in chips.values()) else {designer}
    policies: dict[str, Any] = {}
    for key, policy in instance.policies.items():
        customers = {c: claim for c, claim in policy.customers.items() if c not in gone}
        of_chips = policy.splits.kind == "chips"
        names = tuple(c for c in policy.splits.names if not (of_chips and c == chip_id))
        kept = policy.splits.of(policy.splits.kind, names)
        if names:
            policies[key] = policy.model_copy(update={"customers": customers, "splits": kept})
    return instance.model_copy(update={"chips": chips, "dies": dies, "policies": policies})


def _compared(here: tuple[Entry, ...], without: tuple[Entry, ...]) -> tuple[Allotted, ...]:
    """Return what is allotted and used with and without the chip, summed over the windows of each policy."""
    compared: dict[tuple[str, str, str], tuple[list[Entry], list[Entry]]] = {}
    for place, entries in enumerate((without, here)):
        for entry in entries:
            compared.setdefault((entry.policy, entry.customer, entry.unit), ([], []))[place].append(entry)
    return tuple(
        Allotted(*key, _allotted(gone), _allotted(kept), sum(e.used for e in gone), sum(e.used for e in kept))
        for key, (gone, kept) in compared.items()
    )


def _allotted(entries: list[Entry]) -> float | None:
    """Return what the entries are allotted in all; None where it is not known for each."""
    known = [entry.allotted for entry in entries if entry.allotted is not None]
    return sum(known) if len(known) == len(entries) else None
