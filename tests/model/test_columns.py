"""Columns: which decisions there are, between which bounds, and which come whole."""

import numpy as np
import pytest
from model_cases import activity, demand, effect, flow, material, network, resource, seq, unit

from fabopt.model.aim import Aim
from fabopt.model.columns import make_columns, window_label, window_labels, window_sum
from fabopt.model.families import ModelError
from fabopt.network.tables import Demand, Term, ValueStep, WholeGroup

INF = np.inf


def case():
    """Three periods with a record for every rule of bounds."""
    return network(
        3,
        materials=[
            material("goods"),
            material("kept", storable=True, stock_limit=5.0, safety_stock=seq(0, 2, 0), shortfall_cost=1.0),
            material("floor", storable=True, safety_stock=seq(1, 1, 1)),
            material("full", storable=True, stock_limit=0.0),
            material("waste", disposal_cost=1.0),
            material("stuck", disposal_cost=None),
        ],
        activities=[
            activity("plain", 3, upper=seq(8, 0, 8)),
            activity("must", 3, lower=seq(0, 3, 3), upper=seq(0, 3, 4)),
            activity("switched", 3, on_off=True, lower=seq(2, 2, 2), start_cost=1.0),
            activity("running", 3, on_off=True, min_run=2),
            activity("simple", 3, on_off=True, upper=seq(4, 0, 4)),
            activity("lots", 3, lot=2.5, upper=seq(7.5, 9, 2)),
        ],
        resources=[resource("line", 0, 0, 0)],
        units=[
            unit("whole", 3, upper=3, total=2.7),
            unit("loose", 3, upper=2.7, whole=False, pinned=seq(np.nan, 1.5, 0)),
            unit("pinned", 3, upper=3, pinned=seq(1.5, np.nan, np.nan), min_order=1.0),
            unit("fixed", 3, fixed_cost=seq(0, 1, 1), retire_cost=0.0, whole=False),
            unit("old", 3, upper=0, opening=1.0, retire_cost=1.0),
            unit("never", 3, upper=0, retire_cost=1.0),
            unit("kept", 3, upper=0, opening=1.0),
        ],
        unit_effects=[effect("whole", "line", (1,))],
        flows=[flow("plain", "goods", 1, 3)],
        demands=[
            Demand("falls", "Falls", "goods", seq(10, 4, 3),
                   (ValueStep(seq(4, 4, 0), seq(9, 9, 9)), ValueStep(seq(6, 0, 3), seq(5, 5, 5)))),
            Demand("rises", "Rises", "goods", seq(4, 2, 0),
                   (ValueStep(seq(1, 2, 0), seq(5, 5, 5)), ValueStep(seq(3, 0, 0), seq(9, 5, 5)))),
            demand("fine", "goods", (1, 0, 1), 9, lost_cost=2.0),
            demand("waits", "goods", (2, 0, 3), 9, expiry=1, lost_cost=2.0),
            demand("later", "goods", (2, 1, 3), 9, expiry=1, required=True),
            demand("now", "goods", (2, 0, 3), 9, expiry=0),
        ],
        whole_groups=[
            WholeGroup("year", "Year", "tool", ((0, 1), (2,)), (Term("unit", "whole", seq(1, 1, 1)),), lot=2.0),
            WholeGroup("net", "Net", "tool", ((0, 1, 2),),
                       (Term("unit", "whole", seq(1, 1, 1)), Term("unit", "loose", seq(1, 1, -1))), lot=2.0),
        ],
    )  # fmt: skip


def read(name, aim=None):
    """The columns of a block: key, then lower and upper bound, and ``whole`` where it is."""
    block = make_columns(case(), aim)[name]
    sides = zip(block.lower.tolist(), block.upper.tolist(), strict=True)
    return {
        " ".join(key): (*bounds, "whole") if whole else bounds
        for key, bounds, whole in zip(block.keys, sides, block.integer.tolist(), strict=True)
    }


def each(id, *bounds, periods=(1, 2, 3)):
    return {f"{id} P{t}": bounds for t in periods}


