"""Payments between parties in lowered chains, against prices and pieces by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from chain_cases import lowered

from fabopt.domain.users import NOBODY
from fabopt.network.parties import owned, parties, parties_of, payments_between
from fabopt.network.tables import Activity, Network, Tags, Unit

MARKET = ("markets", {"phones": {"name": "P", "fabs": {"fab-a": "n3"}, "quantity": 4, "floor": 0, "price": 18000}})


@pytest.fixture(scope="module")
def net() -> Network:
    return lowered(MARKET)


def paid(net: Network, kind: str) -> tuple[str, str, str, float, str]:
    """Return payer, payee, item and money for one unit of the decision, and its id, of the only payment of a kind."""
    (payment,) = [p for p in net.payments if p.kind == kind]
    money = payment.term.coefficient[0] * payment.price[0]
    return payment.payer, payment.payee, payment.item, pytest.approx(float(money)), payment.term.id


def test_goods_are_paid_at_their_price_by_who_orders_them_to_who_makes_them(net):
    # Million dollars per thousand pieces. A DRAM wafer is 250 dies x 0.8 / 10 dies a stack = 20 stacks of 500 dollars;
    # a package takes a tenth of an interposer wafer of 10,000 dollars.
    assert paid(net, "hbm") == ("green", "mem", "h4", 10.0, "hbm:h4:green:mem")
    assert paid(net, "packaging") == ("green", "foundry", "line", 1.0, "interposer:gpu:a:line")
    assert paid(net, "accelerators") == ("lab", "green", "gpu", 40.0, "deploy:gpu:site")
    wafers = {p.payer: (p.payee, p.price[0], p.term.id) for p in net.payments if p.kind == "wafers"}
    assert wafers == {
        "green": ("foundry", 20.0, "wafers:gd:fab-a"),
        "phones": ("foundry", 18.0, "market:phones:fab-a"),
    }


def test_a_scanner_is_paid_evenly_until_its_delivery(net):
    # 200 million dollars over a year, brought to the date of the order: at 10 % a year, and without interest.
    present = 200.0 * (1 - 1 / 1.1) / np.log(1.1)
    dear = lowered(("horizon.discount_rate", 0.1))
    assert paid(dear, "scanners") == ("foundry", "maker", "euv", present, "scanner:euv:fab-a")
    assert paid(net, "scanners") == ("foundry", "maker", "euv", 200.0, "scanner:euv:fab-a")


def test_a_chip_of_one_s_own_is_not_paid_for(net):
    own = lowered(("designers", {"lab": {"name": "L", "region": "west"}}), ("dies.gd.designer", "lab"),
                  ("chips.gpu.designer", "lab"), ("labs.lab.designers", {"lab": "2020"}),
                  ("memory_makers.mem.qualified", {"lab": {"h4": "2026"}}))  # fmt: skip
    assert {p.kind for p in payments_between(own)} == {p.kind for p in payments_between(net)} - {"accelerators"}


def test_costs_and_holdings_have_their_party(net):
    def of(records: Sequence[Any], what: Any) -> dict[str, str]:
        return dict(zip((record.id for record in records), parties_of(net, what), strict=True))

    activity = of(net.activities, "activity")
    assert activity["wafers:gd:fab-a"] == "foundry"
    assert activity["hbm:h4:green:mem"] == "mem"
    assert activity["interposer:gpu:a:line"] == "foundry"
    assert activity["package:gpu:a:line"] == "green"
    assert activity["deploy:gpu:site"] == "lab"
    assert activity["operate:gpu:site"] == "lab"
    assert of(net.units, "unit")["scanner:euv:fab-a"] == "maker"
    assert of(net.units, "unit_orders")["scanner:euv:fab-a"] == "foundry"
    assert of(net.units, "unit_at_end")["scanner:euv:fab-a"] == "foundry"
    held = of(net.materials, "material")
    assert [held[m] for m in ("die:gd", "hbm:h4:green", "interposer:gpu:a:line", "chip:gpu")] == ["green"] * 4
    assert held["asset:gpu:site"] == "lab"
    assert of(net.demands, "demand") == {"train:lab": "lab", "more:phones": "phones"}
    assert set(parties(net)) == {"foundry", "mem", "green", "lab", "maker", "phones", NOBODY}


def test_a_contract_is_signed_by_who_buys():
    sign = Unit("sign:c", "", "", Tags(stage="contract", owner="seller", customer="buyer"), bearer="buyer")
    assert parties_of(Network("", (), units=(sign,)), "unit_orders").tolist() == ["buyer"]


def test_what_names_nobody_is_nobody_s_and_what_belongs_to_a_party_is_that_party_s():
    activities = (Activity("a", "a", ""), Activity("b", "b", "", Tags(owner="designer")))
    net = Network("", (), activities=activities, belongs=(("designer", "lab"),))
    assert parties(net) == ("lab", NOBODY)
    assert owned(net, "lab") == {"lab", "designer"}
