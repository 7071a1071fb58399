"""A report as one HTML file that needs no network: paragraphs, tables and pictures, for the screen and for paper.

The page forbids itself every outside request. A picture stands in it as SVG, so that it is there without scripts and on
paper; with scripts the chart that answers the mouse takes its place. All that comes from an instance is escaped.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from fabopt.report.text import Table

STYLE = """
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; color: #1c2833; background: #fff;
  font: 1rem/1.5 "Noto Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .6rem; color: #12436d; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 2px solid #12436d;
  color: #12436d; break-after: avoid; }
p { margin: .5rem 0; max-width: 60rem; }
p.warning { padding: .5rem 1rem; border: 2px solid #922b21; border-left-width: .6rem; }
.wide, figure { overflow-x: auto; margin: 1rem 0; break-inside: avoid; }
table { border-collapse: collapse; min-width: min(42rem, 100%);
  font-size: .86rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .35rem; }
th, td { padding: .25rem .7rem .25rem 0; vertical-align: top; border-bottom: 1px solid #c5cdd5; }
thead th { border-bottom: 1.5px solid #1c2833; vertical-align: bottom; }
@page { size: A4 landscape; margin: 14mm; }
@media print { body { max-width: none; padding: 0; font-size: 9.5pt; } table { font-size: 8pt; }
  .wide, figure { overflow: visible; } figure img, figure svg { max-width: 100%; height: auto; } }
"""
"""Style of every page."""

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
script-src 'unsafe-inline' 'unsafe-eval'">
<meta name="generator" content="fabopt">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
{script}
</body>
</html>
"""

_EMBED = """
for (const [name, spec] of Object.entries(figures)) {
  const place = document.getElementById(name);
  const chart = document.createElement("div");
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", place.firstElementChild.alt);
  vegaEmbed(chart, spec, {renderer: "svg", actions: false})
    .then(() => place.replaceChildren(chart))
    .catch((fault) => console.error(fault));
}
"""


MOST = 100
"""Most rows of a table."""


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph; a warning stands in a frame."""

    text: str
    warning: bool = False


def page(title: str, parts: Sequence[Any]) -> str:
    """Return a report as one HTML page.

    Parameters
    ----------
    title
        Its title, also over the page.
    parts
        What stands in it, in order: paragraphs, tables, and Altair charts that are finished
        (:func:`fabopt.report.charts.style.finished`).
    """
    specs: dict[str, Any] = {}
    body = [f"<h1>{escape(title)}</h1>"]
    for part in parts:
        if isinstance(part, Said):
            kind = ' class="warning"' if part.warning else ""
            body.append(f"<p{kind}>{escape(part.text)}</p>")
        elif isinstance(part, Table):
            body.append(f'<div class="wide">{part.html(MOST)}</div>')
        else:
            name = f"figure-{len(specs) + 1}"
            specs[name] = part.to_dict()
            body.append(picture(specs[name], name))
    script = f"{bundle()}\nconst figures = {safe(specs)};\n{_EMBED}" if specs else ""
    return document(title, "<main>\n{}\n</main>".format("\n".join(body)), script)


def document(title: str, body: str, script: str = "", style: str = "") -> str:
    """Return a whole HTML page, which forbids itself every outside request.

    Parameters
    ----------
    title
        Its title, as text.
    body
        What stands in it, as HTML.
    script
        Program that runs when it is open.
    style
        Style beside that of every page.
    """
    script = f"<script>\n{script}</script>" if script else ""
    return _HEAD.format(title=escape(title), style=f"{STYLE}{style}", body=body, script=script)


def picture(spec: Mapping[str, Any], name: str) -> str:
    """Return a figure, its title in words for who does not see it."""
    import vl_convert

    data = base64.b64encode(vl_convert.vegalite_to_svg(json.dumps(spec)).encode()).decode()
    title = spec.get("title", "")
    says = title.get("text", "") if isinstance(title, Mapping) else title
    return f'<figure id="{name}"><img src="data:image/svg+xml;base64,{data}" alt="{escape(str(says))}"></figure>'


def safe(data: Mapping[str, Any]) -> str:
    """Return data as JSON that cannot end the script element that it stands in."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def bundle() -> str:
    """Return the programs of Vega, Vega-Lite and Vega-Embed; nothing in them ends a script element."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace("</script", "<\\/script")