BY_HAND = {
    # Where the most is nothing there is no level; what is on or off is held by rows, not by a least level.
    "start": each("plain", 0, 8, periods=(1, 3)) | {"must P2": (3, 3), "must P3": (3, 4)} | each("switched", 0, INF)
    | each("running", 0, INF) | each("simple", 0, 4, periods=(1, 3))
    | {"lots P1": (0, 7.5), "lots P2": (0, 9), "lots P3": (0, 2)},
    "on": each("switched", 0, 1, "whole") | each("running", 0, 1, "whole")
    | each("simple", 0, 1, "whole", periods=(1, 3)),
    # Only where a start costs or a run has a least length; whole by itself.
    "switch": each("switched", 0, 1) | each("running", 0, 1),
    # Whole lots of 2.5 in 7.5, 9 and 2.
    "lots": {"lots P1": (0, 3, "whole"), "lots P2": (0, 3, "whole"), "lots P3": (0, 0, "whole")},
    # 2.7 in all is 2 whole ones; a pin is a fact, even a fraction.
    "order": each("whole", 0, 2, "whole") | {"loose P1": (0, 2.7), "loose P2": (1.5, 1.5), "pinned P1": (1.5, 1.5)}
    | each("pinned", 0, 3, "whole", periods=(2, 3)) | each("fixed", 0, INF),
    "placed": each("pinned", 0, 1, "whole") | each("fixed", 0, 1, "whole", periods=(2, 3)),
    "retire": each("fixed", 0, INF) | each("old", 0, INF, "whole"),
    "stock": each("kept", 0, 5) | each("floor", 0, INF),
    "disposal": each("waste", 0, INF),
    "shortfall": {"kept P2": (0, INF)},
    # The last step of a period is held by the demand row, unless a later one is worth more.
    "deliver": {
        "falls 1 P1": (0, 4), "falls 1 P2": (0, INF), "falls 2 P1": (0, INF), "falls 2 P3": (0, INF),
        "rises 1 P1": (0, 1), "rises 1 P2": (0, INF), "rises 2 P1": (0, 3),
        "fine 1 P1": (0, INF), "fine 1 P3": (0, INF),
        "waits 1 P1": (0, INF), "waits 1 P2": (0, INF), "waits 1 P3": (0, INF),
        "later 1 P1": (0, INF), "later 1 P2": (0, INF), "later 1 P3": (0, INF),
        "now 1 P1": (0, INF), "now 1 P3": (0, INF),
    },
    "unmet": each("fine", 0, INF, periods=(1, 3)),
    # Nothing required still waits at the end.
    "backlog": {"waits 1 P1": (0, 2), "waits 1 P3": (0, 3), "later 1 P1": (0, 2), "later 1 P2": (0, 1)},
    # What was wanted in P1 is lost in P2; without waiting it is lost at once.
    "lost": {"waits 1 P2": (0, 2), "now 1 P1": (0, 2), "now 1 P3": (0, 3)},
    # A sum that may be negative may be a negative number of lots.
    "counter": {"year P1..P2": (0, INF, "whole"), "year P3": (0, INF, "whole"), "net P1..P3": (-INF, INF, "whole")},
    "reached": {},
    "least_share": {},
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_columns_are_those_a_person_has_written(name):
    assert read(name) == BY_HAND[name]


def test_an_aim_has_columns_of_its_own():
    assert read("reached", Aim(target=1.0)) == {"P1": (0, 1, "whole"), "P2": (0, 1, "whole"), "P3": (0, 1, "whole")}
    assert read("least_share", Aim(fairness=True)) == {"least": (0, 1)}


def test_blocks_follow_each_other_without_a_gap():
    columns = make_columns(case(), Aim(target=1.0, fairness=True))
    numbers = np.concatenate([block.index[block.index >= 0] for block in columns])
    assert numbers.tolist() == list(range(columns.n))
    assert [(block.columns.start, block.columns.stop) for block in columns] == [
        (block.offset, block.offset + len(block)) for block in columns
    ]
    assert len(columns.stacked("upper")) == columns.n


def test_values_and_what_is_spread_stand_in_their_places():
    order = make_columns(case())["order"]
    x = np.arange(1000.0)
    first = order.offset
    assert order.values(x)[1].tolist() == [first + 3, first + 4, 0]
    assert order.values(np.zeros(0)).tolist() == np.zeros((7, 3)).tolist()
    assert order.spread(np.arange(float(len(order))), 9.0)[1].tolist() == [3, 4, 9]


def test_an_expiry_below_zero_is_refused():
    net = network(1, materials=[material("goods")], demands=[demand("shop", "goods", (1,), 1, expiry=-1)])
    with pytest.raises(ModelError, match=r"'shop': expiry must be zero periods or more, not -1"):
        make_columns(net)


def test_a_window_sum_adds_what_came_last():
    assert window_sum(np.array([1.0, 2.0, 4.0, 8.0]), 2).tolist() == [1, 3, 6, 12]
    assert window_sum(np.array([1.0, 2.0]), 0).tolist() == [0, 0]


def test_a_window_is_called_by_its_ends_or_its_parts():
    labels = ("P1", "P2", "P3", "P4")
    assert window_label((), labels) == "-"
    assert window_label((2,), labels) == "P3"
    assert window_label((0, 1, 2), labels) == "P1..P3"
    assert window_label((0, 2, 3), labels) == "P1,P3,P4"
    assert window_labels([(0,), (1,), (0,), (0,)], labels) == ["P1", "P2", "P1 #2", "P1 #3"]
