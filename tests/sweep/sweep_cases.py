"""A shop whose value at any setting is worked by hand, and sweeps of it."""

from __future__ import annotations

from pathlib import Path

INSTANCES = Path(__file__).parents[2] / "instances"

SHOP = """
about: {title: shop}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: {value: 6, low: 3, high: 12}}}
  activities:
    make: {unit: piece, cost: {value: 1, low: 1, high: 2}, outputs: {goods: 1}, uses: {line: 1}}
  demands: {shop: {material: goods, quantity: 10, value: {value: 5, low: 4, high: 7}}}
scenarios:
  busy: {set: {network.demands.shop.quantity: 20}}
"""
"""Six goods can be made at 1 and sold at 5; ten are wanted, twenty when busy."""

LINE, COST, VALUE = "network.resources.line.capacity", "network.activities.make.cost", "network.demands.shop.value"
WANTED = "network.demands.shop.quantity"


def shop(folder: Path, text: str = SHOP) -> Path:
    """The shop as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return folder


def worth(row: object) -> float:
    """What the shop earns in a row of a sweep that moves line, cost and value."""
    wanted = 20 if row["scenario"] == "busy" else 10
    return min(row[LINE], wanted) * max(row[VALUE] - row[COST], 0.0)
