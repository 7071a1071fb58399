"""Writes the pages that come out of the code: schema, mathematics, results, command line, and the answer in the README.

Run by ``make pages``. A test fails when a page is not what this program would write. With the folder of a result,
``python docs/pages.py results/frontier``, it writes instead what the page of that instance, ``docs/frontier.md``, has
of the plan: figures, expectations, and the picture of past and plan.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

import fabopt
from fabopt.analysis.companies import COMPANIES
from fabopt.analysis.reconcile import Reconciled
from fabopt.cli.app import app
from fabopt.domain.instance import Instance
from fabopt.io.schema import schema_markdown
from fabopt.model.families import Family
from fabopt.model.registry import MODULES
from fabopt.report.glossary import ask_for, glossary_markdown
from fabopt.report.text import WIDTH, amount
from fabopt.solve.results.build import ALL_TABLES
from fabopt.solve.results.columns import TableSpec

DOCS = Path(__file__).parent
MATHEMATICS = """\
The instance is lowered to a process network of activities, resources, units, materials and demands; the model below is
written over that network, one module a subject. Money is in millions of US dollars, quantities in the unit of their
material.
"""
RESULTS = """\
A result is a folder: `manifest.json` (what was solved, how, how good it is, what holds it back as `ranking`, hashes
of the files), `instance.json` (the instance after overlays, which solves again), `solver.log`, and Parquet tables.
The tables in `core/` speak of the process network, those in `domain/` of the chain; each row is one fact, and columns
are fixed. `fabopt show RESULT --table NAME` prints one as CSV, `fabopt.load_result(path).table(name)` returns a data
frame. Units and meanings also stand in the metadata of each Parquet column and in the table `columns`. Tables hold
all periods; `reported` marks the ones that the answer speaks of. For a plain network alone, money is in the
instance's own unit.

Every folder that fabopt writes (results, memos, sweeps, reports of `choke` and `tornado`) holds a record, here
`manifest.json`, with the version of its format, the hash of every other file and its own. A file that was changed
after it was written is refused with its name. A result is also held to itself when it is loaded: the plan's value
is computed again from the tables and must be that of the manifest, and objective, bound, gap and status must follow
from each other. A result of an older format is refused; `fabopt solve RESULT --out DIR` solves its `instance.json`
again.

A folder is replaced so that nothing is lost, whenever the run is stopped. The new one is written as `NAME.new-<id>`
and flushed to the disk; `NAME` is renamed to `NAME.old-<id>`, then the new one to `NAME`. Who reads `NAME` between
the two reads the whole new one, and the next run that writes there puts things in order; both say so. Files that
people put into a folder move into the new one. A folder in which a file of fabopt's was changed becomes
`NAME.kept-<n>`. `--out` is tried before anything is computed; if saving fails later all the same, the answer is
printed, the plan goes to `NAME.rescued-<n>` in the folder of work, the one for temporary files or the home, and the
exit code is 2.
"""
OF_COMPANIES = """\
This table is made when it is asked for and stands in no folder: `fabopt show RESULT --table companies`, in Python
`result.table("companies")`, and the sheets `companies` and `by company` of `fabopt export RESULT --xlsx FILE`.
`fabopt companies RESULT` prints it to be read, and `result.companies(...)` adds up and tells apart: see
[by company](companies.md).
"""
COMMANDS = """\
# The command line

`fabopt VERB --help` says the same. Exit codes: 0 a plan (or what was asked for), even if limited; 2 bad input, or
nowhere to write; 3 infeasible; 4 a limit before any plan; 130 interrupted before any plan.

