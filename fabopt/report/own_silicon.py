"""What a lab's own chip is worth, as supply and as bargaining."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fabopt.domain.names import NO_NAMES, Names
from fabopt.report.report import Report
from fabopt.report.text import Table, in_unit, money

if TYPE_CHECKING:
    from fabopt.analysis.allocation.own_silicon import OwnSilicon

MEANING = (
    "Three plans are compared: with the chip's programme; unfunded, where the chip counts in orders and rules but "
    "nobody pays for it; and without it. As supply: what having the chip adds to its being there unfunded. As "
    "bargaining: what its being there moves in what others allot, though none is made."
)
"""What the parts of the worth mean."""


def own_silicon_report(
    study: OwnSilicon, names: Names = NO_NAMES, unit: str = "M USD", whose: str = "all together"
) -> Report[OwnSilicon]:
    """Return what the chip is worth to its lab and to all, what the lab then gets, and what policies allot.

    Parameters
    ----------
    study
        What was found.
    names
        What chips and labs are called, by id.
    unit
        Unit of money.
    whose
        Whose plans they are: of all together, or of the buyers.
    """
    lab = names[study.lab]
    worth, supply, bargaining = study.worth("of_lab")
    done = f"is funded in {study.funded}" if study.funded else "is not funded"
    sentence = (
        f"{names[study.chip]} {done}; it is worth {money(worth, unit)} to {lab}, {money(supply, unit)} as supply and "
        f"{money(bargaining, unit)} as bargaining, and {money(study.worth('value')[0], unit)} to {whose}."
    )
    parties = ((whose, "value"), (lab, "of_lab"))
    worths = [(said, *study.worth(of), getattr(study.plan, of)) for said, of in parties]
    plans = study.without, study.unfunded, study.plan
    shipped = [
        (chip, *(plan.delivered.get(chip, 0.0) for plan in plans))
        for chip in dict.fromkeys((*study.without.delivered, *study.plan.delivered))
        if any(plan.delivered.get(chip, 0.0) for plan in plans)
    ]
    allotted = [
        (row.policy, row.customer, row.unit, row.allotted_without, row.allotted, row.used_without, row.used)
        for row in study.allotted
    ]
    heads = ("policy", "customer", "unit", "allotted without", "with", "used without", "with")
    return Report(
        "own-silicon",
        study,
        (sentence,),
        (
            Table(f"Worth{in_unit(unit)}", ("for", "worth", "as supply", "as bargaining", "value with it"), worths),
            Table(f"Delivered to {lab}, thousand accelerators", ("chip", "without", "unfunded", "with it"), shipped),
            Table("What policies allot of what is there", heads, allotted, left=3),
        ),
        notes=(MEANING,),
        frames={"allotted": lambda: study.frame},
        data=lambda: _data(study),
    )


def _data(study: OwnSilicon) -> dict[str, Any]:
    names = ("worth", "as_supply", "as_bargaining")
    plans = {"with": study.plan, "unfunded": study.unfunded, "without": study.without}
    return {
        "chip": study.chip,
        "lab": study.lab,
        "funded": study.funded or None,
        "all": dict(zip(names, study.worth("value"), strict=True)),
        "of_lab": dict(zip(names, study.worth("of_lab"), strict=True)),
        "plans": plans,
        "allotted": study.allotted,
    }
