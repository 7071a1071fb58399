"""Prints the tables of docs/backcast.md: solves instances/backcast and holds its plans against what happened.

Run as ``python docs/backcast.py`` from the folder of the project; it takes half a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

import fabopt

BACKCAST = Path(__file__).parents[1] / "instances" / "backcast"
FITS = ("fit-2023", "fit-2024", "fit-2024-rule")
YEARS = ("2023", "2024", "2025")


def main() -> None:
    """Print all tables as Markdown."""
    results = {name: fabopt.load(BACKCAST, scenario=name).solve() for name in FITS}
    report = results["fit-2023"].reconcile()
    predictions = report.as_dict()["predictions"]
    print(*_predicted(predictions), "", *_skill(predictions), "", sep="\n")
    rows = {row.id: row for row in report.records.rows}
    names = ("nvidia-2024", "google-2024", "amd-2024", "aws-2024", "all-2024")
    print("| of 2024 | predicted | happened | 5 to 95 % |", "|---|---|---|---|", sep="\n")
    for name in names:
        row = rows[name]
        numbers = f"{row.planned:,.0f} | {row.published:,.0f} | {row.low:,.0f}-{row.high:,.0f}"
        print(f"| {name.removesuffix('-2024')} | {numbers} |")
    print()
    tables = {name: _shipped(result) for name, result in results.items()}
    for by in ("designer", ["designer", "chip"]):
        print(*_side_by_side(tables, by), "", sep="\n")
    print(*_power(results), sep="\n")


def _predicted(predictions: list[dict[str, Any]]) -> Iterator[str]:
    yield "| thousand, or MW | predicted | happened | last year | last year's mix |\n|---|---|---|---|---|"
    for one in predictions:
        for row in one["rows"]:
            mix = "-" if row["mix"] is None or len(one["rows"]) == 1 else f"{row['mix']:,.0f}"
            yield f"| {row['id']} | {row['planned']:,.0f} | {row['published']:,.0f} | {row['before']:,.0f} | {mix} |"


def _skill(predictions: list[dict[str, Any]]) -> Iterator[str]:
    yield "| prediction | errors | of last year's volumes | skill | of last year's mix | skill |"
    yield "|---|---|---|---|---|---|"
    for one in predictions:
        volume = f"{one['error']:,.0f} | {one['volume_error']:,.0f} | {one['volume_skill']:.2f}"
        mix = "- | -" if one["mix_skill"] is None else f"{one['mix_error']:,.0f} | {one['mix_skill']:.2f}"
        yield f"| {one['name']} | {volume} | {mix} |"


def _shipped(result: fabopt.Result) -> pd.DataFrame:
    shipped = result.table("shipments")
    shipped["year"] = shipped["period"].str[:4]
    return shipped[shipped["year"].isin(YEARS)]


def _side_by_side(tables: dict[str, pd.DataFrame], by: str | list[str]) -> Iterator[str]:
    columns = [("fit-2023", "2024"), ("fit-2023", "2025"), ("fit-2024", "2025"), ("fit-2024-rule", "2025")]
    heads = "| thousand | " + " | ".join(f"{year}, {fit}" for fit, year in columns) + " |"
    yield heads + "\n|" + "---|" * (1 + len(columns))
    found = {
        (fit, year): table[table["year"] == year].groupby(by)["kaccelerator"].sum()
        for fit, table in tables.items()
        for year in YEARS
    }
    for name in sorted({name for part in found.values() for name in part.index}):
        numbers = [found[column].get(name, 0.0) for column in columns]
        if max(numbers) >= 0.5:
            shown = name if isinstance(name, str) else name[-1]
            yield f"| {shown} | " + " | ".join(f"{number:,.0f}" for number in numbers) + " |"


def _power(results: dict[str, fabopt.Result]) -> Iterator[str]:
    yield "| GW of facility power in use, last quarter | " + " | ".join(YEARS) + " |\n|---|" + "---|" * len(YEARS)
    for name, result in results.items():
        power = result.table("power")
        used = [power[power["period"] == f"{year}Q4"]["used"].sum() / 1000.0 for year in YEARS]
        yield f"| {name} | " + " | ".join(f"{number:.1f}" for number in used) + " |"


if __name__ == "__main__":
    main()
