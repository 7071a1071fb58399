"""The flow through the chain in every period, laid out as the flow diagram is, as data that a page draws."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis import material_flow
from fabopt.analysis.plan_tables import reported
from fabopt.report.charts import flow as drawing
from fabopt.report.charts.flow_data import name_of, shortened
from fabopt.report.charts.style import OTHERS, PALETTE, REST
from fabopt.report.names import ByKind
from fabopt.report.viewer.packed import rounded
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

BOX, CHIPLESS = "#4a5560", drawing.PLAIN
PLACES = 4
"""Digits of a place in the picture, of which 1 is the whole height."""
PARTED = (
    "core/uses", "core/flows", "domain/wafer_starts", "domain/packages", "domain/shipments", "domain/compute",
)  # fmt: skip
"""Tables of which a period's flow reads its own rows alone."""


def flows(read: Read, names: ByKind) -> list[dict[str, Any]]:
    """Return the flow of each reported period in which something moves, in order.

    Parameters
    ----------
    read
        Returns a table by its name.
    names
        Display names by kind of name and id.
    """
    labels = [str(label) for label in reported(read("core/periods"))["period"]]
    parted = _by_period(read, labels)
    whole = {label: material_flow.flow(parted[label], label) for label in labels}
    tint = tints(whole.values())
    drawn = [_drawn(flow, tint, names) for flow in whole.values()]
    return [one for one in drawn if one["ribbons"]]


def _by_period(read: Read, labels: Sequence[str]) -> dict[str, Read]:
    """Return for each period a reader of its rows alone: a table is parted once, and not searched for each period."""
    parts = {name: {str(key): own for key, own in read(name).groupby("period", sort=False)} for name in PARTED}

    def of(label: str) -> Read:
        def reader(name: str) -> pd.DataFrame:
            return parts[name].get(label, read(name).iloc[:0]) if name in parts else read(name)

        return reader

    return {label: of(label) for label in labels}


def tints(flows: Iterable[material_flow.Flow]) -> dict[str, str]:
    """Return a colour for each chip, the same in all periods; chips that stand together differ, if colours suffice.

    Those that come first choose first, each the colour that the chips beside it have in the fewest periods.
    """
    made: dict[str, float] = defaultdict(float)
    beside: dict[str, list[str]] = defaultdict(list)
    first: dict[str, int] = {}
    for when, flow in enumerate(map(shortened, flows)):
        chips = [node.name for node in flow.nodes if node.block == material_flow.CHIPS and node.name != OTHERS]
        for chip in chips:
            made[chip] += flow.nodes[material_flow.Node(material_flow.CHIPS, chip)]
            beside[chip] += chips
            first.setdefault(chip, when)
    tint = {OTHERS: REST}
    for chip in sorted(made, key=lambda chip: (first[chip], -made[chip], chip)):
        taken = Counter(tint[other] for other in beside[chip] if other in tint)
        tint[chip] = min(PALETTE, key=lambda colour: taken[colour])
    return tint


def _drawn(flow: material_flow.Flow, tint: Mapping[str, str], names: ByKind) -> dict[str, Any]:
    flow = shortened(flow)
    where = drawing.places(flow)
    number = {node: n for n, node in enumerate(where)}
    lines = drawing.name_lines(flow, where, names)

    def colour(node: material_flow.Node) -> str:
        return tint.get(node.name, "") if node.block == material_flow.CHIPS else ""

    return {
        "period": flow.period,
        "boxes": [
            {
                "block": node.block,
                "id": node.name,
                "name": name_of(node, names),
                "amount": rounded(flow.nodes[node]),
                "unit": material_flow.unit_of(node.block),
                "column": place.column,
                "ends": [round(place.top, PLACES), round(place.bottom, PLACES)],
                "lines": [[round(y, PLACES), text] for y, text in lines[node]],
                "colour": colour(node) or BOX,
            }
            for node, place in where.items()
        ],
        "ribbons": [
            {
                "from": number[one.source],
                "to": number[one.target],
                "amount": rounded(one.amount),
                "unit": one.unit,
                "ends": [round(y, PLACES) for y in (*one.left, *one.right)],
                "colour": colour(one.source) or colour(one.target) or CHIPLESS,
            }
            for one in drawing.ribbons(flow, where)
        ],
    }
