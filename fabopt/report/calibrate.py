"""Calibration in words and tables."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.analysis.calibration.records import NEAR, Calibrated, Calibration
from fabopt.analysis.frames import plain
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted, few, listed, percent

NAMED = 6
"""Figures of other kinds that are named; the instance has all."""


def calibrate_report(calibration: Calibration) -> Report[Calibration]:
    """Return the premiums with which a plan ships what was observed, and the observations that are refused."""
    held = [
        (
            r.designer,
            r.lab or "all",
            _when(r),
            r.unit,
            r.planned,
            r.figure,
            f"{amount(r.low)}-{amount(r.high)}",
            r.reached,
            r.premium,
            r.price,
        )
        for r in calibration.kept
    ]
    refused = [
        (r.designer, r.lab or "all", _when(r), r.refused, r.figure, r.planned) for r in calibration.rows if r.refused
    ]
    columns = (
        "designer",
        "lab",
        "time",
        "unit",
        "without",
        "observed",
        "range",
        "with",
        "premium, USD each",
        "list price, USD",
    )
    why = ("designer", "lab", "time", "why", "observed", "without")
    tables = (
        Table("Premiums with which a plan ships what was observed", columns, held, left=4),
        Table("Observations that are not calibrated on", why, refused, left=4),
    )
    return Report(
        "calibrate",
        calibration,
        (_sentence(calibration),),
        tuple(table for table in tables if table.rows),
        tuple(_notes(calibration)),
        {"premiums": lambda: calibration.frame},
        data=lambda: plain(calibration),
    )


def _when(row: Calibrated) -> str:
    return row.since if row.since == row.until else f"{row.since}-{row.until}"


def _sentence(calibration: Calibration) -> str:
    near, count = sum(row.near for row in calibration.kept), len(calibration.rows)
    said = f"A plan of {calibration.name} ships about what was observed in {near} of {counted(count, 'observation')}"
    if not calibration.kept:
        return f"None of {counted(count, 'observation')} of {calibration.name} is calibrated on."
    if not any(row.premium for row in calibration.kept):
        return f"{said} without any premium."
    return f"{said} with premiums of at most {percent(calibration.share)} of the list price."


def _notes(calibration: Calibration) -> Iterator[str]:
    yield f"About: no further outside a range than {percent(NEAR)} of its larger end."
    yield "Premiums steer a plan and count in no value; the last of each designer holds on after its last window."
    missed = [r for r in calibration.kept if not r.near]
    if missed:
        said = listed([f"{r.designer} in {_when(r)} {amount(r.reached)} against {amount(r.figure)}" for r in missed])
        yield (
            f"A plan with these premiums ships otherwise ({said}): it is worth as much, or buys early or in vain what "
            "a premium pays for. Look at the carrying cost of chips, the range of the figures and the steps of tastes."
        )
    if calibration.others:
        names = listed(few(calibration.others, NAMED))
        yield f"Not held, as they are no shipments of one designer within the horizon: {names}."
