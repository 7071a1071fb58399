"""Sliders for the numbers of a solved instance: move one, and see what becomes of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fabopt.analysis.sensitivity.dial import Dial
from fabopt.analysis.sensitivity.explore import Exploration, Moment
from fabopt.domain.tolerances import same
from fabopt.errors import MissingExtraError, require
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, listed, worth

STEPS = 40
"""Steps of a slider from the low of a number to its high."""


class Explorer:
    """Sliders in a notebook; everywhere else, and without ipywidgets, ask :meth:`at`."""

    def __init__(self, exploration: Exploration) -> None:
        self.found: Exploration = exploration
        self._widget: Any = None

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
        now = self.at()
        bundle = {"text/plain": repr(self), "text/html": now._repr_html_()}
        with suppress(MissingExtraError):
            bundle |= self.widget._repr_mimebundle_(**options)
        return {**bundle, "text/plain": repr(self)}

    def __repr__(self) -> str:
        paths = ", ".join(dial.path for dial in self.found.dials)
        return f"Explorer of {self.found.name}: {paths}\ntry .at({{lever: value}}), or show it in a notebook"


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
    return Report("explore", moment, (text,), (table,), frames={"delivered": lambda: moment.frame})


def _value(dial: Dial, value: float | str) -> str:
    if isinstance(value, str):
        return f"{dial.path} at {value}"
    return f"{dial.path} at {amount(value)}{'' if dial.unit == '1' else f' {dial.unit}'}"


def _box(explorer: Explorer) -> Any:
    """Return the sliders; each solves again when it is let go."""
    require("notebook")
    import ipywidgets

    page = ipywidgets.HTML(explorer.at()._repr_html_())
    sliders = {
        dial: ipywidgets.FloatSlider(
            value=dial.value,
            min=min(dial.low, dial.value),
            max=max(dial.high, dial.value),
            step=(dial.high - dial.low) / STEPS,
            description=dial.label,
            readout_format=".4g",
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "100%"},
        )
        for dial in explorer.found.dials
    }

    def moved(_: Any) -> None:
        values = {dial.path: dial.setting(slider.value) for dial, slider in sliders.items()}
        for step in explorer.found.steps(values):  # the plan first, then what holds it back
            page.value = moment_report(explorer.found, step)._repr_html_()

    for slider in sliders.values():
        slider.observe(moved, names="value")
    return ipywidgets.VBox([*sliders.values(), page])
