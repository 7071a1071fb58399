"""Sliders for the numbers of a solved instance: move one, and see what becomes of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from typing import Any

from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.sensitivity.dial import Dial, Setting
from fabopt.analysis.sensitivity.explore import Exploration, Moment
from fabopt.domain.tolerances import same
from fabopt.domain.unit_words import with_unit
from fabopt.errors import MissingExtraError, require
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, listed, worth

MOST_FIELDS, MOST_ROWS = 6, 12
"""Labs that the chart shows, and demands that the table does: where there are more, those that change most."""
PLAN = "#888888"
"""Colour of the plan behind what is moved: as easy to see where a dark theme turns colours round."""
STYLE = """<style>
.fabopt-explore .widget-html-content { min-width: 0; line-height: 1.4; }
.fabopt-explore caption { text-align: left; padding: .6em .4em .2em; }
.fabopt-explore :is(th, td) { padding: 0 .4em; }
</style>"""
"""How the answer stands below the sliders, where JupyterLab gives tables no style."""
STEPS = 40
"""Steps of a slider from the low of a number to its high."""


class Explorer:
    """Sliders in a notebook; everywhere else, and without ipywidgets, ask :meth:`at`."""

    def __init__(self, exploration: Exploration, solve: Callable[[Mapping[str, object]], Any]) -> None:
        self.found: Exploration = exploration
        self.values: dict[str, Setting] = {}
        """What the sliders that were moved stand at, as :meth:`at` and ``with_`` take it."""
        self._solve, self._widget, self._solved = solve, None, dict[tuple[tuple[str, Setting], ...], Any]()

    @property
    def result(self) -> Any:
        """The result of the instance as the sliders stand, solved with integers free and the plan as its start.

        It can be saved, studied and compared like any other. Where no slider was moved it is solved again, too.
        """
        key = tuple(sorted(self.values.items()))
        if key not in self._solved:
            self._solved[key] = self._solve(self.values)
        return self._solved[key]

    def at(self, values: Mapping[str, object] | None = None, /) -> Report[Moment]:
        """Return the plan with levers set, integers held.

        Parameters
        ----------
        values
            What levers are set to, as in ``with_``: ``450``, ``"0.45 GW"``, ``"*1.1"``, ``"+5 MW"``, a series.

        Raises
        ------
        fabopt.errors.StudyError
            When a value is given for a number that is not explored.
        fabopt.io.levers.LeverError
            When a lever cannot take what is given: one number would flatten a series.
        """
        return moment_report(self.found, self.found.at(values or {}))

    @property
    def widget(self) -> Any:
        """The sliders with the answer under them, as an ipywidgets box.

        Raises
        ------
        fabopt.errors.MissingExtraError
            When ipywidgets is not installed.
        """
        if self._widget is None:
            self._widget = _box(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": _page(self.at(self.values))}
        with suppress(MissingExtraError):
            bundle |= self.widget._repr_mimebundle_(**options)
        return {**bundle, "text/plain": repr(self)}

    def __repr__(self) -> str:
        paths = ", ".join(dial.path for dial in self.found.dials)
        return f"Explorer of {self.found.name}: {paths}\ntry .at({{lever: value}}) .result, or show it in a notebook"


def moment_report(explored: Exploration, moment: Moment) -> Report[Moment]:
    """Return the plan at some values: what it is worth, what holds it back, and what it delivers against the plan."""
    unit = explored.unit
    called = [lever_phrase(explored.called[dial.path]) for dial in explored.dials]
    places = [value for _, value in moment.values]
    at = listed([_value(*one) for one in zip(called, explored.dials, places, strict=True)])
    if moment.objective is None or moment.change is None:
        text = f"There is no plan with {at}: {moment.note}."
    else:
        text = f"With {at}, integers held, the {explored.objective_name} is {worth(moment.objective, unit)}"
        if not same(moment.change, 0.0, moment.objective):
            text += f" ({'+' if moment.change > 0 else ''}{worth(moment.change, unit)})"
        choke = "being found" if moment.choke is None else moment.choke or "nothing"
        text += f"; what holds it back is {choke}."
    tables = (_over_all(explored, moment), _by_period(moment, explored.shown_in))
    frames = {"delivered": lambda: moment.frame, "by_period": lambda: moment.periods}
    return Report(
        "explore", moment, (text,), tables, frames=frames, charts=lambda: _chart(moment, explored.shown_in)
    )  # fmt: skip


def _over_all(explored: Exploration, moment: Moment) -> Table:
    """Return what each demand gets over all periods, against the plan."""
    told = [
        (demand, explored.units[demand], plan, here, here / plan - 1.0 if plan > 0.0 else None)
        for demand, plan, here in moment.delivered
    ]
    if len(told) > MOST_ROWS:
        told.sort(key=lambda row: -abs(row[-1] or 0.0))
    rows = [(*row, None if change is None else f"{100 * change:+.1f} %") for *row, change in told]
    heads = ("demand", "unit", "plan", "here", "change")
    return Table("Delivered over all periods", heads, rows, left=2, most=MOST_ROWS)


def _by_period(moment: Moment, unit: str) -> Table:
    """Return what each lab gets here by period."""
    periods = tuple(dict.fromkeys(period for _, period, _, _ in moment.by_period))
    here = {(name, period): amount for name, period, _, amount in moment.by_period}
    names = dict.fromkeys(name for name, *_ in moment.by_period)
    rows = [(name, *(here[name, period] for period in periods)) for name in names]
    return Table(f"Delivered here by period{_in(unit)}", ("to", *periods), rows)


def _in(unit: str) -> str:
    return in_unit(unit) or ", in the unit of each demand"


def _chart(moment: Moment, unit: str) -> dict[str, Any]:
    """Return what is delivered by period, here over the plan, a field a lab; nothing where there is no plan."""
    from fabopt.report.charts.style import PALETTE, altair, finished, time_axis

    if not moment.by_period:
        return {}
    alt, shown = altair(), dict.fromkeys(name for name, *_ in moment.by_period)
    data = [
        {"to": name, "period": period, "case": case, "amount": amount}
        for name, period, plan, here in moment.by_period
        for case, amount in (("plan", plan), ("here", here))
        if name in list(shown)[:MOST_FIELDS]
    ]
    periods = list(dict.fromkeys(period for _, period, _, _ in moment.by_period))
    lines = alt.Chart(alt.Data(values=data)).mark_line(point={"size": 18}, interpolate="monotone")
    drawn = lines.encode(
        x=alt.X("period:N", title=None, sort=periods, axis=time_axis(periods, 6)),
        y=alt.Y("amount:Q", title=None, scale=alt.Scale(zero=True)),
        color=alt.Color(
            "case:N", title=None, scale=alt.Scale(domain=["plan", "here"], range=[PLAN, PALETTE[0]]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["to:N", "period:N", "case:N", alt.Tooltip("amount:Q", format=",.4~g")],
    )  # fmt: skip
    fields = drawn.properties(width=170, height=90).facet(alt.Facet("to:N", title=None), columns=2)
    return {"delivered": finished(fields.properties(title=f"Delivered by period{_in(unit)}"))}


def _value(called: str, dial: Dial, value: float | str) -> str:
    return f"{called} at {value if isinstance(value, str) else with_unit(amount(value), dial.unit)}"


def _page(report: Report[Moment]) -> str:
    """Return a report as the sliders show it: the answer, a chart, and tables that scroll where they are too wide."""
    from fabopt.report.charts.shown import as_html

    said = (f"<p>{escape(text)}</p>" for text in report.said)
    tables = (f'<div style="overflow-x: auto; font-size: 90%">{table.html()}</div>' for table in report.tables)
    return "\n".join([STYLE, *said, *map(as_html, report.charts().values()), *tables])


def _step(dial: Dial) -> float:
    """Return the step of a slider, on whose places the number itself lies: a browser moves it to the next otherwise."""
    wide, below = (dial.high - dial.low) / STEPS, dial.value - dial.low
    return below / max(1, round(below / wide)) if below > 0.0 else wide


def _head(called: str, dial: Dial) -> str:
    """Return what stands above a slider: what the lever is called, its unit, and its path."""
    path = f"<code style='font-size: inherit'>{escape(dial.path)}</code>"
    return f"<small>{escape(called)}{escape(in_unit(dial.unit))} {path}</small>"


def _box(explorer: Explorer) -> Any:
    """Return the sliders; each move solves again.

    A browser sends no move before the last one is answered, and then the newest: what is shown follows the hand.
    """
    require("notebook")
    import ipywidgets

    page = ipywidgets.HTML(_page(explorer.at()), layout={"width": "100%"})
    page.add_class("fabopt-explore")
    sliders = {
        dial: ipywidgets.FloatSlider(
            value=dial.value,
            min=min(dial.low, dial.value),
            max=max(dial.high, dial.value),
            step=_step(dial),
            readout_format=",.4r",
            layout={"width": "auto", "max_width": "40em"},
        )
        for dial in explorer.found.dials
    }
    heads = [ipywidgets.HTML(_head(explorer.found.called[dial.path], dial)) for dial in sliders]

    def moved(_: Any) -> None:
        moves = {
            dial: slider.value for dial, slider in sliders.items() if abs(slider.value - dial.value) > slider.step / 2
        }
        explorer.values = {dial.path: dial.setting(value) for dial, value in moves.items()}
        for step in explorer.found.steps(explorer.values):  # the plan first, then what holds it back
            page.value = _page(moment_report(explorer.found, step))

    for slider in sliders.values():
        slider.observe(moved, names="value")
    beside = [part for pair in zip(heads, sliders.values(), strict=True) for part in pair]
    return ipywidgets.VBox([*beside, page], layout={"width": "100%"})
