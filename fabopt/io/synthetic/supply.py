"""What a made-up chain makes: scanners, nodes, fabs, memory, packaging lines, substrates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fabopt.io.synthetic.shape import Dice, Shape, assumed, rising

Section = dict[str, dict[str, Any]]

REGIONS = ("taiwan", "korea", "usa", "japan", "europe", "gulf")
START, END = "2027Q1", "end-2033"
_EUV, _ARF = 50.0, 100.0  # thousand exposures a month and tool


@dataclass(frozen=True)
class Supply:
    """Sections of the supply side, and what the other side refers to.

    Attributes
    ----------
    sections
        The sections by name.
    runs
        Logic fabs by the node that they run.
    technologies
        Packaging technologies that a line has.
    generations
        Generations of HBM, oldest first.
    """

    sections: dict[str, Section]
    runs: dict[str, list[str]]
    technologies: list[str]
    generations: list[str]


def supply(shape: Shape, seed: int, designers: list[str]) -> Supply:
    """Return the supply side: `designers` are those whose memory is qualified."""
    memory = max(1, shape.fabs // 4)
    logic = shape.fabs - memory
    nodes = _nodes(seed, min(8, max(1, logic // 3)), min(4, max(1, memory // 2)))
    fabs, runs = _fabs(shape, seed, logic, nodes)
    generations = [f"hbm-{number + 1}" for number in range(min(5, 1 + shape.chips // 10))]
    lines, technologies = _lines(seed, max(1, shape.fabs // 4))
    sections: dict[str, Section] = {
        "scanners": _scanners(seed, shape.fabs),
        "nodes": nodes,
        "fabs": fabs,
        "hbm": {gen: _generation(place, len(generations)) for place, gen in enumerate(generations)},
        "memory_makers": _makers(seed, fabs, nodes, generations, designers),
        "packaging_lines": lines,
        "components": _substrates(seed, max(1, shape.fabs // 12)),
    }
    return Supply(sections, runs, technologies, generations)


def _scanners(seed: int, fabs: int) -> Section:
    dice = Dice(seed, "scanners")
    classes: Section = {}
    kinds = (("euv", "EUV scanner", _EUV, 220.0), ("arf-immersion", "Immersion scanner", _ARF, 95.0))
    for name, title, passes, price in kinds:
        first = min(160.0, max(8.0, 4.0 * fabs))
        classes[name] = {
            "name": title,
            "maker": "scanner-maker",
            "throughput": assumed(dice.between(180, 280), "exposure/h"),
            "availability": assumed(dice.between(0.75, 0.85), "1", 0.1),
            "passes": assumed(passes, "kexposure/month"),
            "price": assumed(price, "MUSD/tool", 0.2),
            "output": rising({START: first, END: min(169.0, 1.5 * first)}, "tool/year"),
            "reserved": assumed(3.0, "tool/year"),
            "delivery_lead": assumed(dice.between(12, 18), "month"),
            "qualification_lead": assumed(dice.between(4, 8), "month"),
            "life": assumed(10.0, "year"),
        }
    return classes


def _nodes(seed: int, logic: int, memory: int) -> Section:
    nodes: Section = {}
    for place in range(logic):
        dice, age = Dice(seed, f"node {place}"), place / max(1, logic - 1)
        nodes[f"logic-{place + 1}"] = {
            "name": f"Logic {place + 1}",
            "kind": "logic",
            "exposures": {"euv": float(round(12 + 15 * age)), "arf-immersion": float(dice.whole(22, 34))},
            "cycle_time": assumed(dice.between(2.8, 3.6), "month", 0.2),
            "wafer_price": assumed(round(16_000 + 29_000 * age, -2), "USD/wafer"),
            "gross_margin": assumed(dice.between(0.46, 0.56), "1", 0.15),
            "depreciation": assumed(0.2, "1", 0.3),
            "defect_density": rising({START: 0.1 + 0.2 * age, END: 0.08}, "1/cm2"),
        }
    for place in range(memory):
        dice = Dice(seed, f"memory node {place}")
        nodes[f"dram-{place + 1}"] = {
            "name": f"DRAM {place + 1}",
            "kind": "dram",
            "exposures": {"euv": float(dice.whole(2, 6)), "arf-immersion": float(dice.whole(22, 30))},
            "cycle_time": assumed(dice.between(2.8, 3.6), "month", 0.2),
            "wafer_price": assumed(dice.between(5_000, 8_000), "USD/wafer"),
            "gross_margin": assumed(dice.between(0.3, 0.5), "1", 0.3),
            "depreciation": assumed(0.2, "1", 0.3),
            "bits_per_wafer": assumed(dice.between(1_200, 2_400), "GB/wafer"),
        }
    return nodes


def _fabs(shape: Shape, seed: int, logic: int, nodes: Section) -> tuple[Section, dict[str, list[str]]]:
    """Return the fabs, and which logic fabs run each node: a fab runs one, now and then the next one too."""
    fabs: Section = {}
    runs: dict[str, list[str]] = {name: [] for name, node in nodes.items() if node["kind"] == "logic"}
    of_logic, of_memory = list(runs), [name for name in nodes if name not in runs]
    for place in range(shape.fabs):
        dice, is_logic = Dice(seed, f"fab {place}"), place < logic
        rank = place if is_logic else place - logic
        kinds = of_logic if is_logic else of_memory
        ran = [kinds[rank % len(kinds)]]
        if is_logic and dice.chance(0.3) and rank % len(kinds) + 1 < len(kinds):
            ran.append(kinds[rank % len(kinds) + 1])
        name = f"fab-{place + 1}"
        for node in ran if is_logic else ():
            runs[node].append(name)
        owners = max(1, logic // 3) if is_logic else max(1, (shape.fabs - logic + 1) // 2)
        owner = f"{'foundry' if is_logic else 'memory'}-{1 + dice.pick(range(owners), 1.0)}"
        starts = dice.between(40, 150) if is_logic else dice.between(150, 400)
        fabs[name] = {
            "name": f"Fab {place + 1}",
            "owner": owner,
            "region": dice.pick(REGIONS, 0.7),
            "nodes": ran,
            "wafer_starts": assumed(starts, "kwafer/month", 0.2),
            "scanners": _fleet(nodes[ran[0]]["exposures"], starts),
            "free_space": assumed(float(dice.whole(0, 6)), "1"),
            "expansion": {
                "step": assumed(20.0, "kwafer/month"),
                "space": float(dice.whole(4, 16)),
                "cost": assumed(dice.between(2_000, 7_000), "MUSD"),
                "lead": assumed(float(dice.whole(24, 36)), "month"),
                "ramp": [0.25, 0.5, 0.75, 1],
                "max_steps": dice.whole(1, 4),
            },
        }
    return fabs, runs


def _fleet(exposures: dict[str, float], starts: float) -> dict[str, Any]:
    """Return the scanners that do the exposures of the opening starts, nine tenths of what they can."""
    each = {"euv": (_EUV, 66), "arf-immersion": (_ARF, 147)}
    tools = {name: min(each[name][1], max(1, round(per * starts / each[name][0]))) for name, per in exposures.items()}
    return {name: {"opening": float(number), "utilisation": 0.9} for name, number in tools.items()}


def _generation(place: int, number: int) -> dict[str, Any]:
    age = place / max(1, number - 1)
    return {
        "name": f"HBM {place + 1}",
        "capacity": assumed(float(round(24 + 24 * age)), "GB/stack", 0.0),
        "core_dies": float(8 + 4 * round(2 * age)),
        "price": assumed(250 + 500 * age, "USD/stack"),
        "gross_margin": assumed(0.6, "1", 0.2),
        "depreciation": assumed(0.12, "1"),
    }


def _makers(seed: int, fabs: Section, nodes: Section, generations: list[str], designers: list[str]) -> Section:
    """Return the HBM makers, one a DRAM fab: each makes some generations, each has qualified some designers."""
    plants = [name for name, fab in fabs.items() if nodes[fab["nodes"][0]]["kind"] == "dram"]
    makers: Section = {}
    for place, plant in enumerate(plants):
        dice = Dice(seed, f"maker {place}")
        made = {gen for at, gen in enumerate(generations) if at % len(plants) == place or dice.chance(0.7)}
        made = made or {generations[-1]}
        makers[f"hbm-maker-{place + 1}"] = {
            "name": f"HBM maker {place + 1}",
            "owner": fabs[plant]["owner"],
            "region": fabs[plant]["region"],
            "fab": plant,
            "node": fabs[plant]["nodes"][0],
            "stacking": assumed(dice.between(40, 160), "kwafer/month"),
            "stacking_time": assumed(2.6, "month", 0.2),
            "expansion": {
                "step": assumed(20.0, "kwafer/month"),
                "cost": assumed(1_500.0, "MUSD"),
                "lead": assumed(21.0, "month"),
                "ramp": [0.5, 1],
                "max_steps": dice.whole(2, 6),
            },
            "offers": {
                gen: {"good_dies": dice.between(305, 354), "stack_yield": dice.between(0.55, 0.85)}
                for gen in generations
                if gen in made
            },
            "qualified": {},
            "opening_share": {},
        }
    for at, designer in enumerate(designers):
        _qualify(Dice(seed, f"memory of {designer}"), makers, designer, at)
    return makers


def _qualify(dice: Dice, makers: Section, designer: str, at: int) -> None:
    """Qualify a designer at one maker of each generation at least, and share its memory in work between the first."""
    names = list(makers)
    known = {names[at % len(names)], *(name for name in names if dice.chance(0.3))}
    generations = dict.fromkeys(gen for maker in makers.values() for gen in maker["offers"])
    for gen in generations:
        if not any(gen in makers[name]["offers"] for name in known):
            known.add(next(name for name in names if gen in makers[name]["offers"]))
    listed = [name for name in names if name in known]
    for name in listed:
        makers[name]["qualified"][designer] = dict.fromkeys(makers[name]["offers"], "2025Q1")
    shares = {listed[0]: 1.0} if len(listed) == 1 else {listed[0]: 0.6, listed[1]: 0.4}
    for name, share in shares.items():
        makers[name]["opening_share"][designer] = share


def _lines(seed: int, number: int) -> tuple[Section, list[str]]:
    """Return the packaging lines, each with one technology or two, and the technologies."""
    kinds = [f"interposer-{kind}" for kind in ("a", "b", "c")[: min(3, number)]]
    lines: Section = {}
    for place in range(number):
        dice = Dice(seed, f"line {place}")
        own = kinds[place % len(kinds)]
        more = [kind for kind in kinds if kind != own and dice.chance(0.3)]
        first = dice.between(15, 110)
        lines[f"line-{place + 1}"] = {
            "name": f"Packaging line {place + 1}",
            "owner": "foundry-1" if place == 0 else f"packager-{1 + dice.pick(range(max(1, number // 2)), 1.0)}",
            "region": dice.pick(REGIONS, 0.7),
            "technologies": [own, *more],
            "capacity": rising({START: first, "end-2029": 1.3 * first}, "kwafer/month"),
            "wafer_price": assumed(dice.between(9_000, 11_000), "USD/wafer"),
            "gross_margin": assumed(dice.between(0.25, 0.5), "1"),
            "depreciation": assumed(0.15, "1"),
            "interposer_yield": assumed(dice.between(0.93, 0.98), "1", 0.1, most=0.99),
            "interposer_time": assumed(dice.between(1.0, 1.5), "month"),
            "assembly_time": assumed(dice.between(1.0, 1.25), "month"),
            "expansion": {
                "step": assumed(float(dice.whole(10, 15)), "kwafer/month"),
                "cost": assumed(dice.between(900, 1_500), "MUSD"),
                "lead": assumed(15.0, "month"),
                "ramp": [0.5, 1],
                "max_steps": dice.whole(2, 6),
            },
        }
    return lines, kinds


def _substrates(seed: int, makers: int) -> Section:
    parts: Section = {}
    for name, price in (("abf-standard", 120.0), ("abf-large", 290.0)):
        sources: Section = {}
        for place in range(makers):
            dice = Dice(seed, f"{name} {place}")
            sources[f"laminates-{place + 1}"] = {
                "owner": f"laminates-{place + 1}",
                "region": dice.pick(REGIONS, 0.7),
                "capacity": assumed(dice.between(450, 3_000), "ksubstrate/month"),
                "price": assumed(price, "USD/substrate"),
                "gross_margin": 0.3,
                "depreciation": 0.15,
                "lead": assumed(3.0, "month"),
                "expansion": {
                    "step": assumed(150.0, "ksubstrate/month"),
                    "cost": assumed(dice.between(600, 1_000), "MUSD"),
                    "lead": assumed(24.0, "month"),
                    "max_steps": 4,
                },
            }
        title = "Standard substrate" if name == "abf-standard" else "Large substrate"
        parts[name] = {"name": title, "unit": "substrate", "group": "packaging", "sources": sources}
    return parts
