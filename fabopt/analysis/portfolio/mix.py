"""A lab's compute by period, workload and chip, and whom it depends on, from the tables of a result."""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.analysis.choke.cut import single_points
from fabopt.analysis.portfolio.records import Exposure, FailurePoint, Share
from fabopt.domain.instance import Instance
from fabopt.network.tables import Network
from fabopt.network.tagged import packages
from fabopt.solve.results.folder import Read


def mix(read: Read, data: Instance, lab: str) -> tuple[Share, ...]:
    """Return the compute of a lab by period, workload and chip; what comes under a contract stands by its id."""
    materials, flows = read("core/materials"), read("core/flows")
    own = materials[(materials["stage"] == "compute") & (materials["lab"] == lab) & (materials["workload"] != "")]
    workload = dict(zip(own["id"].astype(str), own["workload"].astype(str), strict=True))
    rows = flows[flows["material"].isin(set(workload)) & (flows["amount"] > 0.0)]
    made: dict[tuple[str, bool, str, str], float] = {}
    supplier = {chip: record.designer for chip, record in data.chips.items()}
    names = ("period", "reported", "material", "chip", "item", "owner", "amount")
    for period, reported, material, chip, item, owner, amount in zip(*(rows[n] for n in names), strict=True):
        source = str(chip or item)
        supplier.setdefault(source, str(owner))
        key = str(period), bool(reported), workload[str(material)], source
        made[key] = made.get(key, 0.0) + float(amount)
    total: dict[tuple[str, str], float] = {}
    for (period, _, work, _), amount in made.items():
        total[period, work] = total.get((period, work), 0.0) + amount
    return tuple(
        Share(period, reported, work, supplier[source], source, amount, amount / total[period, work])
        for (period, reported, work, source), amount in made.items()
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


def exposure(read: Read, lab: str) -> tuple[Exposure, ...]:
    """Return the share of a lab's compute that depends on each supplier, by reported period."""
    rows = read("domain/exposure")
    rows = rows[rows["reported"] & (rows["lab"] == lab)]
    columns = (rows[name] for name in ("period", "kind", "supplier", "share"))
    return tuple(Exposure(str(p), str(k), str(s), float(n)) for p, k, s, n in zip(*columns, strict=True))


def failure_points(
    net: Network, lab: str, until: str, got: Mapping[str, float], hangs: tuple[Exposure, ...]
) -> tuple[FailurePoint, ...]:
    """Return the companies and capacities without which nobody could make what a lab buys, or serve a demand of it.

    Parameters
    ----------
    net
        The network.
    lab
        Id of the lab.
    until
        Last reported period.
    got
        Chips that the lab buys.
    hangs
        What its compute depends on.
    """
    shares = {(e.kind, e.supplier): e.share for e in hangs if e.period == until}
    own = [demand for demand in net.demands if demand.tags.lab == lab]
    package, failure_points = packages(net), []
    for point in single_points(net):
        lost = set(point.materials)
        chips = tuple(chip for chip in got if package.get(chip) in lost)
        demands = tuple(demand.name for demand in own if demand.material in lost)
        if (chips or demands) and (point.kind, point.id) != ("owner", lab):
            share = shares.get((point.kind, point.id), 0.0)
            failure_points.append(FailurePoint(point.kind, point.id, point.name, share, chips, demands))
    return tuple(sorted(failure_points, key=lambda p: -p.share))
