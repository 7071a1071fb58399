"""What limits on diversity, resilience and exports cost, and stated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabopt.domain.unit_words import unit_words, with_unit
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, between, in_unit, plan_value, span

if TYPE_CHECKING:
    from fabopt.analysis.allocation.limits import LimitStudy, PriceOfLimit

SECTIONS = {"diversity": "share", "resilience": "survival", "limits": "stated", "barred_flows": "export"}
HAS_PLAN = ("optimal", "within_gap", "wider_gap")

MEANING = (
    "A price is what the plan gains without that limit alone, under all others; prices of single limits need not "
    "add up to that of all. One point is the worth of easing it by a percentage point of compute (an export rule or "
    "a stated limit by 1 % of its quantity) in every row, by prices that hold for small changes."
)


def limit_report(study: LimitStudy, unit: str = "M USD") -> Report[LimitStudy]:
    """Return what the limits cost, each alone and all together, and which is the most expensive."""
    rows = [
        (one.name, SECTIONS[one.section], f"{one.binding} of {one.rows}", _row(one, unit), one.point, _price(one))
        for one in study.prices
    ]
    headers = ("limit", "kind", "rows priced", "most expensive row, a unit", f"one point{in_unit(unit)}")
    plans = (
        ("under all limits", plan_value(study.value.low, study.value.status, unit)),
        ("without any limit", plan_value(study.without.low, study.without.status, unit)),
    )
    return Report(
        "limits",
        study,
        (_sentence(study, unit),),
        (
            Table("Prices of limits", (*headers, f"price{in_unit(unit)}"), rows, 4),
            Table("Value of the plan", ("", "value"), plans, 2),
        ),
        (MEANING,),
        {"limits": lambda: study.frame},
        data=lambda: {
            "value": study.value,
            "without": study.without,
            "price": study.price,
            "limits": study.prices,
            "why": study.why,
        },
    )


def _sentence(study: LimitStudy, unit: str) -> str:
    if study.value.low is None:
        held = [one for one in study.prices if one.status in HAS_PLAN]
        if not held:
            return f"There is no plan under the limits ({study.value.status}), nor without any one of them."
        names = " or ".join(f"'{one.name}'" for one in held)
        return f"There is no plan under the limits ({study.value.status}); without {names} there is one."
    if study.price is None:
        return f"There is no plan without the limits ({study.without.status}), so they have no price."
    said = f"The limits together cost {between(*study.price, unit)}"
    ends = [(one.name, one.low, one.high) for one in study.prices if one.high is not None and one.low is not None]
    name, low, high = max(ends, key=lambda one: one[1] + one[2], default=("", 0.0, 0.0))
    if high <= 0.0 or len(ends) < 2:
        return said + "."
    return f"{said}; the most expensive is '{name}', at {between(low, high, unit)}."


def _price(one: PriceOfLimit) -> str:
    if one.low is None or one.high is None:
        return "a plan" if one.status in HAS_PLAN else f"no plan: {one.status}"
    return span(one.low, one.high)


def _row(one: PriceOfLimit, unit: str) -> str | None:
    if one.row_price is None:
        return None
    return f"{one.period}: {with_unit(amount(one.row_price), unit)} per {unit_words(one.per, one=True) or 'unit'}"
