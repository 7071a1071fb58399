"""How a notebook shows a chart without a network: a picture beside the specification that a program may draw from.

The picture is SVG within HTML, since JupyterLab gives no other SVG a style: it is as wide as its cell at most, but for
letters that could not be read any more, where it scrolls; it goes dark with the theme, and says what a mark stands for
when the pointer rests on it. A PNG stands beside it for whoever
opens a notebook that another has run, whose HTML is not shown whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

NAME = "fabopt"
"""Name under which Altair knows this way to show charts."""
PLAIN = "default"
"""Name of the way that Altair takes where nobody has chosen one; it loads programs from the network."""

LEAST = 0.65
"""Share of its own width below which a picture does not shrink: letters of 10 pixels can just be read."""

_STYLE = """<style>
.fabopt-chart { overflow-x: auto; }
.fabopt-chart svg { max-width: 100%; height: auto; }
body[data-jp-theme-light="false"] .fabopt-chart svg, body.vscode-dark .fabopt-chart svg,
html[theme="dark"] .fabopt-chart svg { filter: invert(.93) hue-rotate(180deg); }
</style>"""
_MARK = re.compile(r'<(path|rect|circle|line)\b([^>]*)\baria-label="([^"]*)"([^>]*?)/>')
_WIDE = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)"')
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')


def show_offline(alt: Any) -> None:
    """Let Altair show charts without a network, unless somebody has chosen a way to show them."""
    if NAME not in alt.renderers.names():
        alt.renderers.register(NAME, bundle)
    if alt.renderers.active == PLAIN:
        alt.renderers.enable(NAME)


def bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return a chart in every form in which a notebook may show it, by MIME type."""
    import altair as alt
    import vl_convert

    text, title = json.dumps(spec, sort_keys=True), spec.get("title", "")
    png = vl_convert.vegalite_to_png(text, scale=1.0)
    said = title.get("text", "") if isinstance(title, dict) else title
    return {
        "text/html": as_shown(vl_convert.vegalite_to_svg(spoken(spec))),
        "image/png": base64.b64encode(png).decode(),
        f"application/vnd.vegalite.v{alt.SCHEMA_VERSION.split('.')[0].removeprefix('v')}+json": spec,
        "text/plain": f"Chart: {said or 'no title'}\ntry .save('chart.svg')",
    }


def as_html(chart: Any) -> str:
    """Return a chart that is finished as HTML for a part of a page."""
    import vl_convert

    return as_shown(vl_convert.vegalite_to_svg(spoken(chart.to_dict())))


def as_shown(svg: str) -> str:
    """Return an SVG as HTML for a page with others: ids of its own, a style that fits the place, words on its marks."""
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = _NAMED.sub(rf"\g<1>c{own}-", svg)
    svg = _MARK.sub(r'<\1\2aria-label="\3"\4><title>\3</title></\1>', svg)
    wide = _WIDE.match(svg)
    least = f' style="min-width: {LEAST * float(wide[1]):.0f}px"' if wide else ""
    return f'<div class="fabopt-chart">{_STYLE}<svg{least}{svg.removeprefix("<svg")}</div>'


def spoken(spec: dict[str, Any], tooltip: object = None) -> dict[str, Any]:
    """Return a specification whose marks are described by what their tooltips say, for a picture that has none.

    Parameters
    ----------
    spec
        A chart in Vega-Lite, or a part of one.
    tooltip
        Tooltip of the part around it.
    """
    tooltip = spec.get("encoding", {}).get("tooltip", tooltip)
    said = dict(spec)
    for key in ("layer", "hconcat", "vconcat", "concat"):
        if key in spec:
            said[key] = [spoken(part, tooltip) for part in spec[key]]
    if "spec" in spec:
        said["spec"] = spoken(spec["spec"], tooltip)
    if "mark" in spec and isinstance(tooltip, dict | list):
        shown = tooltip if isinstance(tooltip, list) else [tooltip]
        mark = spec["mark"] if isinstance(spec["mark"], dict) else {"type": spec["mark"]}
        said["mark"] = mark | {"description": {"expr": " + '; ' + ".join(map(_word, shown))}}
    return said


def _word(shown: dict[str, Any]) -> str:
    """Return one field of a tooltip as an expression of Vega: its title and what stands there."""
    field = str(shown["field"]).replace("\\", "")
    value = f"datum[{json.dumps(field)}]"
    if shown.get("type") == "quantitative":
        value = f"format({value}, {json.dumps(shown.get('format', ',.4~g'))})"
    return f"{json.dumps(str(shown.get('title') or field) + ': ')} + {value}"
