"""The page of a result, put together: what stands still as HTML, the tables and programs that make the rest of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fabopt.analysis import material_flow
from fabopt.analysis.plan_tables import reported
from fabopt.report.charts.style import PALETTE, REST
from fabopt.report.names import PARTY, THING, ByKind, names_of
from fabopt.report.page import bundle, document, picture, safe
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, thousands
from fabopt.report.viewer.data import Held, tables_of
from fabopt.report.viewer.flows import flows
from fabopt.report.viewer.studies import Kept
from fabopt.report.viewer.views import View, views

if TYPE_CHECKING:
    from fabopt.plan.plan import Plan

SCRIPTS = ("state", "data", "table", "draw", "chart", "heat", "flow", "main")
"""Programs of the page, in the order in which they run."""
FILTERS = (("lab", "Lab", PARTY), ("company", "Company", PARTY), ("chip", "Chip", THING), ("region", "Region", THING))
"""What a page is filtered by: key, word, kind of names. A company owns, designs, pays or is paid."""
CHOKE, CALIBRATE = "choke", "calibrate"
"""Studies that have a place of their own in a view."""
FLOW_FILTERS = {
    "lab": [material_flow.LABS],
    "chip": [material_flow.CHIPS],
    "company": [material_flow.WAFERS, material_flow.STAGES["interposer"]],
}
"""Blocks of the flow in which a filter finds its boxes."""


def result_page(
    answer: Report[Any], facts: Report[Any] | None, compared: Report[Any] | None, studies: Sequence[Kept] = ()
) -> str:
    """Return the page of a plan.

    Parameters
    ----------
    answer
        What the plan says.
    facts
        The instance and its plan against published figures; None where it states none.
    compared
        The plan beside others; None where there are no others.
    studies
        Studies that were made of it.
    """
    plan: Plan = answer.records
    figures: dict[str, Any] = {}
    held = tables_of(plan)
    names = names_of(plan.data)
    shown = views(plan.run.money_unit, _static(answer, facts, compared, studies, figures))
    data = {
        "title": plan.name,
        "views": [{"id": v.id, "title": v.title, "parts": [_part(part) for part in v.parts]} for v in shown],
        "tables": {name: table.data() for name, table in held.items()},
        "names": names,
        "periods": [str(label) for label in reported(plan.table("core/periods"))["period"]],
        "filters": _filters(held, names),
        "flows": flows(plan.table, names),
        "flow_filters": FLOW_FILTERS,
        "busiest": material_flow.busiest(plan.table),
        "palette": list(PALETTE),
        "rest": REST,
        "figures": figures,
    }
    programs = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    script = f'{bundle()}\n(() => {{\n"use strict";\nconst page = {safe(data)};\n{programs}}})();\n'
    return document(f"{plan.name}: {shown[0].title}", _body(plan.name, shown), script, _asset("page.css"))


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "html"}


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _filters(held: Mapping[str, Held], names: ByKind) -> list[dict[str, Any]]:
    """Return the filters with what each can be set to: all ids that its columns have, by name."""
    found: dict[str, dict[str, None]] = {key: {} for key, *_ in FILTERS}
    labs = dict.fromkeys(lab for name in ("fleet", "compute", "power") for lab in held[name].frame["lab"])
    for table in held.values():
        for key, columns in table.takes.items():
            for column in columns:
                found[key] |= dict.fromkeys(table.frame[column])
    found["lab"] = labs
    filters = []
    for key, says, kind in FILTERS:
        choices = [(str(id), names[kind][str(id)]) for id in found[key] if id]
        choices.sort(key=lambda choice: choice[1].casefold())
        filters.append({"key": key, "says": says, "choices": choices})
    return filters


def _body(title: str, shown: Sequence[View]) -> str:
    links = "".join(f'<a href="#{v.id}" data-view="{v.id}">{escape(v.title)}</a>' for v in shown)
    return (
        '<a class="skip" href="#main">To the view</a>\n'
        f'<header><h1>{escape(title)}</h1><div id="theme"></div></header>\n<nav aria-label="Views">{links}</nav>\n'
        '<div class="bar" id="filters" role="group" aria-label="Filters"></div>\n<noscript><p class="warning">Without '
        "JavaScript this page shows its texts and tables, and none of its charts, maps and filters.</p></noscript>\n"
        f'<main id="main" tabindex="-1">\n{"".join(map(_section, shown))}</main>'
    )


def _section(view: View) -> str:
    parts = (_place(f"part-{view.id}-{n}", part) for n, part in enumerate(view.parts))
    says = f'<p class="lead">{escape(view.says)}</p>' if view.says else ""
    return f'<section class="view" id="view-{view.id}"><h2>{escape(view.title)}</h2>{says}{"".join(parts)}</section>\n'


def _place(id: str, part: Mapping[str, Any]) -> str:
    """Return the place of a part; over what no filter reaches there is room to say so."""
    inside = f'<div class="whole"></div>{part["html"]}' if part["kind"] == "html" else ""
    return f'<div class="part" id="{id}">{inside}</div>'


# -- what stands still -----------------------------------------------------------------------------------------------


def _static(
    answer: Report[Any],
    facts: Report[Any] | None,
    compared: Report[Any] | None,
    studies: Sequence[Kept],
    figures: dict[str, Any],
) -> dict[str, str]:
    """Return what no filter reaches, by name."""
    plan: Plan = answer.records
    stated = "The instance states no published figures and expects nothing (sections outcomes and expectations)."
    others = "".join(f"<h3>fabopt {escape(s.verb)}</h3>{s.html()}" for s in studies if s.verb not in (CHOKE, CALIBRATE))
    return {
        "overview": f'<p class="answer">{escape(answer.sentence)}</p>{_tiles(answer)}',
        "answer": "".join(map(_wide, answer.tables)) + _notes(answer),
        "choke": _study(studies, CHOKE, "Study of choke points", "what relief of each limit adds, how late it comes, "
                        "and what binds next", "fabopt choke RESULT --out STUDY"),
        "facts": _told(facts, figures) if facts else f"<p>{stated}</p>",
        "calibrate": _study(studies, CALIBRATE, "Calibration", "the premiums with which a plan ships what was "
                            f"observed; the instance has {len(plan.data.premiums)}",
                            "fabopt calibrate INSTANCE --out STUDY"),
        "compare": _told(compared, figures) if compared else _not_run(
            "Comparison", "who gains and loses, what binds, and which inputs explain it", "fabopt page RESULT OTHER"),
        "studies": others or _not_run("Other studies", "ranges, draws, disruptions, hedges", "fabopt tornado RESULT "
                                      "--out STUDY", "fabopt page RESULT --study STUDY"),
    }  # fmt: skip


def _study(studies: Sequence[Kept], verb: str, what: str, tells: str, command: str) -> str:
    told = "".join(study.html() for study in studies if study.verb == verb)
    return f"<h3>{what}</h3>{told}" if told else _not_run(what, tells, command, "fabopt page RESULT --study STUDY")


def _told(report: Report[Any], figures: dict[str, Any]) -> str:
    """Return a report as HTML, its finished charts among the figures of the page."""
    parts = [f"<p{' class=warning' if text in report.warnings else ''}>{escape(text)}</p>" for text in report.said]
    for chart in report.charts().values():
        name = f"figure-{len(figures) + 1}"
        figures[name] = chart.to_dict()
        parts.append(picture(figures[name], name))
    return "".join([*parts, *map(_wide, report.tables), _notes(report)])


def _notes(report: Report[Any]) -> str:
    return "".join(f'<p class="note">{escape(text)}</p>' for text in report.notes)


def _wide(table: Table) -> str:
    label = escape(table.title)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}">{table.html(0)}</div>'


def _not_run(what: str, tells: str, *commands: str) -> str:
    said = ", then ".join(f"<code>{escape(command)}</code>" for command in commands)
    return f'<h3>{escape(what)}</h3><p class="empty">Not run ({escape(tells)}). To have it here: {said}.</p>'


def _tiles(answer: Report[Any]) -> str:
    """Return what stands at the first and the last year's end, as tiles."""
    stood = answer.table("stood")
    if not len(stood):
        return ""
    first, last = ({**row, "power": f"{amount(row['power'])} GW"} for row in stood.iloc[[0, -1]].to_dict("records"))
    tiles = (
        f'<div class="tile"><b>{_written(last[key])}</b><span>{says} at the end of {escape(str(last["period"]))}; '
        f"{_written(first[key])} at the end of {escape(str(first['period']))}</span></div>"
        for key, says in TILES
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


TILES = (
    ("running", "accelerators running"),
    ("power", "facility power in use"),
    ("usable", "usable H100 equivalents"),
    ("installed", "H100 equivalents installed, nominal"),
)
"""What tiles tell: column of what stands, and its words."""


def _written(value: float | str) -> str:
    return value if isinstance(value, str) else thousands(value)
