"""Whose chips a made-up chain makes and who buys them; the chain as a whole, and the files that hold it."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from fabopt.domain.calendar import Calendar, parse_when
from fabopt.io.folder import check_new, yaml_text
from fabopt.io.problems import InstanceError, Problem
from fabopt.io.swap import write_folder
from fabopt.io.synthetic.shape import Dice, Shape, assumed, rising
from fabopt.io.synthetic.supply import END, REGIONS, START, Section, Supply, supply
from fabopt.io.tree import INSTANCE_FILE

WORK = {"pretraining": 1.0, "rl": 0.95, "prefill": 1.0, "decode": 1.15}
"""Workloads with what an hour is worth beside the reference price."""

_TABLES = 4
"""Entries from which a section is a CSV table: it reads several times faster than YAML, and opens in a spreadsheet."""


def synthetic_tree(shape: Shape, seed: int = 0) -> dict[str, Any]:
    """Return a made-up chain as plain data: sections by name.

    Its numbers lie within the ranges of the world's chain (``instances/frontier``), all assumptions. Who has what to
    do with whom is as sparse as there: a fab runs a node or two, a chip takes one die, one memory and one technology,
    a maker has qualified some designers, a lab uses few of them, and most of the large ones are used by many.

    Parameters
    ----------
    shape
        Numbers of chips, fabs, labs and periods.
    seed
        Of the draws: equal seeds give equal chains.
    """
    designers = [f"designer-{place + 1}" for place in range(max(1, round(shape.chips / 5)))]
    made = supply(shape, seed, designers)
    owned = {name: _owner(seed, place, shape.labs) for place, name in enumerate(designers)}
    dies, chips = _chips(shape, seed, designers, made)
    labs, sites = _labs(shape, seed, owned, chips)
    sections: dict[str, Any] = {
        "about": {
            "title": f"Synthetic: {shape.chips} chips, {shape.fabs} fabs, {shape.labs} labs, {shape.periods} quarters",
            "description": f"Drawn with the seed {seed} to measure with; every number is an assumption and "
            "says nothing about any company.",
        },
        "horizon": _horizon(shape),
        **made.sections,
        "designers": {
            name: {"name": name.replace("-", " ").capitalize(), "region": REGIONS[place % 5]}
            | ({} if owned[name] is None else {"lab": owned[name]})
            for place, name in enumerate(designers)
        },
        "dies": dies,
        "chips": chips,
        "workloads": {
            name: {"name": name.capitalize(), "price_ratio": ratio, "synchronised": name == "pretraining"}
            for name, ratio in WORK.items()
        },
        "demand_curve": {
            "reference_price": rising({START: 2.35, "end-2028": 1.35, END: 0.65}, "USD/H100e/h"),
            "elasticity": assumed(1.3, "1"),
            "breaks": [0.4, 0.7, 1, 1.4, 2, 3],
        },
        "labs": labs,
        "sites": sites,
        "markets": _markets(shape, seed, made),
    }
    return sections


def _horizon(shape: Shape) -> dict[str, Any]:
    """Return the horizon; the last fifth is not reported, so that the end does not distort what is."""
    calendar = Calendar(parse_when(START), ((shape.periods, "quarter"),))
    return {
        "start": START,
        "periods": shape.periods,
        "reported_until": calendar.label(shape.periods - 1 - shape.periods // 5),
        "discount_rate": assumed(0.1, "1"),
        "scanners_whole": "never",
    }


def _owner(seed: int, place: int, labs: int) -> str | None:
    """Return the lab that a designer belongs to, if it does: every third one designs for a lab of its own."""
    dice = Dice(seed, f"owner {place}")
    return f"lab-{1 + dice.whole(0, labs - 1)}" if place % 3 == 2 else None


def _chips(shape: Shape, seed: int, designers: list[str], made: Supply) -> tuple[Section, Section]:
    """Return dies and chips: of each designer one after the other, each better than the one before."""
    dies: Section = {}
    chips: Section = {}
    calendar = Calendar(parse_when(START), ((shape.periods, "quarter"),))
    nodes = list(made.runs)
    for place in range(shape.chips):
        dice, at = Dice(seed, f"chip {place}"), place % len(designers)
        turn, turns = divmod(place, len(designers))[0], -(-(shape.chips - at) // len(designers))
        quarter = round(0.7 * shape.periods * turn / turns)
        age = turn / max(1, turns - 1)
        node = nodes[min(len(nodes) - 1, int(age * len(nodes)))] if turn else dice.pick(nodes, 0.5)
        plants = dice.some(made.runs[node], dice.whole(1, 2), 0.5)
        asic, sram = at % 3 == 2, dice.chance(0.08)
        dies[f"die-{place + 1}"] = {
            "name": f"Die {place + 1}",
            "designer": designers[at],
            "node": node,
            "area": assumed(dice.between(300, 820), "mm2", 0.0),
            "harvest": assumed(dice.between(0.2, 0.55), "1", 0.2),
            "fabs": {plant: {"opening_share": 0.0 if nth else 1.0} for nth, plant in enumerate(plants)},
        }
        power = dice.between(0.5, 1.2) if sram else dice.between(0.8, 2.2)
        best = min(37.0, power * (2.0 if sram else 2.6) * 1.25 ** (quarter / 4) * dice.between(0.8, 1.2))
        chips[f"chip-{place + 1}"] = {
            "name": f"Chip {place + 1}",
            "designer": designers[at],
            "kind": "sram" if sram else "asic" if asic else "gpu",
            "boms": {"main": _bom(dice, f"die-{place + 1}", sram, made, age)},
            "available": None if turn == 0 else calendar.label(quarter),
            "last_start": None if quarter + 12 >= shape.periods else calendar.label(quarter + 12),
            "assembly_yield": assumed(dice.between(0.95, 0.99), "1", 0.03, most=1.0),
            "assembly_time": assumed(dice.between(1.0, 2.0) if sram else 0.0, "month"),
            "assembly_cost": assumed(dice.between(300, 3_000), "USD/package"),
            "running_rate": 0.0 if turn else assumed(dice.between(2, 40), "kpackage/month"),
            "price": assumed(round(max(5_000.0, best * (3_000 if asic else 7_000)), -2), "USD/accelerator"),
            "system_cost": assumed(dice.between(3_500, 12_000), "USD/accelerator"),
            "it_power": assumed(power, "kW/accelerator", 0.15),
            "operating_cost": assumed(float(round(250 * power)), "USD/accelerator/year"),
            "performance": _performance(dice, best, sram),
        }
    return dies, chips


def _bom(dice: Dice, die: str, sram: bool, made: Supply, age: float) -> dict[str, Any]:
    if sram:
        return {"dies": {die: 1}, "components": {"abf-standard": 1}}
    generation = made.generations[min(len(made.generations) - 1, int(age * len(made.generations)))]
    pair = dice.chance(0.6)
    return {
        "dies": {die: 2 if pair else 1},
        "hbm": {generation: dice.pick((8, 12) if pair else (4, 6, 8))},
        "components": {"abf-large" if pair else "abf-standard": 1},
        "technology": dice.pick(made.technologies, 0.5),
        "packages_per_wafer": assumed(float(dice.whole(8, 16) if pair else dice.whole(16, 36)), "package/wafer"),
    }


def _performance(dice: Dice, best: float, sram: bool) -> dict[str, float]:
    """Return H100 equivalents by workload; what holds its memory on the die only serves."""
    served = ("prefill", "decode") if sram else tuple(WORK)
    return {name: float(f"{max(0.45, best * dice.between(0.7, 1.0)):.3g}") for name in served}


def _labs(shape: Shape, seed: int, owned: Mapping[str, str | None], chips: Section) -> tuple[Section, Section]:
    """Return labs and their sites: few large ones and many small ones, each with a few designers."""
    labs: Section = {}
    sites: Section = {}
    open_to_all = [name for name, lab in owned.items() if lab is None]
    standing: dict[str, str] = {}
    for name, chip in chips.items():
        if chip["available"] is None:
            standing.setdefault(chip["designer"], name)
    for place in range(shape.labs):
        dice, lab = Dice(seed, f"lab {place}"), f"lab-{place + 1}"
        size = max(1_100.0, 8_000.0 / (place + 1) ** 0.5 * dice.between(0.7, 1.3))
        used = dice.some(open_to_all, dice.whole(1, 3), 1.0) + [name for name, whose in owned.items() if whose == lab]
        here = [f"site-{place + 1}-{number + 1}" for number in range(2 if place < 3 or dice.chance(0.3) else 1)]
        first = next((standing[name] for name in used if name in standing), None)
        for number, site in enumerate(here):
            power = max(330.0, float(f"{0.5 * size / len(here) * dice.between(0.8, 1.2):.3g}"))
            sites[site] = _site(dice, lab, number, power)
        fleet = {
            site: {first: float(f"{0.6 * sites[site]['power']['linear'][START] / 1.3 / _draw(chips[first]):.3g}")}
            for site in here
            if first is not None
        }
        budget = min(250_000.0, max(36_000.0, 12.0 * size))
        labs[lab] = {
            "name": f"Lab {place + 1}",
            "region": dice.pick(REGIONS[2:], 0.7),
            "designers": dict.fromkeys(used, "2025Q1"),
            "demand": {
                "total": rising({START: size, "end-2029": 4 * size, END: min(240_000.0, 10 * size)}, "kH100e"),
                "split": {"pretraining": 0.2, "rl": 0.1, "prefill": 0.25, "decode": 0.45},
            },
            "budget": rising({START: budget, "end-2030": 1.8 * budget}, "MUSD/year"),
            "fleet": fleet,
        }
    return labs, sites


def _draw(chip: Mapping[str, Any]) -> float:
    """Return the IT power of an accelerator, kW."""
    return float(chip["it_power"]["value"])


def _site(dice: Dice, lab: str, number: int, power: float) -> dict[str, Any]:
    return {
        "name": f"{lab.replace('-', ' ').capitalize()}, site {number + 1}",
        "lab": lab,
        "region": dice.pick(REGIONS[2:], 0.7),
        "power": rising({START: power, "end-2028": min(20_000.0, 2.5 * power)}, "MW"),
        "pue": assumed(dice.between(1.1, 1.3), "1", 0.05),
        "energy_price": assumed(float(dice.whole(60, 95)), "USD/MWh"),
        "synchronised_share": assumed(dice.between(0.6, 1.0), "1", 0.2, most=1.0),
        "expansion": {
            "curve": {"100": assumed(1_240.0, "MUSD"), "1000": assumed(5_400.0, "MUSD")},
            "lead": assumed(24.0, "month"),
            "ramp": [0.5, 1],
            "growth": 0.6,
            "order_every": 2,
        },
    }


def _markets(shape: Shape, seed: int, made: Supply) -> Section:
    """Return the other buyers: of wafers from a few fabs of a node, and of the memory of each DRAM fab."""
    markets: Section = {}
    for place, (node, plants) in enumerate(made.runs.items()):
        dice = Dice(seed, f"market {place}")
        served = dice.some(plants, dice.whole(1, 3), 0.3)
        markets[f"others-{place + 1}"] = {
            "name": f"Other buyers of {node.replace('-', ' ')}",
            "fabs": dict.fromkeys(served, node),
            "quantity": assumed(dice.between(30, 60) * len(served) ** 0.5, "kwafer/month"),
            "elasticity": assumed(dice.between(0.3, 0.6), "1"),
        }
    for place, maker in enumerate(made.sections["memory_makers"].values()):
        dice = Dice(seed, f"memory market {place}")
        markets[f"memory-{place + 1}"] = {
            "name": f"Memory of fab {place + 1}",
            "fabs": {maker["fab"]: maker["node"]},
            "bits": assumed(dice.between(160, 320), "PB/month"),
            "bit_price": rising({START: dice.between(8, 14), END: dice.between(4, 8)}, "USD/GB"),
            "elasticity": assumed(dice.between(0.3, 0.6), "1"),
        }
    return markets


def synthetic_files(shape: Shape, seed: int = 0) -> dict[str, str]:
    """Return the files of a made-up chain by name: ``instance.yaml``, and a CSV table for each larger section."""
    top: dict[str, Any] = {}
    tables: dict[str, str] = {}
    files: dict[str, str] = {}
    for name, section in synthetic_tree(shape, seed).items():
        entries = isinstance(section, dict) and len(section) >= _TABLES
        if entries and all(isinstance(entry, dict) for entry in section.values()) and name != "about":
            tables[name] = f"{name}.csv"
            files[tables[name]] = _table(section)
        else:
            top[name] = section
    about, horizon = top.pop("about"), top.pop("horizon")
    head = {"about": about, "tables": tables, "horizon": horizon}
    return {INSTANCE_FILE: yaml_text({key: value for key, value in {**head, **top}.items() if value}), **files}


def write_synthetic(path: Path, shape: Shape, seed: int = 0) -> None:
    """Write a made-up chain as the folder of an instance.

    Raises
    ------
    InstanceError
        When the folder holds something, or cannot be written.
    """
    check_new(path)
    files = {name: text.encode() for name, text in synthetic_files(shape, seed).items()}
    try:
        write_folder(path, INSTANCE_FILE, files)
    except OSError as error:
        raise InstanceError([Problem("", None, "", f"{path} cannot be made: {error.strerror or error}")]) from error


def _table(section: Section) -> str:
    """Return a section as CSV: numbers with their range in columns, what is nested deeper as a mapping in a cell."""
    rows = [{"id": name, **_cells(entry)} for name, entry in section.items()]
    header = list(dict.fromkeys(column for row in rows for column in row))
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row.get(column, "") for column in header] for row in rows)
    return stream.getvalue()


def _cells(entry: Mapping[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and "value" in value:
            cells |= {f"{name}.{key}": _cell(part) for key, part in value.items()}
        elif value not in ({}, None):
            cells[name] = _cell(value)
    return cells


def _cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
