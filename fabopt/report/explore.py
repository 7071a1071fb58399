"""Sliders for the numbers of a solved instance: move one, and see what becomes of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from typing import Any

from fabopt.analysis.sensitivity.dial import Dial, Setting
from fabopt.analysis.sensitivity.explore import Exploration, Moment
from fabopt.domain.tolerances import same
from fabopt.errors import MissingExtraError, require
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, listed, worth

MOST_FIELDS = 6
"""Labs that the chart shows."""
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
    at = listed([_value(dial, value) for dial, (_, value) in zip(explored.dials, moment.values, strict=True)])
    if moment.objective is None or moment.change is None:
        text = f"There is no plan with {at}: {moment.note}."
    else:
        text = f"With {at}, integers held, the {explored.objective_name} is {worth(moment.objective, unit)}"
        if not same(moment.change, 0.0, moment.objective):
            text += f" ({'+' if moment.change > 0 else ''}{worth(moment.change, unit)})"
        choke = "being found" if moment.choke is None else moment.choke or "nothing"
        text += f"; what holds it back is {choke}."
    rows = [
        (demand, plan, here, f"{100 * (here / plan - 1):+.1f} %" if plan > 0.0 else None)
        for demand, plan, here in moment.delivered
    ]
    title = "Delivered over all periods, in the unit of each demand"
    table = Table(title, ("demand", "plan", "here", "change"), rows)
    frames = {"delivered": lambda: moment.frame, "by_period": lambda: moment.periods}
    return Report("explore", moment, (text,), (table, _by_period(moment)), frames=frames, charts=lambda: _chart(moment))


def _by_period(moment: Moment) -> Table:
    """Return what each lab gets here by period."""
    periods = tuple(dict.fromkeys(period for _, period, _, _ in moment.by_period))
    here = {(name, period): amount for name, period, _, amount in moment.by_period}
    names = dict.fromkeys(name for name, *_ in moment.by_period)
    rows = [(name, *(here[name, period] for period in periods)) for name in names]
    return Table("Delivered here by period, in the unit of each demand", ("to", *periods), rows)


def _chart(moment: Moment) -> dict[str, Any]:
    """Return what is delivered by period, here over the plan, a field a lab; nothing where there is no plan."""
    from fabopt.report.charts.style import PALETTE, REST, altair, finished, time_axis

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
            "case:N", title=None, scale=alt.Scale(domain=["plan", "here"], range=[REST, PALETTE[0]]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["to:N", "period:N", "case:N", alt.Tooltip("amount:Q", format=",.4~g")],
    )  # fmt: skip
    return {
        "delivered": finished(drawn.properties(width=170, height=90).facet(alt.Facet("to:N", title=None), columns=2))
    }


def _value(dial: Dial, value: float | str) -> str:
    if isinstance(value, str):
        return f"{dial.path} at {value}"
    return f"{dial.path} at {amount(value)}{'' if dial.unit == '1' else f' {dial.unit}'}"


def _page(report: Report[Moment]) -> str:
    """Return a report as the sliders show it: the answer, a chart, and tables that scroll where they are too wide."""
    from fabopt.report.charts.shown import as_html

    narrow = "<style>.fabopt-explore .widget-html-content { min-width: 0; line-height: 1.4; }</style>"
    said = (f"<p>{escape(text)}</p>" for text in report.said)
    tables = (f'<div style="overflow-x: auto; font-size: 90%">{table.html()}</div>' for table in report.tables)
    return "\n".join([narrow, *said, *map(as_html, report.charts().values()), *tables])


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
            step=(dial.high - dial.low) / STEPS,
            readout_format=",.4r",
            layout={"width": "auto", "max_width": "40em"},
        )
        for dial in explorer.found.dials
    }
    heads = [ipywidgets.HTML(f"<small>{escape(dial.label)}</small>") for dial in sliders]

    def moved(_: Any) -> None:
        moves = {dial: slider.value for dial, slider in sliders.items() if slider.value != dial.value}
        explorer.values = {dial.path: dial.setting(value) for dial, value in moves.items()}
        for step in explorer.found.steps(explorer.values):  # the plan first, then what holds it back
            page.value = _page(moment_report(explorer.found, step))

    for slider in sliders.values():
        slider.observe(moved, names="value")
    beside = [part for pair in zip(heads, sliders.values(), strict=True) for part in pair]
    return ipywidgets.VBox([*beside, page], layout={"width": "100%"})
