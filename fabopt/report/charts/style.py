"""What all pictures share: colours, order, labels beside what they name, captions with sources, files.

Charts are Vega-Lite through Altair. vl-convert writes them as SVG and PNG without a browser, and as one HTML file that
needs no network. Colours are those of Okabe and Ito, which the colour-blind tell apart, in an order in which neighbours
also differ in grey; series are labelled where they end, so that no picture is read by colour alone.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabopt.errors import UserError, require
from fabopt.io.files import atomic_write, check_file
from fabopt.io.tree import tree_of_json
from fabopt.report.text import clip, wrap

if TYPE_CHECKING:
    import pandas as pd

PALETTE = ("#0072B2", "#E69F00", "#D55E00", "#F0E442", "#009E73", "#56B4E9", "#CC79A7")
REST = "#bdbdbd"
"""Colour of what is joined as others."""
INK = "#333333"
SEQUENTIAL = ("#f4f7fb", "#08306b")
"""Light to dark: the darker, the more, in grey too."""

OTHERS = "others"
MOST_SERIES = len(PALETTE)
NAME, BESIDE, CAPTION = 40, 38, 118
"""Longest name, longest line beside a picture, and longest line of a caption, in characters."""
FORMATS = (".svg", ".png", ".html")
MOST_SOURCES, MOST_TITLE, MOST_SAID = 5, 110, 330
"""Most sources of a caption, and most characters of a title and of all of them."""


class ChartError(UserError):
    """A picture that cannot be drawn; the message is a full sentence."""


def altair() -> Any:
    """Return Altair, imported when a picture is first drawn; its own annotations know fewer calls than it takes.

    Raises
    ------
    fabopt.errors.MissingExtraError
        When it is not installed.
    """
    require("charts")
    import altair as alt

    return alt


def ranked(rows: pd.DataFrame, by: str, most: int = MOST_SERIES) -> tuple[pd.DataFrame, list[str]]:
    """Return rows by period and series, and the series in order, largest in all first; small ones joined as others.

    Parameters
    ----------
    rows
        Columns `period`, `amount` and the one named by `by`.
    by
        Column whose values become series.
    most
        Series that are kept.
    """
    sums = rows.groupby(by, sort=False)["amount"].sum().sort_values(ascending=False, kind="stable")
    sums = sums[sums > 0.0]
    names = [str(name) for name in sums.index[:most]]
    left_out = [str(name) for name in sums.index[most:]]
    if len(left_out) == 1:  # one alone keeps its name
        names, left_out = [*names, *left_out], []
    order = [*names, OTHERS] if left_out else names
    series = rows[by].where(rows[by].isin(names), OTHERS)
    kept = rows.assign(series=series)[rows[by].isin([*names, *left_out])]
    joined = kept.groupby(["period", "series"], sort=False)[["amount"]].sum().reset_index()
    return joined, order


def colours(order: Sequence[str]) -> list[str]:
    """Return one colour a series: the palette in turn, grey for others."""
    return [REST if name == OTHERS else PALETTE[n % len(PALETTE)] for n, name in enumerate(order)]


def spread(wanted: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Return positions in the given order, at least `distance` apart, as near to those wanted as they go.

    Parameters
    ----------
    wanted
        Positions in rising order.
    distance
        Least distance of neighbours; smaller where there is not so much room.
    low, high
        Ends of the room.
    """
    count = len(wanted)
    if not count:
        return []
    distance = min(distance, (high - low) / max(count - 1, 1))
    placed = list(wanted)
    for n in range(count):
        placed[n] = max(placed[n], low if n == 0 else placed[n - 1] + distance)
    for n in reversed(range(count)):
        placed[n] = min(placed[n], high if n == count - 1 else placed[n + 1] - distance)
    return placed


