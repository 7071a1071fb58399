"""Where a unit of a chip comes from in a period: parts, the wafers behind them, the exposures behind those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from fabopt.analysis.explain.records import MadeFrom, Origin
from fabopt.analysis.material_flow import CHIPS, EXPOSURES, PARTS, STOCK, WAFERS, Flow, Node, flow
from fabopt.solve.results.folder import Read

EARLIER = "started earlier"
"""Source of parts of which no wafer starts in the period."""


def made_from(read: Read, chip: str, name: str, period: str) -> MadeFrom:
    """Return where the units of a chip that are packaged in a period come from.

    Parameters
    ----------
    read
        Returns a table of the result by its name.
    chip, name
        Id and display name of the chip.
    period
        Label of the period.
    """
    stage = read("core/materials").drop_duplicates("id").set_index("id")["stage"]
    flows, activities = read("core/flows"), read("core/activities")
    takes = flows[(flows["stage"] == "packaging") & (flows["chip"] == chip) & flows["material"].map(stage).isin(PARTS)]
    own = activities[activities["id"].isin(takes["id"]) & (activities["level"] > 0.0)]
    started = float(own.loc[own["period"] == period, "level"].sum())
    origins = _origins(flow(read, period), chip, started) if started > 0.0 else ()
    return MadeFrom(chip, name, period, started, tuple(dict.fromkeys(own["period"].astype(str))), origins)


def _origins(found: Flow, chip: str, started: float) -> tuple[Origin, ...]:
    into: dict[Node, dict[Node, float]] = defaultdict(dict)
    for (source, target), (amount, _) in found.links.items():
        into[target][source] = amount
    rows: list[Origin] = []
    for block in PARTS.values():
        parts = {node: n for node, n in into[Node(CHIPS, chip)].items() if node.block == block}
        mixed = _shares(parts)
        rows += [Origin(block, "", node.name, parts[node] / started, share) for node, share in mixed.items()]
        for stage in (WAFERS, EXPOSURES):
            mixed = _behind(mixed, into, stage)
            rows += [Origin(stage, block, node.name, None, share) for node, share in mixed.items()]
    return tuple(rows)


def _shares(amounts: Mapping[Node, float]) -> dict[Node, float]:
    """Return the share of each source, the largest first; what comes from stock last."""
    total = sum(amounts.values())
    ordered = sorted(amounts, key=lambda node: (node.name in (STOCK, EARLIER), -amounts[node], node.name))
    return {node: amounts[node] / total for node in ordered}


def _behind(mixed: Mapping[Node, float], into: Mapping[Node, Mapping[Node, float]], stage: str) -> dict[Node, float]:
    """Return what a mixture is made of one stage before: each part of it is itself mixed from all that makes it."""
    found: dict[Node, float] = defaultdict(float)
    for node, share in mixed.items():
        sources = _shares({source: n for source, n in into.get(node, {}).items() if source.block == stage})
        if node.name in (STOCK, EARLIER):
            found[Node(stage, node.name)] += share
        elif not sources:
            found[Node(stage, EARLIER)] += share
        for source, part in sources.items():
            found[source] += share * part
    known = any(node.name not in (STOCK, EARLIER) for node in found)
    return _shares(found) if known else {}
