"""Sliders for the numbers of a solved instance: move one, and see what becomes of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from fabopt.analysis.sensitivity.dial import Dial
from fabopt.analysis.sensitivity.explore import Exploration, Moment
from fabopt.domain.tolerances import same
from fabopt.report.base import Report
from fabopt.report.text import TextTable, amount, clip
from fabopt.report.tornado import signed, worth

SETTING = 60
"""Longest setting that a sentence says in full."""

STEPS = 40
"""Steps of a slider from the low of a number to its high."""


class Explorer:
    """Sliders in a notebook; everywhere else, and without ipywidgets, ask :meth:`at`."""

    def __init__(self, found: Exploration) -> None:
        self.found: Exploration = found
        self._widget: Any = None

    def at(self, values: Mapping[str, object] | None = None, /) -> MomentReport:
        """Return the plan with levers set, whole numbers held.

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
        return MomentReport(self.found, self.found.at(values or {}))

    @property
    def widget(self) -> Any:
        """The sliders with the answer under them, as an ipywidgets box.

        Raises
        ------
        ModuleNotFoundError
            When ipywidgets is not installed: ``pip install 'fabopt[notebook]'``.
        """
        if self._widget is None:
            self._widget = _box(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        now = self.at()
        bundle = {"text/plain": repr(self), "text/html": now._repr_html_()}
        with suppress(ModuleNotFoundError):
            bundle |= self.widget._repr_mimebundle_(**options)
        return {**bundle, "text/plain": repr(self)}

    def __repr__(self) -> str:
        paths = ", ".join(dial.path for dial in self.found.dials)
        return f"Explorer of {self.found.name}: {paths}\ntry .at({{lever: value}}), or show it in a notebook"


class MomentReport(Report):
    """The plan at some values: ``print`` it, or look at its parts."""

    offers = ".found.frame"

    def __init__(self, explored: Exploration, found: Moment) -> None:
        self._explored = explored
        self.found: Moment = found

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        f, unit = self.found, self._explored.unit
        at = _and([_value(d, value) for d, (_, value) in zip(self._explored.dials, f.values, strict=True)])
        if f.objective is None or f.change is None:
            return f"There is no plan with {at}: {f.note}."
        text = f"With {at}, whole numbers held, the {self._explored.objective_name} is {worth(f.objective, unit)}"
        text += f" ({signed(f.change, unit)})" if not same(f.change, 0.0, f.objective) else ""
        return f"{text}; what holds it back is {'being found' if f.choke is None else f.choke or 'nothing'}."

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """What is delivered of each demand, against the plan."""
        rows = tuple(
            (demand, amount(plan), amount(here), f"{100 * (here / plan - 1):+.1f} %" if plan > 0.0 else "-")
            for demand, plan, here in self.found.delivered
        )
        heads = ("demand", "plan", "here", "change")
        return (TextTable("Delivered over all periods, in the unit of each demand", heads, rows),) if rows else ()

    def records(self) -> Mapping[str, Any]:
        """Return the plan at these values as plain data."""
        return asdict(self.found)


def _value(dial: Dial, value: float | str) -> str:
    if isinstance(value, str):
        return f"{dial.path} at {clip(value, SETTING)}"
    return f"{dial.path} at {amount(value)}{'' if dial.unit == '1' else f' {dial.unit}'}"


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _box(explorer: Explorer) -> Any:
    """Return the sliders; each solves again when it is let go."""
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
            page.value = MomentReport(explorer.found, step)._repr_html_()

    for slider in sliders.values():
        slider.observe(moved, names="value")
    return ipywidgets.VBox([*sliders.values(), page])