def beside(
    series: Mapping[str, tuple[str, float, str]], line: float, low: float, high: float, wide: int = BESIDE
) -> pd.DataFrame:
    """Return the lines of the names of series beside a picture, pushed apart where they would meet.

    A long name takes two lines where there is room for all, and is cut where there is none.

    Parameters
    ----------
    series
        Of each: what it is called, where that is to stand, in rising order, and what stands behind it.
    line
        Height of a line.
    low, high
        Ends of the room.
    wide
        Characters of a line.

    Returns
    -------
    pandas.DataFrame
        Columns series, name, place, says, first (whether it is the first line of the series).
    """
    import pandas as pd

    says = [wrap(f"{name}{more}", wide) for name, _, more in series.values()]
    if sum(map(len, says)) * line > high - low + line:
        says = [[f"{clip(name, wide - len(more))}{more}"] for name, _, more in series.values()]
    rows = [
        (id, name, place + line * ((len(lines) - 1) / 2.0 - n), text, n == 0)
        for (id, (name, place, _)), lines in zip(series.items(), says, strict=True)
        for n, text in reversed(list(enumerate(lines)))
    ]
    named = pd.DataFrame(rows, columns=["series", "name", "place", "says", "first"])
    return named.assign(place=spread(named["place"].tolist(), line, low, high))


