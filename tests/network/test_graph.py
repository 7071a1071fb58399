"""The network as a graph."""

import networkx as nx
from network_helpers import lowered

from fabopt.network.graph import to_networkx

TEXT = """
materials:
  flour: {opening: 10, unit: kg, tags: {stage: raw, owner: mill}}
  bread: {}
  brick: {opening: 2}
resources: {oven: {capacity: 8}, yard: {kind: level, capacity: 3}}
activities:
  bake: {inputs: {flour: 2}, outputs: {bread: 4}, uses: {oven: 0.5}, lead: 1.25}
units:
  kiln: {adds: {oven: {amount: 5, ramp: [0.5, 1]}}, occupies: {yard: 1}, consumes: {brick: 2}, lead: 1}
demands: {shop: {material: bread, quantity: [0, 1, 2], value: 6}}
"""


def test_every_flow_is_an_edge_in_its_direction_with_its_ages():
    graph = to_networkx(lowered(TEXT, 3))
    edges = {(tail[1], head[1]): (d["role"], d["ages"], d["amount"]) for tail, head, d in graph.edges(data=True)}
    assert edges == {
        ("flour", "bake"): ("input", (0,), 2.0),
        ("bake", "bread"): ("output", (1, 2), 4.0),
        ("oven", "bake"): ("use", (0,), 0.5),
        ("kiln", "oven"): ("add", (1,), 5.0),
        ("yard", "kiln"): ("occupy", (1,), 1.0),
        ("brick", "kiln"): ("consume", (0,), 2.0),
        ("bread", "shop"): ("deliver", (0,), 3.0),
    }


def test_nodes_carry_names_units_and_tags_and_keep_the_order_of_the_tables():
    graph = to_networkx(lowered(TEXT, 3))
    flour = graph.nodes["material", "flour"]
    assert (flour["record"], flour["id"], flour["unit"], flour["stage"], flour["owner"]) == (
        "material",
        "flour",
        "kg",
        "raw",
        "mill",
    )
    assert [key for _, key in graph.nodes][:3] == ["flour", "bread", "brick"]


def test_the_graph_is_bipartite_between_things_and_doings():
    graph = to_networkx(lowered(TEXT, 3))
    assert nx.is_bipartite(graph)
    for tail, head in graph.edges:
        assert graph.nodes[tail]["bipartite"] != graph.nodes[head]["bipartite"]


def test_a_shop_can_be_reached_from_flour_and_from_bricks():
    graph = to_networkx(lowered(TEXT, 3))
    assert nx.has_path(graph, ("material", "flour"), ("demand", "shop"))
    assert nx.has_path(graph, ("material", "brick"), ("demand", "shop"))
    assert not nx.has_path(graph, ("demand", "shop"), ("material", "flour"))
