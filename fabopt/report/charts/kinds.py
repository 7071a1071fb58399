"""Every kind of picture of a result, and the one way to ask for them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from fabopt.analysis import material_flow
from fabopt.analysis.history import history
from fabopt.plan.plan import Plan
from fabopt.report.charts import flow, flow_data, grids, series
from fabopt.report.charts.history import past_chart
from fabopt.report.charts.style import ChartError, altair, finished, heading, sources
from fabopt.report.names import PARTY, names_of
from fabopt.report.text import clip

NARROW = 92
"""Longest line of a caption over one panel, characters."""
ROWS = {"use": 30, "choke": 14, "tornado": 20}
"""Rows of a picture where no number is asked for."""


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """What a picture is asked for, beside its kind; empty: as the kind has it.

    Attributes
    ----------
    period
        Label of the period that is drawn.
    lab
        Id of the lab that is drawn alone.
    top
        Rows that are drawn.
    lever, against
        Numbers that are moved.
    """

    period: str = ""
    lab: str = ""
    top: int | None = None
    lever: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of picture: what it shows, which wishes it takes, and how it is drawn."""

    says: str
    takes: tuple[str, ...]
    draw: Callable[[Plan, ChartOptions], Any]


def draw(plan: Plan, kind: str, options: ChartOptions) -> Any:
    """Return a picture of a result as an Altair chart.

    Parameters
    ----------
    plan
        The solved plan.
    kind
        Name in :data:`KINDS`.
    options
        What it is asked for.

    Raises
    ------
    ChartError
        When there is no such kind, it does not take what is asked, or there is nothing to draw.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(KINDS)}."
        raise ChartError(f"There is no kind of picture '{clip(kind, 40)}'; {hint}")
    chosen = KINDS[kind]
    for field in fields(ChartOptions):
        if getattr(options, field.name) != field.default and field.name not in chosen.takes:
            takes = ", ".join(chosen.takes) or "nothing"
            raise ChartError(f"A picture of kind '{kind}' takes no {field.name}; beside its file it takes {takes}.")
    if options.top is not None and options.top < 1:
        raise ChartError(f"A picture shows at least one row: top is {options.top}.")
    chart = chosen.draw(plan, options)
    if chart is None:
        raise ChartError("Nothing moves the objective, so there is nothing to draw.")
    return chart


def _plan(plan: Plan, options: ChartOptions) -> Any:
    said = [sources(plan.instance, ("sites", "labs", "chips", "workloads"))]
    chart = (
        altair()
        .hconcat(*series.panels(plan.table, options.lab, names_of(plan.data)), spacing=30)
        .resolve_scale(color="independent")
    )
    return finished(chart.properties(title=heading(_of(plan, options, ""), said)))


def _power(plan: Plan, options: ChartOptions) -> Any:
    said = [
        "Black lines: what stands at the sites, firm and added.",
        sources(plan.instance, ("sites", "labs", "chips")),
    ]
    chart = series.power_panel(plan.table, options.lab, names_of(plan.data))
    return finished(chart.properties(title=heading(_of(plan, options, "Deployed facility power: "), said, NARROW)))


def _mix(plan: Plan, options: ChartOptions) -> Any:
    chart = series.mix_panel(plan.table, options.lab, names_of(plan.data))
    said = [sources(plan.instance, ("chips", "labs", "workloads"))]
    return finished(chart.properties(title=heading(_of(plan, options, "Chip mix: "), said, NARROW)))


def _flow(plan: Plan, options: ChartOptions) -> Any:
    labels = [str(label) for label in plan.table("core/periods")["period"]]
    period = options.period or material_flow.busiest(plan.table)
    if period not in labels:
        raise ChartError(f"'{clip(period, 40)}' is no period of the plan, which runs from {labels[0]} to {labels[-1]}.")
    drawn = flow_data.shortened(material_flow.flow(plan.table, period))
    return finished(flow.flow_chart(plan.name, drawn, sources(plan.instance), names_of(plan.data)))


def _use(plan: Plan, options: ChartOptions) -> Any:
    rows, names = options.top or ROWS["use"], names_of(plan.data)
    return finished(grids.use_chart(plan.name, plan.table, sources(plan.instance), rows, names))


def _choke(plan: Plan, options: ChartOptions) -> Any:
    money, rows, names = str(plan.run.money_unit), options.top or ROWS["choke"], names_of(plan.data)
    return finished(grids.choke_chart(plan.name, plan.table, sources(plan.instance), rows, money, names))


def _tornado(plan: Plan, options: ChartOptions) -> Any:
    from fabopt.analysis.sensitivity.tornado import TornadoOptions
    from fabopt.analysis.sensitivity.verb import tornado_of
    from fabopt.report.tornado_chart import tornado_chart

    return tornado_chart(tornado_of(plan, TornadoOptions(top=options.top or ROWS["tornado"]), None), _numbers(plan))


def _value(plan: Plan, options: ChartOptions) -> Any:
    from fabopt.analysis.sensitivity.verb import value_of
    from fabopt.report.tornado_chart import value_chart

    if not options.lever:
        raise ChartError("A value function follows one number: name it as lever.")
    return value_chart(value_of(plan, options.lever, None, None, False), _numbers(plan))


def _phase(plan: Plan, options: ChartOptions) -> Any:
    from fabopt.analysis.sensitivity.verb import phases_of
    from fabopt.report.value_function import phase_report

    if not (options.lever and options.against):
        raise ChartError("A phase diagram moves two numbers: name them as lever and against.")
    return phase_report(phases_of(plan, options.lever, options.against, 9), _numbers(plan)).chart()


def _past(plan: Plan, options: ChartOptions) -> Any:
    chart = past_chart(history(plan), plan.name, sources(plan.instance, ("outcomes",)), names_of(plan.data))
    if chart is None:
        raise ChartError("The instance states nothing that was observed (section outcomes): there is no past to draw.")
    return chart


def _of(plan: Plan, options: ChartOptions, what: str) -> str:
    return f"{what}{plan.name}{f', {names_of(plan.data)[PARTY][options.lab]}' if options.lab else ''}"


def _numbers(plan: Plan) -> Callable[[str], str]:
    """Return what gives the name of a number by its path."""
    from fabopt.analysis.lever_names import lever_name

    return partial(lever_name, plan.data)


KINDS: dict[str, Kind] = {
    "plan": Kind("power by lab and compute by chip over time (deliveries, for a plain network)", ("lab",), _plan),
    "flow": Kind("what moves between the stages of the chain in a period", ("period",), _flow),
    "use": Kind("use of capacity over time", ("top",), _use),
    "choke": Kind("what holds the plan back in each period", ("top",), _choke),
    "mix": Kind("each chip's share of compute over time", ("lab",), _mix),
    "power": Kind("facility power in use by lab over time, and what stands", ("lab",), _power),
    "past": Kind("what was observed, the plan by year, and published figures", (), _past),
    "tornado": Kind("what the ends of the widest ranges change", ("top",), _tornado),
    "value": Kind("the objective against one number", ("lever",), _value),
    "phase": Kind("which limit is the choke point against two numbers", ("lever", "against"), _phase),
}
"""Every kind of picture by name; the first is drawn where none is asked for."""
