"""Whose demands count for an aim."""

from model_cases import demand, material, network

from fabopt.model.aim import counted, customers
from fabopt.network.tables import Tags

NET = network(
    1,
    materials=[material("compute")],
    demands=[
        demand("train", "compute", (4,), 1, weight=2.0, tags=Tags(lab="ada")),
        demand("serve", "compute", (5,), 1, tags=Tags(lab="ada", customer="bank")),
        demand("loose", "compute", (0.5,), 1, weight=3.0),
        demand("idle", "compute", (0,), 1, weight=1.0, tags=Tags(lab="ada")),
        demand("more", "compute", (1,), 1, tags=Tags(lab="ada")),
    ],
)


def test_all_demands_with_a_weight_count_or_those_that_are_named():
    assert counted(NET, ()) == {0: 2.0, 2: 3.0, 3: 1.0}
    assert counted(NET, ("serve", "loose")) == {1: 1.0, 2: 3.0}


def test_a_customer_is_named_before_a_lab_and_who_wants_nothing_is_none():
    assert customers(NET, ()) == {"ada": (0, 4), "bank": (1,), "loose": (2,)}
    assert customers(NET, ("train", "serve", "idle")) == {"ada": (0,), "bank": (1,)}
