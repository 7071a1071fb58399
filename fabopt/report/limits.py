"""What limits on diversity, resilience and exports cost, as text and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.domain.tolerances import CLOSE
from fabopt.report.base import Report
from fabopt.report.text import TextTable, amount, money, proof, wrap

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.limits import LimitStudy, PriceOfLimit

SECTIONS = {"diversity": "share", "resilience": "survival", "barred_flows": "export"}


MEANING = (
    "A price is what the plan gains without that limit alone, under all others; prices of single limits need not "
    "add up to that of all. One point is the worth of easing it by a percentage point of compute (an export rule by "
    "1 % of its quantity) in every row, by prices that hold for small changes."
)


class LimitReport(Report):
    """What limits on diversity, resilience and exports cost: ``print`` it, or look at its parts.

    Attributes
    ----------
    study
        The records.
    """

    offers = ".frame .study"

    def __init__(self, study: LimitStudy, unit: str = "M USD") -> None:
        self.study, self.unit = study, unit

    @property
    def sentence(self) -> str:
        """What the limits cost, and which is the dearest."""
        return _sentence(self.study, self.unit)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit."""
        return self.study.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The limits with their prices."""
        rows = tuple(
            (
                one.name,
                SECTIONS[one.section],
                f"{one.binding} of {one.rows}",
                _row(one, self.unit),
                _point(one, self.unit),
                _price(one, self.unit),
            )
            for one in self.study.prices
        )
        headers = ("limit", "kind", "rows priced", "dearest row, a unit", "one point", "price")
        return (TextTable("Prices of limits", headers, rows, 2),)

    def records(self) -> Mapping[str, Any]:
        """Return the study as plain data."""
        return limit_data(self.study)

    def below(self, width: int) -> list[str]:
        """Return the values of the plans, and what a price means."""
        value, without = self.study.value, self.study.without
        return [
            "",
            f"value under all limits    {_value(value.low, value.status, self.unit)}",
            f"value without any limit   {_value(without.low, without.status, self.unit)}",
            *wrap(MEANING, width),
        ]


def _sentence(study: LimitStudy, unit: str) -> str:
    if study.value.low is None:
        held = [one for one in study.prices if one.status in ("optimal", "within_gap", "wider_gap")]
        if not held:
            return f"There is no plan under the limits ({study.value.status}), nor without any one of them."
        names = " or ".join(f"'{one.name}'" for one in held)
        return f"There is no plan under the limits ({study.value.status}); without {names} there is one."
    if study.price is None:
        return f"There is no plan without the limits ({study.without.status}), so they have no price."
    said = f"The limits together cost {_interval(*study.price, unit)}"
    known = [one for one in study.prices if one.high is not None and one.low is not None]
    dearest = max(known, key=lambda one: (one.low or 0.0) + (one.high or 0.0), default=None)
    if dearest is None or dearest.low is None or dearest.high is None or dearest.high <= 0.0 or len(known) < 2:
        return said + "."
    return f"{said}; the dearest is '{dearest.name}', at {_interval(dearest.low, dearest.high, unit)}."


def _interval(low: float, high: float, unit: str) -> str:
    if high - low <= CLOSE * abs(high):
        return money(high, unit)
    if low <= 0.0:
        return f"at most {money(high, unit)}"
    return f"between {money(low, unit)} and {money(high, unit)}"


def _price(one: PriceOfLimit, unit: str) -> str:
    if one.low is None or one.high is None:
        return f"no plan: {one.status}" if one.status not in ("optimal", "within_gap", "wider_gap") else "a plan"
    if one.high - one.low <= CLOSE * abs(one.high):
        return money(one.high, unit)
    return f"{amount(one.low)} to {money(one.high, unit)}"


def _point(one: PriceOfLimit, unit: str) -> str:
    return "-" if one.point is None else money(one.point, unit) if unit else amount(one.point)


def _row(one: PriceOfLimit, unit: str) -> str:
    if one.row_price is None:
        return "-"
    per = f" {unit}" if unit else ""
    return f"{one.period}: {amount(one.row_price)}{per} per {one.per}"


def _value(value: float | None, status: str, unit: str) -> str:
    return f"no plan: {status}" if value is None else f"{money(value, unit)} ({proof(status)})"


def limit_data(study: LimitStudy) -> dict[str, Any]:
    """Return a study as plain data for JSON."""
    from dataclasses import asdict

    return {
        "value": asdict(study.value),
        "without": asdict(study.without),
        "price": study.price,
        "limits": [asdict(one) for one in study.prices],
        "why": list(study.why),
    }
