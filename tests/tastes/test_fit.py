"""Fit by hand: what a lab gets out of a designer's chips, by workload and date."""

from __future__ import annotations

import pytest
from taste_cases import chain

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower


def fitted(fit, **more):
    """Return the compute of one running accelerator of each chip, by chip and workload, in two years."""
    raw = chain(**more)
    raw["horizon"]["periods"] = "2 years"
    raw["workloads"]["other"] = {"name": "Other"}
    raw["labs"]["aurora"] |= {"fit": fit, "demand": {"total": 1000, "split": {"work": 0.75, "other": 0.25}}}
    raw["chips"]["m"] |= {"performance": {"work": 2, "other": 4}, "usable": 0.5}
    return lower(Instance.model_validate(raw))


def outputs(net):
    return {
        (net_of.tags.chip, net_of.tags.workload): flow.amount.tolist()
        for flow in net.flows
        for net_of in net.activities
        if net_of.id == flow.activity and net_of.tags.role == "run" and flow.amount[0] > 0
    }


def test_fit_multiplies_throughput_by_designer_workload_and_date():
    by_date = {"steps": {"2027": 0.5, "2028": 0.8}}
    net = fitted({"merlin": {"share": by_date, "workloads": {"other": 0.25}}})
    assert outputs(net) == {
        ("m", "work"): pytest.approx([0.5, 0.8]), ("m", "other"): pytest.approx([0.5, 0.5]), ("c", "work"): [1, 1],
    }  # fmt: skip


def test_without_a_fit_nominal_performance_counts():
    assert outputs(fitted({})) == {("m", "work"): [1, 1], ("m", "other"): [2, 2], ("c", "work"): [1, 1]}


def test_a_taste_counts_new_compute_and_its_price_by_what_the_lab_gets_from_it():
    tastes = {"spread": {"elasticity": 4}}
    net = fitted({"merlin": {"share": 0.8}}, tastes=tastes)
    # 0.75 of work at 2 x 0.5 x 0.8 and 0.25 of other at 4 x 0.5 x 0.8: 1 H100 equivalent for the price of one.
    row = next(row for row in net.definitions if row.id == "taste:aurora:merlin:row")
    assert row.terms[-1].coefficient.tolist() == pytest.approx([-1.0, -1.0])
    first = {a.id: a.premium for a in net.activities}
    assert first["taste:aurora:merlin:1"] == pytest.approx(first["taste:aurora:cirrus:1"])
    halved = fitted({"merlin": {"share": 0.4}}, tastes=tastes)
    # Half as much for the same price makes that price 2, and the mean price of compute 1.5 times as much.
    twice = {a.id: a.premium for a in halved.activities}
    assert twice["taste:aurora:merlin:1"] == pytest.approx(1.5 * first["taste:aurora:merlin:1"])


def test_the_price_of_compute_is_weighted_by_the_mix():
    # The price is 2 of merlin, who is bought three times in four, and 1 of cirrus.
    net = fitted({"merlin": {"share": 0.4}}, tastes={"spread": {"elasticity": 4, "mix": {"merlin": 3}}})
    evenly = fitted({"merlin": {"share": 0.4}}, tastes={"spread": {"elasticity": 4}})

    def drop(network):
        premium = {a.id: a.premium[0] for a in network.activities if a.premium is not None}
        return premium["taste:aurora:cirrus:1"] - premium["taste:aurora:cirrus:2"]

    assert drop(net) / drop(evenly) == pytest.approx(1.75 / 1.5)
