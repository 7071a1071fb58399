"""The flow diagram of a period: boxes by stage, ribbons between them computed as tables of areas.

The boxes of a block share its height in proportion to their amounts. A ribbon is as wide, at its left end, as its part
in what the box gives, and at its right end as its part in what the box takes; so its width may change on the way, with
the unit. What a chip takes of each kind of part has the same height, whatever the unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.material_flow import CHIPS, STOCK, Flow, Node, unit_of
from fabopt.report.charts.flow_data import columns, name_of
from fabopt.report.charts.style import INK, OTHERS, PALETTE, REST, ChartError, altair, heading, spread
from fabopt.report.names import UNNAMED, ByKind
from fabopt.report.text import amount, clip, wrap

if TYPE_CHECKING:
    import pandas as pd

STEP, HEIGHT, BOX, LAST = 235, 600, 0.06, 0.9
"""Pixels of a column and of the height of the picture; width of a box, and of the last column, in columns."""
GAP, BLOCK_GAP, LINE, HEAD = 0.008, 0.055, 0.0255, 0.022
"""Distance of boxes and of blocks, height of a line of text, and of a head over its block, as shares of the height."""
POINTS = 21
"""Points along the edge of a ribbon."""
WIDE, TIGHT = 38, 0.0217
"""Characters of a line beside a box, and height of a line under another of the same name, as a share of the height."""
PLAIN = "#9aa5b1"
"""Colour of ribbons that belong to no chip."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: its column, and its ends from the top (0) to the bottom (1)."""

    column: int
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A link as it is drawn: ends of both edges, from the top."""

    source: Node
    target: Node
    amount: float
    unit: str
    left: tuple[float, float]
    right: tuple[float, float]


def columns_of(flow: Flow) -> list[list[tuple[str, list[Node]]]]:
    """Return the columns that hold something: blocks with their boxes, the largest first, others and stock last."""
    blocks: dict[str, list[Node]] = defaultdict(list)
    for node, size in flow.nodes.items():
        if size > 0.0:
            blocks[node.block].append(node)
    for members in blocks.values():
        members.sort(key=lambda n: (n.name in (OTHERS, STOCK), -flow.nodes[n], n.name))
    return [[(block, blocks[block]) for block in column] for column in columns(blocks)]


def places(flow: Flow) -> dict[Node, Place]:
    """Return where each box stands; the blocks of a column have the same height."""
    out: dict[Node, Place] = {}
    for n, column in enumerate(columns_of(flow)):
        room = (1.0 - BLOCK_GAP * (len(column) - 1)) / len(column)
        y = 0.0
        for _, members in column:
            free = room - GAP * (len(members) - 1)
            total = sum(flow.nodes[node] for node in members)
            for node in members:
                size = free * flow.nodes[node] / total
                out[node] = Place(n, y, y + size)
                y += size + GAP
            y += BLOCK_GAP - GAP
    return out


def ribbons(flow: Flow, where: Mapping[Node, Place]) -> list[Ribbon]:
    """Return the links between boxes that stand, each with its ends."""
    links = {ends: value for ends, value in flow.links.items() if ends[0] in where and ends[1] in where}
    order = sorted(links, key=lambda ends: (where[ends[0]].column, where[ends[0]].top, where[ends[1]].top))
    lefts = _ends(links, where, [(a, (a, b)) for a, b in order], _given(flow, links))
    into = sorted(links, key=lambda ends: (where[ends[1]].column, where[ends[1]].top, where[ends[0]].top))
    rights = _ends(links, where, [(b, (a, b)) for a, b in into], _taken(links))
    return [Ribbon(a, b, *links[a, b], lefts[a, b], rights[a, b]) for a, b in order]


Ends = tuple[Node, Node]
Links = Mapping[Ends, tuple[float, str]]


def _given(flow: Flow, links: Links) -> dict[Ends, float]:
    """Return each link's part in what its source gives: of all it has where both are counted in one unit."""
    out: dict[Node, float] = defaultdict(float)
    for (a, _), (size, _) in links.items():
        out[a] += size
    return {
        (a, b): size / (max(flow.nodes[a], out[a]) if unit == unit_of(a.block) or a.block == CHIPS else out[a])
        for (a, b), (size, unit) in links.items()
    }


