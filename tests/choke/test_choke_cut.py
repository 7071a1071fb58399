"""Minimum cuts and single points of failure: numbers of the worked example, and chains whose answer is plain."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from fabopt.analysis.choke.cut import layer_cuts, minimum_cuts, single_points
from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Tags,
    Use,
    ValueStep,
)

ARCS = [
    ("S", "EUV"),
    ("EUV", "FabA"),
    ("EUV", "FabB"),
    ("FabA", "CoWoS1"),
    ("FabB", "CoWoS1"),
    ("FabB", "CoWoS2"),
    ("CoWoS1", "D"),
    ("CoWoS2", "D"),
]
CAPACITIES = {"S": np.inf, "EUV": 100.0, "FabA": 60.0, "FabB": 70.0, "CoWoS1": 50.0, "CoWoS2": 45.0, "D": np.inf}


def test_two_packaging_lines_of_50_and_45_are_the_only_minimum_cut_of_95() -> None:
    cuts = minimum_cuts(CAPACITIES, ARCS, "S", "D")
    assert cuts.flow == 95.0
    assert cuts.source_most.nodes == cuts.sink_most.nodes == ("CoWoS1", "CoWoS2")
    assert cuts.unique


def test_with_95_scanner_hours_too_the_first_and_the_last_cut_differ() -> None:
    cuts = minimum_cuts({**CAPACITIES, "EUV": 95.0}, ARCS, "S", "D")
    assert cuts.flow == 95.0
    assert cuts.source_most.nodes == ("EUV",)
    assert cuts.sink_most.nodes == ("CoWoS1", "CoWoS2")
    assert not cuts.unique


def test_relieving_one_of_two_cuts_in_series_frees_nothing_and_both_free_5() -> None:
    tied = {**CAPACITIES, "EUV": 95.0}
    assert minimum_cuts({**tied, "EUV": 100.0}, ARCS, "S", "D").flow == 95.0
    assert minimum_cuts({**tied, "CoWoS2": 50.0}, ARCS, "S", "D").flow == 95.0
    assert minimum_cuts({**tied, "EUV": 100.0, "CoWoS2": 50.0}, ARCS, "S", "D").flow == 100.0


def test_a_path_without_any_capacity_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"^Nothing limits the flow from 'S' to 'D'\.$"):
        minimum_cuts(dict.fromkeys(CAPACITIES, np.inf), ARCS, "S", "D")
    with pytest.raises(ValueError, match="without a capacity"):
        minimum_cuts({"S": np.inf, "D": 1.0}, [("S", "X"), ("X", "D")], "S", "D")


def _one(value: float) -> np.ndarray:
    return np.array([value])


def _chain(joint: bool) -> Network:
    """Fab A or B makes dies, a line makes chips of one die each; with ``joint`` a chip also takes two stacks."""
    resources = [("fab-a", 60.0, "alpha"), ("fab-b", 70.0, "beta"), ("line", 95.0, "gamma"), ("hbm", 160.0, "delta")]
    flows = [
        Flow("make-a", "die", 0, _one(1.0)),
        Flow("make-b", "die", 0, _one(1.0)),
        Flow("pack", "die", 0, _one(-1.0)),
        Flow("pack", "chip", 0, _one(0.5)),
        Flow("stack", "stack", 0, _one(1.0)),
    ]
    if joint:
        flows.append(Flow("pack", "stack", 0, _one(-2.0)))
    return Network(
        name="chain",
        periods=(Period(0, "1", date(2026, 1, 1), date(2027, 1, 1), 1.0, 1.0),),
        materials=tuple(Material(m, m, "piece") for m in ("die", "stack", "chip")),
        activities=tuple(Activity(a, a, "piece") for a in ("make-a", "make-b", "stack", "pack")),
        flows=tuple(flows),
        uses=(
            Use("make-a", "fab-a", 0, _one(1.0)),
            Use("make-b", "fab-b", 0, _one(1.0)),
            Use("stack", "hbm", 0, _one(1.0)),
            Use("pack", "line", 0, _one(1.0)),
        ),
        resources=tuple(Resource(r, r, "piece", "rate", _one(c), Tags(owner=o)) for r, c, o in resources),
        demands=(Demand("buyers", "buyers", "chip", _one(1000.0), (ValueStep(_one(1000.0), _one(1.0)),)),),
    )


def test_a_layer_is_cut_in_units_of_its_last_good_with_the_yield_counted() -> None:
    # 95 starts of the line at a yield of one half are 47.5 chips; the fabs could feed 130 starts.
    net = _chain(joint=False)
    (layer,) = layer_cuts(net, np.array([60.0, 70.0, 95.0, 160.0]), np.zeros(3))
    assert layer.goods == ("die", "chip")
    assert layer.cuts.flow == pytest.approx(47.5)
    assert layer.cuts.source_most.nodes == layer.cuts.sink_most.nodes == ("line",)
    assert layer.shared == ()


def test_a_recipe_of_die_and_stacks_is_no_single_commodity_and_gets_no_cut() -> None:
    # The linear program makes 80 chips because of 160 stacks; a cut would point at the line (F11).
    assert layer_cuts(_chain(joint=True), np.array([100.0, 0.0, 90.0, 160.0]), np.zeros(3)) == ()


def test_either_fab_may_fail_but_not_the_line_nor_the_stacks() -> None:
    found = {(s.kind, s.id): s for s in single_points(_chain(joint=True))}
    assert set(found) == {("resource", "line"), ("resource", "hbm"), ("owner", "gamma"), ("owner", "delta")}
    assert found["resource", "line"].goods == ("chip",)
    assert found["resource", "hbm"].goods == ("stack", "chip")
    assert found["owner", "delta"].demands == ("buyers",)
