"""A small plant as an instance whose money and quantities are counted in other units."""

from __future__ import annotations

from pathlib import Path

PLANT = """
horizon: {{start: 2027, periods: 4, period: year}}
network:
  resources:
    press: {{capacity: {press}}}
    oven: {{capacity: {oven}}}
    yard: {{capacity: {yard}}}
  materials:
    ore: {{receipts: {ore}, carrying_cost: {carry}}}
    plate: {{carrying_cost: {carry}}}
    tile: {{}}
  activities:
    roll: {{inputs: {{ore: 2}}, outputs: {{plate: 1}}, uses: {{press: 1}}, cost: {roll}}}
    bake: {{inputs: {{ore: 1}}, outputs: {{tile: 1}}, uses: {{oven: 1.5, press: 0.25}}, cost: {bake}}}
    kiln: {{outputs: {{tile: 1}}, cost: {kiln}, lower: {least}, upper: {most}, on_off: {{fixed_cost: {fixed}}}}}
  units:
    more-press: {{adds: {{press: {adds}}}, lead: 1, cost: {tool}, upper: 2}}
  demands:
    plate: {{quantity: {plates}, value: {plate}}}
    tile: {{quantity: {tiles}, value: {tile}}}
"""
QUANTITIES = {
    "press": 30, "oven": 36, "yard": 500, "ore": 80, "least": 2, "most": 5, "adds": 7, "plates": 60, "tiles": 31,
}  # fmt: skip
PRICES = {"carry": 0.25, "roll": 1.5, "bake": 2.25, "kiln": 6.5, "plate": 12.5, "tile": 9.75}
SUMS = {"fixed": 8, "tool": 41}


def plant(folder: Path, money: float = 1.0, quantity: float = 1.0, **changed: float) -> Path:
    """Write the plant; ``changed`` are multiples of single numbers."""
    unit = dict.fromkeys(QUANTITIES, quantity) | dict.fromkeys(PRICES, money / quantity) | dict.fromkeys(SUMS, money)
    said = {name: repr(n * unit[name] * changed.get(name, 1.0)) for name, n in (QUANTITIES | PRICES | SUMS).items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "instance.yaml"
    path.write_text(PLANT.format(**said))
    return path
