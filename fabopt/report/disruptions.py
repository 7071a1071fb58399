"""Disruptions in words and tables: who survives for how long, what failures cost, and what they cost at random."""

from __future__ import annotations

from fabopt.analysis.disruptions.records import Disruptions, Exposure
from fabopt.domain.unit_words import unit_words
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, figure, in_unit

MOST = 24
"""Rows of a table."""


def disruptions_report(record: Disruptions) -> Report[Disruptions]:
    """Return what the failure of suppliers does to a plan."""
    return Report(
        "disruptions",
        record,
        (sentence(record),),
        (exposure_table(record), drawing_table(record)),
        (*record.notes, *notes(record)),
        {"suppliers": lambda: record.frame, "random": lambda: record.drawing_frame},
    )


def sentence(record: Disruptions) -> str:
    """Return the answer: whose failure costs most, who outlasts its recovery, and what failures cost at random."""
    if not record.exposures:
        return f"Nobody whose failure could be looked at does anything in {record.plan}."
    first = record.exposures[0]
    if first.impact is None:
        text = f"Without {first.name} for {amount(first.recover)} months from {first.impact_from} on there is no plan"
    else:
        text = (
            f"The failure that costs most is {first.name}: {figure(first.impact, record.unit)} where it takes "
            f"{amount(first.recover)} months from {first.impact_from} on to recover"
        )
    held = "to the end" if first.endless else f"for {amount(first.survive)} months"
    text += f"; deliveries hold {held} without it."
    exposed = sum(e.survive < e.recover and not e.endless for e in record.exposures)
    text += f" Of {len(record.exposures)} that were looked at {exposed} take longer to recover than the plan survives."
    if record.drawing is not None:
        mean, p90 = (figure(v, record.unit) for v in (record.drawing.mean, record.drawing.p90))
        text += f" Failures at random cost {mean} on average over {amount(record.drawing.years)} years, P90 {p90}."
    return text


def notes(record: Disruptions) -> tuple[str, ...]:
    """Return what a reader must know."""
    if not record.exposures:
        return ()
    whose = f"deliveries to {record.of}" if record.of else "all deliveries"
    said = [
        f"Survives: months for which {whose} ({unit_words(record.delivered)}) hold as planned, the supplier gone for "
        f"good, at the least over failures that begin with the first reported period of each year; + : to the end. "
        f"Value lost: where it takes its time to recover, at the most over these; {record.how}. What was decided "
        "before a failure stands, and what comes after knows how long it lasts."
    ]
    if record.drawing is not None:
        said.append(
            f"{record.drawing.draws:,} draws of seed {record.drawing.seed}, {amount(record.drawing.failures)} failures "
            "in each on average; losses of several in a draw are added up; durations count in quarters of a period."
        )
        if record.drawing.without:
            said.append(
                f"In {record.drawing.without:,} draws a failure leaves no plan; they are not among the figures."
            )
    return tuple(said)


def exposure_table(record: Disruptions) -> Table:
    """Return what the failure of each supplier does, the dearest first."""
    often = any(e.frequency is not None for e in record.exposures)
    rows = [
        (
            e.kind, e.name, _months(e), e.recover, _range(e),
            "no plan" if e.impact is None else e.impact, e.lost, *((e.frequency, e.yearly) if often else ()),
        )
        for e in record.exposures
    ]  # fmt: skip
    random = ("times a year", f"loss a year{in_unit(record.unit)}") if often else ()
    cost = f"value lost{in_unit(record.unit)}"
    headers = ("kind", "supplier", "survives, months", "recovers, months", "its range", cost, "not delivered", *random)
    title = (
        "How long deliveries survive each failure, how long it takes to recover, and what it costs: value, and what is "
        f"not delivered{in_unit(record.delivered)}, added up over the periods"
    )
    return Table(title, headers, rows, left=2, most=MOST)


def _range(e: Exposure) -> str:
    if e.recover_low is None or e.recover_high is None:
        return "assumed"
    return f"{amount(e.recover_low)} to {amount(e.recover_high)}"


def _months(e: Exposure) -> str:
    return f"{amount(e.survive)}{'+' if e.endless else ''}"


def drawing_table(record: Disruptions) -> Table:
    """Return what failures at random cost."""
    d = record.drawing
    rows = [] if d is None else [(d.draws, d.years, d.failures, d.mean, d.p50, d.p90, d.worst)]
    headers = ("draws", "years", "failures", "mean", "P50", "P90", "worst")
    return Table(f"Failures at random: value lost{in_unit(record.unit)}", headers, rows)
