"""A lab's compute by period, workload and chip, and whose parts are in what it buys, from the tables of a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fabopt.analysis.portfolio.records import Share, Supplier
from fabopt.domain.instance import Instance

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[[str], pd.DataFrame]

Parts = Mapping[str, float]
"""Share of each supplier in something; empty where nobody knows."""

BEFORE = "(made before the decision date)"
"""Supplier of what was in stock or in work at the decision date."""


def mix(read: Read, data: Instance, lab: str) -> tuple[Share, ...]:
    """Return the compute of a lab by period, workload and chip."""
    flows = read("core/flows")
    rows = flows[
        (flows["stage"] == "compute") & (flows["lab"] == lab) & (flows["workload"] != "") & (flows["amount"] > 0.0)
    ]
    made: dict[tuple[str, bool, str, str], float] = {}
    for period, reported, workload, chip, amount in zip(
        rows["period"], rows["reported"], rows["workload"], rows["chip"], rows["amount"].astype(float), strict=True
    ):
        key = str(period), bool(reported), str(workload), str(chip)
        made[key] = made.get(key, 0.0) + amount
    total: dict[tuple[str, str], float] = {}
    for (period, _, workload, _), amount in made.items():
        total[period, workload] = total.get((period, workload), 0.0) + amount
    return tuple(
        Share(period, reported, workload, data.chips[chip].designer, chip, amount, amount / total[period, workload])
        for (period, reported, workload, chip), amount in made.items()
    )


def bought(read: Read, lab: str) -> dict[str, float]:
    """Return thousand accelerators shipped to a lab in reported periods, by chip."""
    rows = read("domain/shipments")
    rows = rows[rows["reported"] & (rows["lab"] == lab)]
    return {
        str(chip): float(n) for chip, n in rows.groupby("chip", sort=False)["kaccelerator"].sum().items() if n > 0.0
    }


def running(read: Read, lab: str, period: str) -> dict[str, float]:
    """Return thousand accelerators that a lab runs in a period, by chip."""
    rows = read("domain/fleet")
    rows = rows[(rows["period"] == period) & (rows["lab"] == lab)]
    return {str(chip): float(n) for chip, n in rows.groupby("chip", sort=False)["running"].sum().items() if n > 0.0}


def suppliers(read: Read, data: Instance, got: Mapping[str, float]) -> tuple[Supplier, ...]:
    """Return whose parts are in what a lab buys, each chip weighted by its compute.

    A part of a chip has its suppliers' shares of all such parts that the plan makes in reported periods: the plan does
    not say which wafer went into which package. Dies of several kinds count by their number in the package.
    """
    weight = {chip: n * best_compute(data, chip) for chip, n in got.items()}
    total = sum(weight.values())
    if total <= 0.0:
        return ()
    source = _Sources(read, data)
    roles: dict[str, dict[str, float]] = {}
    for chip, w in weight.items():
        for role, parts in source.of(chip):
            for supplier, share in parts.items():
                sums = roles.setdefault(role, {})
                sums[supplier] = sums.get(supplier, 0.0) + share * w / total
    found = []
    for role, sums in roles.items():
        rest = 1.0 - sum(sums.values())
        if rest > 1e-9:
            sums["(none needed)"] = rest
        found += [Supplier(role, who, share) for who, share in sorted(sums.items(), key=lambda item: -item[1])]
    return tuple(found)


def best_compute(data: Instance, chip: str) -> float:
    """Return the compute of an accelerator on the workload that suits it best, H100 equivalents."""
    return max((p.value for p in data.chips[chip].performance.values()), default=0.0)


class _Sources:
    """Who makes the parts of chips in the reported periods of a plan."""

    def __init__(self, read: Read, data: Instance) -> None:
        flows = read("core/flows")
        flows = flows[flows["reported"] & (flows["amount"] > 0.0)]
        self.data, self.flows = data, flows
        self.packages, self.hbm = (t[t["reported"]] for t in (read("domain/packages"), read("domain/hbm")))

    def of(self, chip: str) -> Iterator[tuple[str, Parts]]:
        """Yield the roles in a chip with the shares of its suppliers."""
        record = self.data.chips[chip]
        yield "designer", {record.designer: 1.0}
        bill = next(iter(record.boms.values()), None)
        if bill is None:
            return
        dies = {name: number.value for name, number in bill.dies.items()}
        if dies:
            yield "foundry", self._mean(dies, lambda name: self._dies(name, "owner"))
            yield "region of the fab", self._mean(dies, lambda name: self._dies(name, "region"))
        if bill.hbm:
            stacks = {name: number.value for name, number in bill.hbm.items()}
            yield "HBM maker", self._mean(stacks, lambda name: self._stacks(name, record.designer))
        if bill.technology is not None:
            lines = self.packages[(self.packages["chip"] == chip) & (self.packages["line"] != "")]
            yield "packaging", _shares(lines, "owner", "kpackage")

    def _mean(self, number: Mapping[str, float], parts: Callable[[str], Parts]) -> Parts:
        total, result = sum(number.values()), dict[str, float]()
        for name, n in number.items():
            for who, share in parts(name).items():
                result[who] = result.get(who, 0.0) + share * n / total
        return result

    def _dies(self, name: str, by: str) -> Parts:
        made = self.flows[(self.flows["material"] == f"die:{name}") & (self.flows["owner"] != "")]
        return _shares(made, by, "amount")

    def _stacks(self, generation: str, designer: str) -> Parts:
        rows = self.hbm[(self.hbm["generation"] == generation) & (self.hbm["designer"] == designer)]
        return _shares(rows, "owner", "kstack")


def _shares(rows: pd.DataFrame, by: str, amount: str) -> Parts:
    total = float(rows[amount].sum())
    if total <= 0.0:
        return {BEFORE: 1.0}
    sums = rows.groupby(by, sort=False, observed=True)[amount].sum()
    return {str(who): float(n) / total for who, n in sums.items() if n > 0.0}
