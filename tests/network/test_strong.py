"""Strongly connected groups."""

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from fabopt.network.strong import strong_groups

graphs = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=3 * n).map(
        lambda edges: {node: sorted({b for a, b in edges if a == node}) for node in range(n)}
    )
)


@given(graphs)
def test_groups_are_those_of_networkx_and_come_after_what_they_lead_to(followers):
    groups = strong_groups(followers)
    graph = nx.DiGraph(followers)
    assert {frozenset(group) for group in groups} == {frozenset(g) for g in nx.strongly_connected_components(graph)}
    place = {node: index for index, group in enumerate(groups) for node in group}
    assert all(place[other] <= place[node] for node in followers for other in followers[node])


def test_a_chain_longer_than_the_stack_of_python():
    followers = {node: [node + 1] for node in range(20_000)} | {20_000: [0]}
    assert [len(group) for group in strong_groups(followers)] == [20_001]
