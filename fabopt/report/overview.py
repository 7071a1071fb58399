"""What an instance holds, in words and small tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fabopt.domain.instance import Instance
from fabopt.domain.plain import PlainNetwork
from fabopt.io.levers import list_levers
from fabopt.network.checks import Finding, check
from fabopt.network.tables import Network
from fabopt.report.report import Report
from fabopt.report.text import WIDTH, Table, counted, wrap


def overview(name: str, data: Instance, net: Network, scenarios: Sequence[str]) -> Report[Instance]:
    """Return the overview of an instance and its network."""
    from fabopt.model.tables import model_tables  # what only wants the findings needs no model

    horizon = data.horizon
    periods = [p.label for p in net.periods]
    reported = [p.label for p in net.periods if p.reported]
    quantities = [lever.quantity for lever in list_levers(data)]
    assumed = sum(q.assumed for q in quantities)
    tables = model_tables(net)
    whole = int(tables.columns.stacked("integer").sum())
    facts = (
        f"Horizon: {horizon.said} from {periods[0]} to {periods[-1]}, reported to {reported[-1]}; "
        f"decision date {horizon.start}; discount rate {100.0 * horizon.discount_rate.value:g} % per year.",
        f"Numbers: {len(quantities):,}, of which {len(quantities) - assumed:,} with a source and {assumed:,} assumed; "
        f"{counted(len(data.sources), 'source')}.",
        f"Network: {len(net.activities):,} activities, {len(net.resources):,} resources, {len(net.units):,} units, "
        f"{len(net.materials):,} materials, {len(net.demands):,} demands.",
        f"Model: {tables.columns.n:,} columns ({counted(whole, 'integer')}), {tables.n_rows:,} rows.",
        f"Scenarios: {', '.join(scenarios) or 'none'}.",
    )
    findings = check(net)
    title = f"{name} ({data.about.title})" if data.about.title else name
    title += (
        f" has {counted(len(quantities), 'number')}, of which {assumed:,} are assumed, and plans {periods[0]} to "
        f"{periods[-1]}; {finding_counts(findings)}."
    )
    return Report(
        "show",
        data,
        (title, *filter(None, [data.about.description.strip()])),
        (_sections(data), Table("What looks wrong", ("", ""), [(f.severity, _said(f)) for f in findings], left=2)),
        facts,
        data=lambda: {"facts": facts, "findings": findings},
    )


def _sections(data: Instance) -> Table:
    rows = [
        (name, ", ".join(map(str, held)) if isinstance(held, Mapping) else "", len(held)) for name, held in _held(data)
    ]
    return Table("What it holds", ("section", "entries", "number"), rows, left=2)


def holding_line(data: Instance) -> str:
    """Return how many entries each section of an instance has, in a line: what a cut file has lost is seen in it."""
    return "it holds " + ", ".join(f"{section}: {len(value):,}" for section, value in _held(data, sources=True))


def _held(data: Instance, sources: bool = False) -> Iterator[tuple[str, Mapping[Any, Any] | tuple[Any, ...]]]:
    """Yield the sections that hold anything, those of the plain network too."""
    for section, value in data:
        if isinstance(value, PlainNetwork):
            for name, part in value:
                if isinstance(part, Mapping | tuple) and part:
                    yield f"network.{name}", part
        elif isinstance(value, Mapping | tuple) and value and (sources or section != "sources"):
            yield section, value


def finding_counts(findings: Sequence[Finding]) -> str:
    """Return how many errors and warnings there are about the chain."""
    errors = sum(finding.severity == "error" for finding in findings)
    return f"{counted(errors, 'error')} and {counted(len(findings) - errors, 'warning')} about the chain"


def finding_lines(findings: Sequence[Finding], width: int = WIDTH) -> list[str]:
    """Return findings as lines, each with its severity and, below it, what to do."""
    lines: list[str] = []
    for finding in findings:
        first, *more = wrap(_said(finding), width - 9)
        lines += [f"{finding.severity:<8} {first}", *(" " * 9 + line for line in more)]
    return lines


def _said(finding: Finding) -> str:
    return f"{finding.message}{f' ({finding.hint})' if finding.hint else ''}"