def _taken(links: Links) -> dict[Ends, float]:
    """Return each link's part in what its target takes; kinds of part that a chip takes have equal parts."""
    into: dict[tuple[Node, str], float] = defaultdict(float)
    kinds: dict[Node, set[str]] = defaultdict(set)
    for (a, b), (size, _) in links.items():
        into[b, a.block] += size
        kinds[b].add(a.block)
    return {(a, b): size / into[b, a.block] / len(kinds[b]) for (a, b), (size, _) in links.items()}


def _ends(
    links: Links, where: Mapping[Node, Place], order: Sequence[tuple[Node, Ends]], parts: Mapping[Ends, float]
) -> dict[Ends, tuple[float, float]]:
    """Return the ends of each link at one of its boxes, piled up from the box's top in the given order."""
    at = {node: place.top for node, place in where.items()}
    out = {}
    for node, ends in order:
        size = parts[ends] * (where[node].bottom - where[node].top)
        out[ends] = (at[node], at[node] + size)
        at[node] += size
    return out


def area_rows(
    flow: Flow, where: Mapping[Node, Place], drawn: Sequence[Ribbon], names: ByKind = UNNAMED
) -> pd.DataFrame:
    """Return the edges of all ribbons: columns link, x, top, bottom, what flows, and its colour."""
    import pandas as pd

    tint = chip_colours(flow)
    rows = []
    for number, ribbon in enumerate(drawn):
        first, last = where[ribbon.source].column + BOX, float(where[ribbon.target].column)
        ends = f"{name_of(ribbon.source, names)} to {name_of(ribbon.target, names)}"
        says = f"{ends}: {amount(ribbon.amount)} {ribbon.unit}"
        colour = tint.get(ribbon.source) or tint.get(ribbon.target) or PLAIN
        for k in range(POINTS):
            s = k / (POINTS - 1)
            bend = s * s * (3.0 - 2.0 * s)
            top, bottom = (a + (b - a) * bend for a, b in zip(ribbon.left, ribbon.right, strict=True))
            rows.append((number, first + (last - first) * s, top, bottom, says, colour))
    return pd.DataFrame(rows, columns=["link", "x", "top", "bottom", "says", "colour"])


def chip_colours(flow: Flow) -> dict[Node, str]:
    """Return a colour for each chip box, the largest first; others are grey."""
    chips = [node for column in columns_of(flow) for block, members in column if block == CHIPS for node in members]
    return {node: REST if node.name == OTHERS else PALETTE[n % len(PALETTE)] for n, node in enumerate(chips)}


def flow_chart(title: str, flow: Flow, caption: str, names: ByKind = UNNAMED) -> Any:
    """Return the flow diagram of a period.

    Raises
    ------
    ChartError
        When nothing moves in the period.
    """
    alt = altair()

    where = places(flow)
    drawn = ribbons(flow, where)
    if not drawn:
        raise ChartError(f"Nothing moves through a chain of chips in {flow.period}, so there is no flow to draw.")
    last = max(place.column for place in where.values())
    x = alt.Scale(domain=[-0.02, last + LAST], nice=False)
    y = alt.Scale(domain=[1.0, -0.05], nice=False)
    over = alt.selection_point(on="pointerover", fields=["link"], empty=False)
    ribbon = (
        alt.Chart(area_rows(flow, where, drawn, names))
        .mark_area(line=False)
        .encode(
            x=alt.X("x:Q", scale=x, axis=None),
            y=alt.Y("top:Q", scale=y, axis=None),
            y2="bottom:Q",
            detail="link:N",
            color=alt.Color("colour:N", scale=None),
            opacity=alt.condition(over, alt.value(0.9), alt.value(0.5)),
            tooltip=alt.Tooltip("says:N", title="flow"),
        )
        .add_params(over)
    )
    boxes, labels, heads = box_rows(flow, where, names), name_rows(flow, where, names), head_rows(flow, where)
    box = alt.Chart(boxes).mark_rect(opacity=1).encode(
        x=alt.X("left:Q", scale=x), x2="right:Q", y=alt.Y("top:Q", scale=y), y2="bottom:Q",
        color=alt.Color("colour:N", scale=None), tooltip=alt.Tooltip("says:N", title="box"),
    )  # fmt: skip
    at = {"x": alt.X("x:Q", scale=x), "y": alt.Y("y:Q", scale=y), "text": "says:N"}
    halo = {"align": "left", "baseline": "middle", "fontSize": 11, "strokeJoin": "round"}
    text = [
        alt.Chart(labels).mark_text(stroke="white", strokeWidth=3, strokeOpacity=0.85, **halo).encode(**at),
        alt.Chart(labels).mark_text(color="black", **halo).encode(**at),
        alt.Chart(heads).mark_text(stroke="white", strokeWidth=3, **halo).encode(**at),
        alt.Chart(heads).mark_text(fontWeight="bold", color=INK, **halo).encode(**at),
    ]
    said = [
        "Boxes: amount in the period, in the unit above them, blocks of a column equally high. A ribbon's ends are its "
        "part in what a box gives and takes; in a chip, each kind of part counts alike. Makers of one material mix.",
        caption,
    ]
    return alt.layer(ribbon, box, *text).properties(
        width=STEP * (last + LAST + 0.02),
        height=HEIGHT,
        title=heading(f"Flow through the chain in {flow.period}: {title}", said, wide=180),
    )


