"""Every limit of an instance has its data: the field, the file, the line."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt
from fabopt.domain.kinds import KINDS, ROLES
from fabopt.model.tables import model_tables
from fabopt.network.places import field_of, place_of

INSTANCES = Path(__file__).resolve().parents[2] / "instances"


@pytest.mark.parametrize("name", ["tutorial", "frontier", "gigawatt", "textbook/dakota"])
def test_every_limit_of_the_instances_is_found_in_their_files(name: str) -> None:
    instance = fabopt.load(INSTANCES / name)
    levers = instance.data.model_dump(mode="json", by_alias=True)
    for limit in model_tables(instance.network).limits:
        field = field_of(instance.network, limit.family, limit.entity)
        assert field, limit.entity
        node = levers
        for part in field.split("."):
            assert part in node, (limit.entity, field)
            node = node[part]
        place = place_of(instance.network, instance.data, instance._tree.positions, limit.family, limit.entity)
        assert place is not None
        assert place.line is not None


@pytest.mark.parametrize("name", ["tutorial", "frontier"])
def test_every_record_of_a_chain_says_its_kind_its_role_and_a_field_of_the_instance(name: str) -> None:
    instance = fabopt.load(INSTANCES / name)
    net, data = instance.network, instance.data.model_dump(mode="json", by_alias=True)
    things = (*net.materials, *net.activities, *net.resources, *net.units, *net.demands)
    for record in (*things, *net.budgets, *net.groups, *net.whole_groups):
        tags = record.tags
        assert tags.role in ROLES, record.id
        assert tags.kind, record.id
        node = data
        for part in tags.field.split("."):
            node = node[int(part)] if isinstance(node, list) else node[part]
    assert {record.tags.kind for record in things} <= {*KINDS, "policy", "contract", "limit"}


FIELDS = [
    ("capacity", "mill", 1, "2028", "at most", "network.resources.mill.capacity.1", 5),
    ("start", "make", 0, "2027", "at least", "network.activities.make.lower.0", 10),
    ("start", "make", 0, "2027", "at most", "network.activities.make.upper", 9),
    ("start", "make", 1, "2028", "at most", "pins.activities.make.2028", 17),
    ("whole", "make", -1, "", "whole", "network.activities.make.lot", 12),
    ("order", "extra", 0, "2027", "at most", "network.units.extra.upper", 6),
    ("order", "extra", 1, "2028", "exactly", "network.units.extra.pinned.2028", 7),
    ("total_orders", "extra", -1, "", "at most", "network.units.extra.total", 6),
    ("stock", "a", 0, "2027", "at most", "network.materials.a.stock_limit", 3),
    ("balance", "a", 0, "2027", "at most", "network.materials.a.opening", 3),
    ("demand", "a", 0, "2027", "exactly", "network.demands.a.quantity", 13),
    ("budget", "purse", 0, "2027", "at most", "network.budgets.purse.amount", 14),
    ("group_limit", "share", 0, "2027", "at least", "network.groups.share.limit", 15),
    ("pin", "a", 0, "2027", "exactly", "pins.stocks.a.2027", 18),
]


@pytest.mark.parametrize(("family", "entity", "at", "period", "side", "field", "line"), FIELDS)
def test_each_side_of_a_limit_stands_at_its_own_field(
    family: str, entity: str, at: int, period: str, side: str, field: str, line: int, tmp_path: Path
) -> None:
    (tmp_path / "instance.yaml").write_text(PLAIN)
    instance = fabopt.load(tmp_path)
    place = place_of(
        instance.network, instance.data, instance._tree.positions, family, entity, at=at, period=period, side=side
    )
    assert place is not None
    assert (place.field, place.where) == (field, f"instance.yaml:{line}")


PLAIN = """\
horizon: {start: 2027, periods: 2, period: year}
network:
  materials: {a: {storable: true, opening: 5, stock_limit: 9}}
  resources:
    mill: {capacity: [10, 12]}
  units: {extra: {adds: {mill: 1}, upper: 3, total: 4,
                  pinned: {"2028": 1}}}
  activities:
    make: {outputs: {a: 1}, uses: {mill: 1}, upper: 8,
           lower: [1,
                   2],
           lot: 2}
  demands: {a: {quantity: 3, value: 1}}
  budgets: {purse: {amount: 20, terms: [{unit: extra}]}}
  groups: {share: {sense: ">=", limit: 0, terms: [{activity: make}]}}
pins:
  activities: {make: {"2028": 4}}
  stocks: {a: {"2027": 3}}
"""
