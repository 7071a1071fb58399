"""Small instances whose values at any setting are worked by hand, and results brought back to life."""

from __future__ import annotations

from pathlib import Path

import fabopt
from fabopt.plan.plan import Plan

INSTANCES = Path(__file__).parents[2] / "instances"

SHOP = """
about: {{title: shop}}
horizon: {{start: '2027', periods: 1, period: year, discount_rate: 0}}
network:
  materials: {{goods: {{unit: piece}}}}
  resources: {{line: {{kind: level, unit: piece, capacity: {line}}}}}
  activities:
    make: {{unit: piece, cost: {cost}, outputs: {{goods: {{amount: 1}}}}, uses: {{line: {{amount: 1}}}}}}
  units: {units}
  demands: {{shop: {{material: goods, quantity: {wanted}, value: {value}}}}}
"""

TOOL = "{{tool: {{unit: tool, total: 1, cost: {cost}, adds: {{line: {{amount: 4}}}}}}}}"


def spread(value: float, low: float, high: float) -> str:
    """A number with a range as an instance states it."""
    return f"{{value: {value}, low: {low}, high: {high}}}"


def shop(
    folder: Path, *, line: str = "6", cost: str = "1", wanted: str = "10", value: str = "5", tool: str = ""
) -> Path:
    """Goods cost 1 and sell at 5, ten are wanted, six can be made; a tool may add four."""
    units = TOOL.format(cost=tool) if tool else "{}"
    path = folder / "instance.yaml"
    path.write_text(SHOP.format(line=line, cost=cost, wanted=wanted, value=value, units=units), encoding="utf-8")
    return folder


def source(path: Path, **options: object) -> Plan:
    """The solved plan of an instance."""
    return fabopt.load(path).solve(threads=1, **options).plan