def box_rows(flow: Flow, where: Mapping[Node, Place], names: ByKind = UNNAMED) -> pd.DataFrame:
    """Return the boxes with their ends, what they hold, and their colour."""
    import pandas as pd

    tint = chip_colours(flow)
    rows = [
        (
            node.block, node.name, flow.nodes[node], place.column, place.column + BOX, place.top, place.bottom,
            tint.get(node, "#4a5560"),
            f"{node.block}, {name_of(node, names)}: {amount(flow.nodes[node])} {unit_of(node.block)}",
        )
        for node, place in where.items()
    ]  # fmt: skip
    heads = ["block", "name", "amount", "left", "right", "top", "bottom", "colour", "says"]
    return pd.DataFrame(rows, columns=heads)


def name_rows(flow: Flow, where: Mapping[Node, Place], names: ByKind = UNNAMED) -> pd.DataFrame:
    """Return the lines of the names of the boxes beside them."""
    import pandas as pd

    rows = [
        (where[node].column + BOX + 0.015, y, text)
        for node, lines in name_lines(flow, where, names).items()
        for y, text in lines
    ]
    return pd.DataFrame(rows, columns=["x", "y", "says"])


def name_lines(flow: Flow, where: Mapping[Node, Place], names: ByKind = UNNAMED) -> dict[Node, list[tuple[float, str]]]:
    """Return the lines beside each box with their heights: its name and amount, on two lines where there is room."""
    out: dict[Node, list[tuple[float, str]]] = {}
    at = name_places(flow, where)
    for column in columns_of(flow):
        for _, members in column:
            ends = where[members[0]].top - TIGHT, where[members[-1]].bottom + TIGHT
            stops = [ends[0], *(at[node] for node in members), ends[1]]
            for node, before, y, after in zip(members, stops, stops[1:], stops[2:], strict=False):
                room = min(y - before, after - y) >= 2.0 * TIGHT
                lines = _label(name_of(node, names), amount(flow.nodes[node]), room)
                top = y - TIGHT * (len(lines) - 1) / 2.0
                out[node] = [(top + TIGHT * n, line) for n, line in enumerate(lines)]
    return out


def _label(name: str, size: str, room: bool) -> list[str]:
    """Return what stands beside a box: one line, or two where there is room; what does not fit is cut from the name."""
    lines = wrap(f"{name}: {size}", WIDE)
    if len(lines) == 1 or (room and len(lines) == 2):
        return lines
    first, rest = ([lines[0]], " ".join(wrap(name, WIDE)[1:])) if room else ([], name)
    return [*first, f"{clip(rest, WIDE - len(size) - 2)}: {size}"]


def name_places(flow: Flow, where: Mapping[Node, Place]) -> dict[Node, float]:
    """Return the height at which the name of each box stands: its middle, pushed apart where boxes are thin."""
    at: dict[Node, float] = {}
    for column in columns_of(flow):
        for _, members in column:
            middle = [(where[node].top + where[node].bottom) / 2.0 for node in members]
            low, high = where[members[0]].top, where[members[-1]].bottom
            at |= zip(members, spread(middle, LINE, low + LINE / 2, high - LINE / 2), strict=True)
    return at


def head_rows(flow: Flow, where: Mapping[Node, Place]) -> pd.DataFrame:
    """Return the heads of the blocks: name, total and unit."""
    import pandas as pd

    rows = []
    for n, column in enumerate(columns_of(flow)):
        for block, members in column:
            total = amount(sum(flow.nodes[node] for node in members))
            rows.append((float(n), where[members[0]].top - HEAD, f"{block}: {total} {unit_of(block)}"))
    return pd.DataFrame(rows, columns=["x", "y", "says"])