What can be said here, Python can do by the same names ([reference](api.md)).
"""
SOLVE = "$ fabopt solve instances/tutorial"
ROLL = "fabopt roll results/tutorial --to 2027Q3 --actuals instances/tutorial/actuals.csv"
MADE = "This page is written by `make pages` from the code; change it there.\n"


def pages() -> dict[str, Callable[[], str]]:
    """Return by the name of every page, relative to docs/, what gives its text: some solve for it."""
    return {
        "schema.md": schema_page,
        "mathematics.md": mathematics_page,
        "results.md": results_page,
        "glossary.md": lambda: f"{glossary_markdown()}\n{MADE}",
        "roll.md": lambda: roll_page((DOCS / "roll.md").read_text(encoding="utf-8")),
        "command-line.md": command_page,
        "../README.md": lambda: readme_page((DOCS.parent / "README.md").read_text(encoding="utf-8")),
    }


@cache
def tutorial() -> fabopt.Result:
    """Return the plan of the tutorial."""
    return fabopt.load(DOCS.parent / "instances" / "tutorial").solve()


def roll_page(text: str) -> str:
    """Return the page on moving the decision date with the example of actuals as it is now."""
    file = DOCS.parent / "instances" / "tutorial" / "actuals.csv"
    lines = tutorial().roll("2027Q3", actuals=file).lines()
    titles = [n for n, line in enumerate(lines) if line.startswith(("Objective", "Orders from", "What is there"))]
    block = "\n".join([f"$ {ROLL}", *lines[: titles[0]], *lines[titles[1] : titles[2]]]).rstrip()
    text = re.sub(r"```csv\n.*?```", lambda _: f"```csv\n{file.read_text(encoding='utf-8')}```", text, flags=re.DOTALL)
    return re.sub(rf"\$ {re.escape(ROLL)}\n.*?```", lambda _: f"{block}\n```", text, flags=re.DOTALL)


def readme_page(text: str) -> str:
    """Return the README with the tutorial's answer as it is now; the time it took is left out."""
    answer = tutorial().answer
    lines = [re.sub(r"[0-9.]+ s(?=;)", "... s", line) for line in answer.lines()]
    block = "\n".join(
        [
            SOLVE,
            *lines,
            *ask_for(lines, WIDTH),
            "written to results/tutorial; next: fabopt show results/tutorial --table orders",
        ]
    )
    return re.sub(rf"{re.escape(SOLVE)}\n.*?```", lambda _: f"{block}\n```", text, flags=re.DOTALL)


def schema_page() -> str:
    """Return the page that lists every field of an instance."""
    return f"{schema_markdown(Instance).rstrip()}\n\n{MADE}"


def mathematics_page() -> str:
    """Return the page of the model: columns, families with their records, objective, objectives in order."""
    parts = [
        "# The mathematics",
        MADE,
        MATHEMATICS,
    ]
    parts.append(section("Columns", "fabopt.model.columns"))
    for module in MODULES:
        own = module.__name__
        for place in dict.fromkeys([own, *(family.stated_in or own for family in module.FAMILIES)]):
            parts.append(section(title_of(place), place))
            parts += [family_text(family) for family in module.FAMILIES if (family.stated_in or own) == place]
    parts.append(section("Objective", "fabopt.model.objective"))
    parts.append(section("The objective of one party", "fabopt.model.payoff"))
    parts.append(section("Objectives in order", "fabopt.solve.objectives"))
    parts.append(section("From the incumbent to the plan", "fabopt.solve.finish"))
    parts.append(section("Several states", "fabopt.solve.stack"))
    parts.append(section("How a plan under states is judged", "fabopt.solve.risk"))
    parts.append(section("States one by one", "fabopt.solve.apart"))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def command_page() -> str:
    """Return the page of the command line, from its own help."""
    group = typer.main.get_command(app)
    text = get_docs_for_click(obj=group, ctx=typer.Context(group, info_name="fabopt"), name="fabopt")
    return f"{COMMANDS}{text[text.index(chr(10) + '## ') :].rstrip()}\n\n{MADE}"


def title_of(module: str) -> str:
    """Return the heading of a module: its name as words."""
    return module.rsplit(".", 1)[1].replace("_", " ").capitalize()


def section(title: str, module: str) -> str:
    """Return a module's docstring as a section of Markdown."""
    return f"## {title}\n\n{markdown(inspect.getdoc(import_module(module)) or '')}"


def family_text(family: Family) -> str:
    """Return what a family's record says."""
    relax = "may be relaxed to name a shortage" if family.soft else "is never relaxed"
    price = family.price_says.format(one="one more {unit}", name="{name}", period="{period}", unit="{unit}")
    return (
        f"**`{family.name}`** ({', '.join(family.index)}; {family.unit}; {relax})\n\n"
        f"- row: {family.says}\n- price: {price}"
    )


