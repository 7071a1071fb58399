"""A small instance for each family of sums that is lowered from the chain, a contract or a rule."""

from dataclasses import replace
from pathlib import Path

import diversity_cases
import taste_cases
from chain_cases import lowered
from expansion_cases import workshop
from model_cases import activity, flow, material, network, seq

import fabopt
from fabopt.domain.expansion import LineExpansion
from fabopt.domain.instance import Instance
from fabopt.domain.stability import Stability
from fabopt.network.lower import lower
from fabopt.network.lowering.stability import lower_stability
from fabopt.network.perspective import Decided, asked_for, held
from fabopt.network.tables import Network, Payment, Term

INSTANCES = Path(__file__).parents[2] / "instances"

SHIPPED = {
    "export_rule": "diversity/licences",
    "part_of_period": "tutorial",
    "programme": "perspective/own-silicon",
    "contract_maximum": "contracts/take-or-pay",
    "contract_minimum": "contracts/take-or-pay",
    "contract_unlock": "contracts/prepaid-capacity",
    "contract_reserve": "contracts/reserve",
    "contract_term": "contracts/tiers",
    "policy_share": "allocation/proportional",
    "policy_cap": "allocation/share-cap",
    "policy_floor": "allocation/share-floor",
    "share_cap": "diversity/vendors",
}
"""Instances that have rows of a family."""


def lowered_case(family: str) -> Network:
    """Return a network with rows of a family, as an instance is lowered."""
    if family in SHIPPED:
        return fabopt.load(INSTANCES / SHIPPED[family]).network
    return {
        "synchronised_load": _synchronised,
        "must_run": _must_run,
        "resale": _resold,
        "survival": _stopped,
        "as_planned": _stopped,
        "remaining_balance": _stopped,
        "remaining_capacity": _stopped_tooler,
        "held": _held,
        "asked_for": _asked,
        "pin": _pinned,
        "as_ordered": _steadied,
        "order_lead": _ordered,
        "taste": _spread,
        "growth": _grown,
        "standing": _taken_down,
        **dict.fromkeys(("stated_floor", "stated_ceiling", "stated_share", "stated_change", "charged"), _stated),
    }[family]()


def _grown() -> Network:
    """Three years: steps of 2 that open half a year after their order, over a line of 10."""
    record = LineExpansion(step=2, cost=1, lead=6, max_steps=9, growth=0.5)
    return workshop(record, wanted=9, base=10, changes={"horizon.periods": "3 years"})


def _ordered() -> Network:
    """GPUs ordered four and a half months before they ship; some are booked, some may go unordered."""
    net = lowered(("chips.gpu.orders", {"lead": 4.5, "booked": {"steps": {"2027Q1": 2, "2027Q2": 0}}, "premium": 5000}))
    return replace(net, groups=tuple(replace(g, windows=g.windows[:3], rhs=g.rhs[:3]) for g in net.groups))


def _spread() -> Network:
    """A year: two designers ship chips of equal work to a lab; the rows of three of ten steps each."""
    tastes = {"spread": {"elasticity": 4, "breaks": [k / 10 for k in range(1, 11)], "mix": {"cirrus": 3}}}
    net = lower(taste_cases.instance(tastes=tastes))
    kept = tuple(r for r in net.definitions if not r.id.endswith(tuple(f":{k}:row" for k in range(4, 11))))
    return replace(net, definitions=kept)


def _taken_down() -> Network:
    """Three years: steps that last for one, one of which stands, and no more are ordered once one is retired."""
    record = LineExpansion(step=2, cost=1, lead=0, life=1, max_steps=9, standing=2, retirement={"for_good": True})
    return workshop(record, wanted=9, base=10, changes={"horizon.periods": "3 years"})


def _synchronised() -> Network:
    net = lowered(("workloads.train.synchronised", True), ("sites.site.synchronised_share", 0.6))
    return replace(net, groups=tuple(replace(g, windows=g.windows[:2], rhs=g.rhs[:2]) for g in net.groups))


def _must_run() -> Network:
    net = lowered(("sites.site.must_run", 0.6))
    return replace(net, groups=tuple(replace(g, windows=g.windows[:2], rhs=g.rhs[:2]) for g in net.groups))


def _resold() -> Network:
    net = lowered(("chips.gpu.resale", {"share": 0.5, "most": 12}))
    return replace(net, groups=tuple(replace(g, windows=g.windows[:2], rhs=g.rhs[:2]) for g in net.groups))


def _stated() -> Network:
    """Two quarters: a soft floor, a ceiling, a share and a ramp for the good maker, a charge on the spare one."""
    raw = diversity_cases.chain(2)
    good = {"of": "activities", "where": {"stage": "memory", "owner": "good"}}
    limits = {
        "some": {**good, "at_least": 2, "price": 5},
        "few": {**good, "at_most": 40, "by": "year"},
        "most": {**good, "share_of": {"stage": "memory"}, "at_most": 0.75},
        "slow": {**good, "change": {"up": 0.5, "up_by": 1, "down": 0.25, "start": 4}},
    }
    spare = {"of": "activities", "where": {"stage": "memory", "owner": "spare"}, "per_unit": 2}
    return lower(Instance.model_validate(raw | {"limits": limits, "charges": {"duty": spare}}))


def _stopped() -> Network:
    """Two quarters, and the good maker may stop for the first."""
    raw = diversity_cases.chain(2)
    hold = {"of": "memory-maker", "suppliers": ["good"], "share": 0.6, "stop": "3 month", "until": "2027Q1"}
    return lower(Instance.model_validate(raw | {"resilience": {"hold": hold}}))


def _stopped_tooler() -> Network:
    """A bonder adds 5 to the hall from the quarter after its order on; its maker may stop for the first of two."""
    raw = diversity_cases.chain(2)
    raw["network"]["resources"]["bonders"] = {"capacity": 1, "tags": {"owner": "tooler"}}
    raw["network"]["units"] = {
        "bonder": {"adds": {"hall": 5}, "occupies": {"bonders": {"amount": 1, "lasts": 1}}, "lead": 1, "whole": False}
    }
    hold = {"of": "owner", "suppliers": ["tooler"], "share": 0.9, "stop": "3 month"}
    return lower(Instance.model_validate(raw | {"resilience": {"hold": hold}}))


def _traded() -> Network:
    """Y makes goods, which x buys."""
    one = seq(1, 1)
    return network(
        2,
        materials=[material("goods")],
        activities=[activity("make", 2, on_off=True, lower=one, upper=3 * one)],
        flows=[flow("make", "goods", 1, 2)],
        payments=[Payment("x", "y", "goods", Term("activity", "make", one))],
    )


def _held() -> Network:
    return held(_traded(), "z", Decided({"make": seq(2, 0)}, {}))


def _asked() -> Network:
    return asked_for(_traded(), "y", Decided({"make": seq(3, 1)}, {}), Decided({"make": seq(2, 2)}, {}))


def _steadied() -> Network:
    """Three years: a step was ordered in the first year and none in the second; of the third nothing is said."""
    record = LineExpansion(step=2, cost=1, lead=6, max_steps=9)
    net = workshop(record, wanted=9, base=10, changes={"horizon.periods": "3 years"})
    before = {p.label: n for p, n in zip(net.periods, (1.0, 0.0), strict=False)}
    return lower_stability(net, Stability(orders={net.units[0].id: before}))


def _pinned() -> Network:
    pins = {"deliveries": {"work": {"2027Q1": 4}}, "stocks": {"gpus": {"2027Q2": 5}}}
    return lower(Instance.model_validate(diversity_cases.chain(2) | {"pins": pins}))