def told(lines: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return as the option of an axis that a label stands there as these lines, where they are others than itself."""
    other = {label: list(said) for label, said in lines.items() if list(said) != [label]}
    return {"labelExpr": f"({json.dumps(other, ensure_ascii=False)})[datum.label] || datum.label"} if other else {}


def name_axis(names: Iterable[str], wide: int, limit: int = 420) -> Any:
    """Return an axis of names, of which the long ones stand on two lines; what goes beyond these is cut.

    Parameters
    ----------
    names
        The names.
    wide
        Characters of a line.
    limit
        Most pixels of a line.
    """
    lines = {name: wrap(name, wide) for name in names}
    short = {name: [one[0], clip(" ".join(one[1:]), wide)] if len(one) > 1 else one for name, one in lines.items()}
    return altair().Axis(labelLimit=limit, **told(short))


def time_axis(labels: Sequence[str], most: int = 18) -> Any:
    """Return an axis of periods with at most so many labels."""
    step = max(1, -(-len(labels) // most))
    return altair().Axis(values=list(labels[::step]), labelAngle=-60, title=None)


def letter_map(data: pd.DataFrame, names: Sequence[str], colours: Sequence[str], **encoded: Any) -> Any:
    """Return cells that each bear a letter in the colour of its name, with a legend below.

    Parameters
    ----------
    data
        One row a cell: what is encoded, its `letter`, and the `name` that the letter stands for.
    names, colours
        The names in the order of the legend, and their colours.
    encoded
        Encodings of the cells: x, y, tooltip.
    """
    alt = altair()
    base = alt.Chart(data).encode(**encoded)
    legend = alt.Legend(orient="bottom", columns=1, labelLimit=620)
    scale = alt.Scale(domain=list(names), range=[colours[n % len(colours)] for n in range(len(names))])
    cells = base.mark_rect(stroke="white", opacity=0.45).encode(
        color=alt.Color("name:N", title=None, scale=scale, legend=legend)
    )
    return cells + base.mark_text(color=INK).encode(text="letter:N")


def heading(title: str, caption: Iterable[str], wide: int = CAPTION) -> Any:
    """Return a title with lines of caption below it, broken at spaces; control characters become spaces."""
    lines = [line for text in caption for line in textwrap.wrap(clip(text, 600), wide)]
    return altair().TitleParams(clip(title, wide), subtitle=lines, anchor="start", subtitleColor="#555555", offset=14)


def finished(chart: Any) -> Any:
    """Return a chart with the house's configuration, whose texts cannot leave the page that it is written into.

    A notebook shows it without a network.
    """
    from fabopt.report.charts.shown import show_offline

    show_offline(altair())
    return altair().Chart.from_dict(specified(chart))


def specified(chart: Any) -> dict[str, Any]:
    """Return a chart that is :func:`finished` as its Vega-Lite specification.

    Neither Altair nor vl-convert escapes what stands in a script element, where a name with ``</script>`` would end
    it; so the sign that opens a tag is replaced in every text.
    """
    alt = altair()
    chart = (
        chart.configure_view(stroke=None)
        .configure_axis(grid=False, titleFontWeight="normal", labelColor=INK, titleColor=INK)
        .configure_title(fontSize=15, subtitleFontSize=11, anchor="start")
    )
    with alt.data_transformers.enable("default", consolidate_datasets=True, max_rows=None):
        spec: dict[str, Any] = _untagged(chart.to_dict())
    return spec


def _untagged(node: Any) -> Any:
    if isinstance(node, str):
        return "".join(ch if ch.isprintable() else " " for ch in node).replace("<", "‹")
    if isinstance(node, dict):
        return {_untagged(key): _untagged(value) for key, value in node.items()}
    return [_untagged(item) for item in node] if isinstance(node, list) else node


def sources(instance: str, sections: Sequence[str] = ()) -> str:
    """Return, as a sentence, the sources that most numbers of an instance rest on.

    Parameters
    ----------
    instance
        The instance of a result as JSON.
    sections
        Sections whose numbers are counted; all of them when empty, or where these name none.
    """
    data = tree_of_json(instance).raw
    notes = data.get("sources") or {}
    numbers = {name: section for name, section in data.items() if name != "sources"}
    cited = Counter(_cited([section for name, section in numbers.items() if name in sections]))
    cited = cited or Counter(_cited(numbers))
    if not cited:
        return "Sources: none are named; the numbers are assumptions of the instance."
    titles: Counter[str] = Counter()
    for key, count in cited.items():
        note = notes.get(key)
        titles[str((note.get("title") if isinstance(note, dict) else "") or key)] += count
    first: list[str] = []
    for title in (clip(title, MOST_TITLE) for title, _ in titles.most_common(MOST_SOURCES)):
        if first and sum(map(len, first)) + len(title) > MOST_SAID:
            break
        first.append(title)
    more = len(titles) - len(first)
    return f"Sources: {'; '.join(first)}{f'; and {more} more' if more else ''}."


def _cited(node: Any) -> Iterable[str]:
    """Return every source that a part of an instance names, once a number."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "source" and value:
                yield from [value] if isinstance(value, str) else [str(item) for item in value]
            else:
                yield from _cited(value)
    elif isinstance(node, list):
        for item in node:
            yield from _cited(item)


def check_path(path: Path) -> None:
    """Check that a picture can be written to a path, before anything is drawn.

    Raises
    ------
    ChartError
        When the file's ending is none of :data:`FORMATS`, its folder is not there, or it cannot be written.
    fabopt.errors.MissingExtraError
        When what draws it is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise ChartError(f"A chart is written as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not as '{path.suffix}'.")
    require("charts")
    if not path.parent.is_dir():
        raise ChartError(f"There is no folder {path.parent} to write {path.name} into; make it first.")
    try:
        check_file(path)
    except OSError as error:
        raise ChartError(f"{path} cannot be written: {error.strerror}.") from error


def as_file(chart: Any, ending: str) -> bytes:
    """Return a chart as the contents of a file with one of the endings :data:`FORMATS`."""
    import vl_convert

    spec = chart.to_json()
    if ending == ".svg":
        return str(vl_convert.vegalite_to_svg(spec)).encode()
    if ending == ".png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2))
    page = vl_convert.vegalite_to_html(spec, bundle=True)
    title = json.loads(spec).get("title", {}).get("text", "Chart")
    return str(page.replace("<title>Chart</title>", f"<title>{escape(title)}</title>", 1)).encode()


def pictures(charts: Mapping[str, Any]) -> dict[str, bytes]:
    """Return charts by name as SVG and PNG by file name."""
    return {f"{name}{end}": as_file(chart, end) for name, chart in charts.items() for end in (".svg", ".png")}


def write(chart: Any, path: Path) -> None:
    """Write a chart as SVG, PNG or HTML, by the file's ending, whole or not at all; errors as :func:`check_path`."""
    check_path(path)
    atomic_write(path, as_file(chart, path.suffix.lower()))
