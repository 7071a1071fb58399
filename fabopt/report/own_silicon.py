"""What own silicon is worth, as text and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.report.answer import wrap
from fabopt.report.text import WIDTH, TextTable, amount, money

if TYPE_CHECKING:
    from fabopt.analysis.allocation.own_silicon import OwnSilicon


def own_silicon_lines(study: OwnSilicon, unit: str = "M USD", width: int = WIDTH) -> list[str]:
    """Return a study as lines: the answer in a sentence, the parts of the worth, deliveries, what policies allot."""
    lines = [*wrap(_sentence(study, unit), width), ""]
    rows = tuple(
        (said, *(amount(part) for part in study.worth(of)), amount(getattr(study.plan, of)))
        for said, of in (("all together", "value"), (study.lab, "of_lab"))
    )
    headers = ("for", "worth", "as supply", "as bargaining", "value with it")
    lines += TextTable(f"Worth{f', {unit}' if unit else ''}", headers, rows).lines(width)
    chips = dict.fromkeys((*study.without.delivered, *study.plan.delivered))
    shipped = tuple(
        (chip, *(amount(plan.delivered.get(chip, 0.0)) for plan in (study.without, study.unfunded, study.plan)))
        for chip in chips
        if any(plan.delivered.get(chip, 0.0) for plan in (study.without, study.unfunded, study.plan))
    )
    title = f"Delivered to {study.lab}, thousand accelerators"
    lines += ["", *TextTable(title, ("chip", "without", "unfunded", "with it"), shipped).lines(width)]
    if study.allotted:
        allotted = tuple(
            (
                row.policy, row.customer, row.unit, _known(row.allotted_without), _known(row.allotted),
                amount(row.used_without), amount(row.used),
            )
            for row in study.allotted
        )  # fmt: skip
        names = ("policy", "customer", "unit", "allotted without", "with", "used without", "with")
        lines += ["", *TextTable("What policies allot of what is there", names, allotted, left=3).lines(width)]
    return lines


def _known(value: float | None) -> str:
    return "-" if value is None else amount(value)


def _sentence(study: OwnSilicon, unit: str) -> str:
    worth, supply, bargaining = study.worth("of_lab")
    whole = study.worth("value")[0]
    done = f"is funded in {study.funded}" if study.funded else "is not funded"
    return (
        f"{study.chip} {done}; it is worth {money(worth, unit)} to {study.lab}, {money(supply, unit)} as supply and "
        f"{money(bargaining, unit)} as bargaining, and {money(whole, unit)} to all together."
    )


def own_silicon_data(study: OwnSilicon) -> dict[str, Any]:
    """Return a study as plain data for JSON."""
    names = ("worth", "as_supply", "as_bargaining")
    plans = {"with": study.plan, "unfunded": study.unfunded, "without": study.without}
    return {
        "chip": study.chip,
        "lab": study.lab,
        "funded": study.funded or None,
        "all": dict(zip(names, study.worth("value"), strict=True)),
        "of_lab": dict(zip(names, study.worth("of_lab"), strict=True)),
        "plans": {
            name: {"status": p.status, "value": p.value, "of_lab": p.of_lab, "delivered": dict(p.delivered)}
            for name, p in plans.items()
        },
        "allotted": [asdict(row) for row in study.allotted],
    }
