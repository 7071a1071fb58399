"""What keeps a chip out of a lab whatever it costs: a designer that the lab cannot use, export rules, dates."""

from __future__ import annotations

import numpy as np

from fabopt.analysis.portfolio.records import Standing
from fabopt.domain.users import may_buy
from fabopt.network.links import link
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.packaging import first_shipment, sold
from fabopt.network.reach import Reach, earliest, reasons
from fabopt.network.tables import Network
from fabopt.network.tagged import ids, packages

Gate = tuple[Standing, str]


class Gates:
    """Tells what keeps chips out of labs, of one instance.

    Parameters
    ----------
    chain
        The chain of the instance.
    net
        Its network.
    """

    def __init__(self, chain: Chain, net: Network) -> None:
        self.chain, self.net = chain, net
        self.reach: Reach = earliest(link(net))
        reported = [p for p in net.periods if p.reported]
        self.last = reported[-1] if reported else net.periods[-1]

    def gate(self, chip_id: str, lab_id: str, sites: list[str]) -> Gate | None:
        """Return what keeps a chip out of a lab, and the clause that says it; None where only its cost can."""
        instance = self.chain.instance
        chip, lab = instance.chips[chip_id], instance.labs[lab_id]
        if not may_buy(instance, lab_id, chip_id):
            if chip.designer not in lab.designers:
                return "designer", f"{lab.name} cannot use chips of {instance.designers[chip.designer].name}"
            return "not sold", f"it is not sold to {lab.name}"
        if not sold(self.chain, chip_id):
            return "not made", "it is no longer made"
        if not sites:
            return "blocked", f"{lab.name} has no site"
        home = instance.designers[chip.designer].region
        allowed = [self.chain.allowed(home, instance.sites[s].region, chip_id, lab_id) for s in sites]
        if not any(opening.open.any() for opening in allowed):
            return "export", f"export rules bar it at every site of {lab.name}"
        return self._dates(chip_id, lab_id)

    def _dates(self, chip_id: str, lab_id: str) -> Gate | None:
        shipments = ids(self.net.activities, role="shipment", chip=chip_id, lab=lab_id)
        first = min((self.reach.start.get(shipment, np.inf) for shipment in shipments), default=np.inf)
        if first <= self.last.index:
            return None
        if first < self.net.n_periods:
            label = self.net.periods[int(first)].label
            return "dates", f"not available before {label}, after the plan's last reported period"
        instance = self.chain.instance
        calendar, chip = self.chain.calendar, instance.chips[chip_id]
        since = calendar.position(instance.labs[lab_id].designers[chip.designer])
        shipped = max(since, first_shipment(calendar, chip))
        if shipped >= self.net.n_periods:
            latest = calendar.day_at(shipped)
            return "dates", f"not available before {latest.year}Q{(latest.month + 2) // 3}, after the horizon"
        package = packages(self.net)[chip_id]
        why = reasons(self.reach, package)
        if why and self.reach.material[package] >= self.net.n_periods:
            return "blocked", why[0]
        return "dates", "no period is left in which it may be shipped: its dates, the lab's and export rules exclude it"
