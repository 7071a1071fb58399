"""What own silicon is worth, as text and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.report.base import Report, with_rows
from fabopt.report.text import TextTable, amount, money

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.own_silicon import OwnSilicon


class OwnSiliconReport(Report):
    """What own silicon is worth: ``print`` it, or look at its parts.

    Attributes
    ----------
    study
        The records.
    """

    offers = ".frame .study"

    def __init__(self, study: OwnSilicon, unit: str = "M USD") -> None:
        self.study, self.unit = study, unit

    @property
    def sentence(self) -> str:
        """What the chip is worth to its lab and to all, as supply and as bargaining."""
        return _sentence(self.study, self.unit)

    @property
    def frame(self) -> pd.DataFrame:
        """What the policies allot."""
        return self.study.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The parts of the worth, deliveries, and what policies allot."""
        return (
            _worth_table(self.study, self.unit),
            _shipped_table(self.study),
            *with_rows(_allotted_table(self.study)),
        )

    def records(self) -> Mapping[str, Any]:
        """Return the study as plain data."""
        return own_silicon_data(self.study)


def _worth_table(study: OwnSilicon, unit: str) -> TextTable:
    rows = tuple(
        (said, *(amount(part) for part in study.worth(of)), amount(getattr(study.plan, of)))
        for said, of in (("all together", "value"), (study.lab, "of_lab"))
    )
    headers = ("for", "worth", "as supply", "as bargaining", "value with it")
    return TextTable(f"Worth{f', {unit}' if unit else ''}", headers, rows)


def _shipped_table(study: OwnSilicon) -> TextTable:
    plans = (study.without, study.unfunded, study.plan)
    rows = tuple(
        (chip, *(amount(plan.delivered.get(chip, 0.0)) for plan in plans))
        for chip in dict.fromkeys((*study.without.delivered, *study.plan.delivered))
        if any(plan.delivered.get(chip, 0.0) for plan in plans)
    )
    return TextTable(
        f"Delivered to {study.lab}, thousand accelerators", ("chip", "without", "unfunded", "with it"), rows
    )


def _allotted_table(study: OwnSilicon) -> TextTable:
    rows = tuple(
        (
            row.policy, row.customer, row.unit, _known(row.allotted_without), _known(row.allotted),
            amount(row.used_without), amount(row.used),
        )
        for row in study.allotted
    )  # fmt: skip
    names = ("policy", "customer", "unit", "allotted without", "with", "used without", "with")
    return TextTable("What policies allot of what is there", names, rows, left=3)


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