def markdown(text: str) -> str:
    """Turn the few forms of reStructuredText that docstrings use into Markdown."""
    text = re.sub(r":(?:mod|class|func|data|meth):`~?([^`]+)`", r"`\1`", text)
    text = re.sub(r":math:`([^`]+)`", r"$\1$", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    blocks = re.split(r"\n(?=\S)", text)
    lines: list[str] = []
    for block in blocks:
        lines += math_block(block) if block.startswith(".. math::") else [block]
    return tables("\n".join(lines))


def math_block(block: str) -> list[str]:
    """Return a display formula."""
    body = " ".join(line.strip() for line in block.removeprefix(".. math::").strip().splitlines())
    return ["$$", body, "$$", ""]


def tables(text: str) -> str:
    """Turn simple tables (columns ruled with ``===``) into Markdown tables."""
    lines, out = text.split("\n"), list[str]()
    n = 0
    while n < len(lines):
        if re.fullmatch(r"=+(?:  +=+)+ *", lines[n]):
            end = [k for k in range(n + 1, len(lines)) if re.fullmatch(r"=+(?:  +=+)+ *", lines[k])][1]
            out += table(lines[n : end + 1])
            n = end + 1
        else:
            out.append(lines[n])
            n += 1
    return "\n".join(out)


def table(lines: list[str]) -> list[str]:
    """Return one simple table as Markdown; a row without a first cell goes on from the one before."""
    starts = [found.start() for found in re.finditer(r"=+", lines[0])]
    ends = [*starts[1:], 1000]
    rows: list[list[str]] = []
    for line in [lines[1], *lines[3:-1]]:
        cells = [line[a:b].strip().replace("|", r"\|") for a, b in zip(starts, ends, strict=True)]
        if rows and not cells[0]:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    head, *body = rows
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in body),
    ]


def results_page() -> str:
    """Return the page of the tables of a result."""
    parts = [
        "# The tables of a result",
        MADE,
        RESULTS,
    ]
    parts += [table_text(spec) for spec in (*ALL_TABLES, COMPANIES)]
    parts.append(OF_COMPANIES)
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def table_text(spec: TableSpec) -> str:
    """Return one table: what a row is, and its columns."""
    rows = [f"| `{c.name}` | {c.kind} | {c.unit} | {c.says.replace('|', chr(92) + '|')} |" for c in spec.columns]
    return "\n".join(
        [
            f"## `{spec.group}/{spec.name}`",
            "",
            f"One row: {spec.says}.",
            "",
            "| column | kind | unit | meaning |",
            "|---|---|---|---|",
            *rows,
        ]
    )


def write_instance_page(folder: str) -> None:
    """Write what the page of an instance has of a plan, between its marks, and the picture of past and plan."""
    result = fabopt.load_result(folder)
    name = result.plan.run.instance
    result.save_chart(DOCS / f"{name}-past.svg", "past")
    page = DOCS / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    for mark, lines in instance_parts(result).items():
        begin, end = f"<!-- {mark}: written by docs/pages.py from a result -->", f"<!-- end of {mark} -->"
        before, rest = text.split(begin)
        text = "\n".join([before + begin, *lines, end + rest.split(end)[1]])
    page.write_text(text, encoding="utf-8")


def instance_parts(result: fabopt.Result) -> dict[str, list[str]]:
    """Return the parts of an instance's page that a plan fills, as lines by the name of their marks."""
    report = result.reconcile()
    held = report.table("expectations").itertuples(index=False)
    return {
        "figures": ["", *(line for text in report.said for line in (text, "")), *figures(report.records)],
        "expectations": [
            "",
            "| what is expected | | broken | most of all | why |",
            "|---|---|---|---|---|",
            *(
                f"| {e.name} | {'holds' if e.holds else 'broken'} | {e.broken} of {e.looked_at} | {e.worst} | "
                f"{'' if e.holds else e.why or 'not explained'} |"
                for e in held
            ),
            "",
        ],
    }


def figures(records: Reconciled) -> Iterator[str]:
    """Yield the tables of inputs and outcomes."""
    for role, title in (("input", "Inputs, read back"), ("outcome", "Outcomes of the plan")):
        yield from (f"**{title}**", "", "| figure | when | unit | has | published | range | | why |")
        yield "|---|---|---|---|---|---|---|---|"
        for row in records.of(role):
            when = row.since if row.since == row.until else f"{row.since} to {row.until}"
            where = "" if row.inside else "below" if row.missed < 0 else "above"
            why = "" if row.inside else row.why or "not explained"
            ends = f"{amount(row.low)} to {amount(row.high)}"
            yield (
                f"| {row.name} | {when} | {row.unit} | {amount(row.planned)} | {amount(row.published)} | {ends} | "
                f"{where} | {why} |"
            )
        yield ""


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_instance_page(sys.argv[1])
        sys.exit()
    for name, text in pages().items():
        (DOCS / name).write_text(text(), encoding="utf-8")
