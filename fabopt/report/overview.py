"""What an instance holds, in words and small tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from fabopt.domain.instance import Instance
from fabopt.domain.plain import PlainNetwork
from fabopt.io.levers import list_levers
from fabopt.network.checks import Finding, check
from fabopt.network.tables import Network
from fabopt.report.text import WIDTH, Table, counted, wrap

_MOST_IDS = 60


@dataclass(frozen=True, slots=True)
class Overview:
    """What an instance holds.

    Attributes
    ----------
    heading
        Name, title and description.
    facts
        Horizon, numbers with and without source, sizes, scenarios.
    sections
        Sections of the instance with their entries.
    findings
        What looks wrong with the chain as a whole.
    """

    heading: tuple[str, ...]
    facts: tuple[str, ...]
    sections: Table
    findings: tuple[Finding, ...]

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return everything as lines of at most `width` characters."""
        lines = [line for text in self.heading if text for line in wrap(text, width)]
        if self.sections.rows:
            lines += ["", *self.sections.lines(width)]
        lines += ["", *(line for fact in self.facts for line in wrap(fact, width))]
        found = finding_lines(self.findings, width)
        return [*lines, "", *found] if found else lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        text = "<br>".join(escape(line) for line in (*self.heading, *self.facts, *finding_lines(self.findings)))
        return f"<p>{text}</p>{self.sections.html()}"


def overview(name: str, data: Instance, net: Network, scenarios: Sequence[str]) -> Overview:
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
        f"{len(data.sources):,} sources.",
        f"Network: {len(net.activities):,} activities, {len(net.resources):,} resources, {len(net.units):,} units, "
        f"{len(net.materials):,} materials, {len(net.demands):,} demands.",
        f"Model: {tables.columns.n:,} columns ({whole:,} whole), {tables.n_rows:,} rows.",
        f"Scenarios: {', '.join(scenarios) or 'none'}.",
    )
    title = f"{name}: {data.about.title}" if data.about.title else name
    return Overview((title, data.about.description.strip()), facts, _sections(data), tuple(check(net)))


def _sections(data: Instance) -> Table:
    rows = []
    for section, value in _held(data):
        ids = ", ".join(str(key) for key in value) if isinstance(value, Mapping) else ""
        shown = ids if len(ids) <= _MOST_IDS else f"{ids[: _MOST_IDS - 1]}…"
        rows.append((section, shown, f"{len(value):,}"))
    return Table("What it holds", ("section", "entries", "number"), tuple(rows), left=2)


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
        hint = f" ({finding.hint})" if finding.hint else ""
        first, *more = wrap(f"{finding.message}{hint}", width - 9)
        lines += [f"{finding.severity:<8} {first}", *(" " * 9 + line for line in more)]
    return lines
