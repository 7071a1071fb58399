r"""The books of a plan's companies: every quantity and amount of money of its tables by company and period.

Wafers, packages, accelerators and power are those of the tables `wafer_starts`, `activities` (package starts),
`shipments`, `fleet` and `power`; HBM stacks and tools are the measures ``hbm_stacks`` and ``tools_delivered``: with
what was in work or on order at the decision date. With the payments :math:`p` between parties (table `transfers`), the
costs :math:`c` that a party bears (table `costs`), and the price :math:`\pi` of the balance of a good in the money of
its period, of a company

================  =====================================================================================================
revenue           :math:`\sum p` over the payments to it
shadow_revenue    :math:`\sum_j \pi_{i(j)t}\, d_{jt}` over its demands: deliveries at the marginal price
cost              :math:`\sum p` over the payments by it and :math:`\sum c`, but for what is capex
capex             what it pays and bears for capacity that it orders for itself: fabs, lines, tools, sites
margin            revenue less cost
================  =====================================================================================================

All is booked in the period of the decision: capacity when it is ordered, goods when their making starts, accelerators
when they ship. What belongs to a company (a designer to its lab) counts as its own; what it pays itself is nothing.
Over all companies, revenue less cost and capex is minus the costs of the table `costs`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from fabopt.analysis.plan_tables import accelerators, reported
from fabopt.domain.kinds import KINDS, things
from fabopt.domain.measured import MeasureName
from fabopt.domain.names import party_names
from fabopt.domain.users import NOBODY
from fabopt.network.lowering.counted import COUNTED
from fabopt.network.parties import buyers, parties, parties_of, payments_between
from fabopt.network.tables import CONTRACT, Array, Term
from fabopt.plan.plan import Plan
from fabopt.solve.results.decided import by_record, term_by_period
from fabopt.solve.results.parties import bearers

if TYPE_CHECKING:
    import pandas as pd

MONEY_LINES: Mapping[str, str] = {
    "revenue": "revenue",
    "shadow_revenue": "deliveries to it at the marginal price",
    "cost": "cost, without capex",
    "capex": "capex, when ordered",
    "margin": "margin: revenue less cost",
}
"""Measures of money, and what they are."""

COLUMNS = ["company", "measure", "item", "other", "period", "value", "basis"]

LISTED = frozenset(kind.paid for kind in KINDS.values() if kind.paid) | {"used accelerators"}
"""What payments at list prices are for."""
WHEN = {"accelerators": "shipped", "used accelerators": "moved", "components": "ordered", "scanners": "ordered"}
"""When goods are paid; others are when their making starts."""
RATES = ("freight", "charges")
"""What is paid at rates that the instance states."""
NO_CAPACITY = ("programme", "qualification")
"""Roles of units that are no capacity."""

NO_CUSTOMERS = "what its customers pay is not in the instance"
NO_PAYMENTS = "no payment to it is in the plan: what it makes is not sold there, or has no price"


class Books:
    """What the tables of a plan say of its companies in reported periods."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.read = plan, plan.table
        self.belongs = dict(plan.net.belongs)

    def company(self, party: str) -> str:
        """Return the company that a party belongs to."""
        return self.belongs.get(party, party)

    @cached_property
    def names(self) -> dict[str, str]:
        """Display names of companies by id."""
        return party_names(self.plan.data)

    @cached_property
    def order(self) -> dict[str, int]:
        """Place of each company: parties in the order of the instance, those of the network alone, nobody."""
        return {name: n for n, name in enumerate(dict.fromkeys((*self.kinds, *parties(self.plan.net))))}

    @cached_property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """What each company is or owns, by the names of the kinds."""
        kinds: dict[str, dict[str, None]] = {}
        for kind in (kind for kind in things() if kind.party or kind.owned):
            for key, record in kind.records(self.plan.data).items():
                for owner in (key,) if kind.party else kind.owners(record):
                    kinds.setdefault(self.company(owner), {})[kind.name] = None
        return {company: tuple(names) for company, names in kinds.items()}

    def unknown(self, company: str, measures: Collection[str]) -> dict[str, str]:
        """Return why amounts of money of a company that has such measures cannot be told, by measure."""
        unknown: dict[str, str] = {}
        buyer = company in self.buyers and company != NOBODY
        if "revenue" not in measures:
            unknown["revenue"] = NO_CUSTOMERS if buyer else NO_PAYMENTS
        if buyer or "revenue" in unknown:
            unknown["margin"] = NO_CUSTOMERS if buyer else NO_PAYMENTS
        if buyer and not self.plan.in_money:
            unknown["shadow_revenue"] = f"the plan is for {self.plan.run.options.sought}: nothing has a price in money"
        return unknown

    @cached_property
    def buyers(self) -> frozenset[str]:
        """Labs and other markets."""
        return buyers(self.plan.net)

    def rows(self) -> pd.DataFrame:
        """Return all rows, with the columns of `COLUMNS`; what is made for the company itself has it as the other."""
        import pandas as pd

        rows = pd.concat([*self._made(), *self._paid(), self._borne(), *self._worth()], ignore_index=True)
        rows[["company", "other"]] = rows[["company", "other"]].map(self.company)
        return rows

    def _made(self) -> list[pd.DataFrame]:
        """Return what is made, shipped, installed and drawn."""
        read, chips = self.read, self.plan.data.chips
        shipped, computing = reported(read("domain/shipments")), accelerators(read, "domain/shipments")
        packaged, fleet = reported(read("core/activities")), reported(read("domain/fleet"))
        watts = {key: chip.it_power.value * 1e-3 for key, chip in chips.items()}
        power = reported(read("domain/power"))
        drawn = fleet["chip"].map(watts).astype(float).fillna(0.0)
        standing = fleet.assign(gw=(fleet["running"] + fleet["idle"]) * drawn)
        return [
            _rows("wafers", reported(read("domain/wafer_starts")), "owner", "node", "customer", "kwafer"),
            self._counted("hbm_stacks", "hbm_stacks"),
            self._counted("tools", "tools_delivered"),
            _rows("packages", packaged[packaged["role"] == "package_start"], "owner", "chip", "customer", "level"),
            _rows("accelerators", computing, "designer", "chip", "lab", "kaccelerator"),
            _rows("other_chips", shipped.drop(computing.index), "designer", "chip", "lab", "kaccelerator"),
            _rows("accelerators_received", computing, "lab", "chip", "designer", "kaccelerator"),
            _rows(
                "it_power_shipped",
                computing.assign(gw=computing["kaccelerator"] * computing["chip"].map(watts).astype(float).fillna(0.0)),
                "designer", "chip", "lab", "gw",
            ),
            _rows("it_power", standing, "lab", "chip", "designer", "gw"),
            _rows("power", power.assign(gw=power["used"] * 1e-3), "lab", "site", "", "gw"),
        ]  # fmt: skip

    def _counted(self, measure: str, of: MeasureName) -> pd.DataFrame:
        """Return a measure that is counted record by record, with what was in work or on order at the decision date."""
        import pandas as pd

        net, scanners = self.plan.net, self.plan.data.scanners
        told, rows = [period for period in net.periods if period.reported], []
        for part in COUNTED[of](self.plan.lowered[0], net, of):
            amount = part.amount
            if part.key:
                term = Term(part.kind, part.key, part.amount, part.age)  # type: ignore[arg-type]
                amount = term_by_period(term, self.decided, {})
            by = scanners[part.tags.item].maker if of == "tools_delivered" else part.tags.owner
            other = "" if part.tags.owner == by else part.tags.owner
            key = by, measure, part.tags.item, part.tags.customer or other
            rows += [(*key, period.label, float(amount[period.index]), "plan") for period in told]
        return pd.DataFrame(rows, columns=COLUMNS)

    @cached_property
    def decided(self) -> dict[tuple[str, str], Array]:
        """Starts and orders of the plan [T], by kind and id."""
        net = self.plan.net
        starts = by_record(net, net.activities, self.read("core/activities"), "level")
        orders = by_record(net, net.units, self.read("core/units"), "ordered")
        return {
            **{("activity", record.id): row for record, row in zip(net.activities, starts, strict=True)},
            **{("unit", record.id): row for record, row in zip(net.units, orders, strict=True)},
        }

    def _paid(self) -> list[pd.DataFrame]:
        """Return what companies pay each other, as revenue of one and as cost or capex of the other."""
        paid = reported(self.read("domain/transfers"))
        capital = self._capital_payments()
        basis = paid["what"].map(_basis)
        goods = zip(paid["payer"], paid["payee"], paid["what"], paid["item"], strict=True)
        measure = ["capex" if key in capital else "cost" for key in goods]
        earned = paid.assign(company=paid["payee"], measure="revenue", other=paid["payer"])
        spent = paid.assign(company=paid["payer"], measure=measure, other=paid["payee"])
        return [rows.assign(item=rows["what"], value=rows["amount"], basis=basis)[COLUMNS] for rows in (earned, spent)]

    def _capital_payments(self) -> frozenset[tuple[str, str, str, str]]:
        """Return payer, payee, kind and item of the payments for capacity that stays with who pays."""
        capacities = {unit.id for unit in self.plan.net.units if _is_capacity(unit.tags.role, unit.tags.stage)}
        return frozenset(
            (payment.payer, payment.payee, payment.kind, payment.item)
            for payment in payments_between(self.plan.net)
            if payment.term.kind in ("unit", "placed") and payment.term.id in capacities
        )

    def _borne(self) -> pd.DataFrame:
        """Return the costs that companies bear; those of what they order and keep are capex."""
        net, costs = self.plan.net, reported(self.read("core/costs"))
        costs = costs[costs["term"] != "delivery_value"]
        who = bearers(net)
        keeps = dict(zip((unit.id for unit in net.units), parties_of(net, "unit_at_end").tolist(), strict=True))
        company = [who[term].get(key, NOBODY) for term, key in zip(costs["term"], costs["id"], strict=True)]
        rows = zip(costs["term"], costs["id"], company, costs["role"], costs["stage"], strict=True)
        measure = [
            "capex" if term in ORDERS and keeps[key] == by and _is_capacity(role, stage) else "cost"
            for term, key, by, role, stage in rows
        ]
        borne = costs.assign(company=company, measure=measure, item=costs["term"], other="", value=-costs["amount"])
        return borne.assign(basis="resource cost")[COLUMNS]

    def _worth(self) -> list[pd.DataFrame]:
        """Return what deliveries would pay at the marginal price, in the money of their period."""
        if not self.plan.in_money:
            return []
        net, bought = self.plan.net, reported(self.read("core/demands"))
        rows, periods = self.read("core/rows"), self.read("core/periods")
        price = rows[rows["family"] == "balance"].set_index(["id", "period"])["price"].to_dict()
        discount = periods.set_index("period")["discount"].to_dict()
        who = dict(zip((demand.id for demand in net.demands), parties_of(net, "demand").tolist(), strict=True))
        cells = zip(bought["material"], bought["period"], bought["delivered"], strict=True)
        value = [price[material, label] * amount / discount[label] for material, label, amount in cells]
        company = bought["id"].map(who)
        what = bought["workload"].where(bought["workload"] != "", bought["node"])
        bought = bought.assign(company=company, measure="shadow_revenue", item=what, other="", value=value)
        return [bought.assign(basis="marginal price")[COLUMNS]]


ORDERS = ("order_cost", "order_fixed_cost", "retire_cost")
"""Terms of the costs of units."""


def _is_capacity(role: str, stage: str) -> bool:
    return role not in NO_CAPACITY and stage != CONTRACT


def _basis(what: str) -> str:
    """Return what a payment rests on."""
    if what in LISTED:
        return f"list price, paid when {WHEN.get(what, 'started')}"
    return "stated rate" if what in RATES else "contract"


def _rows(measure: str, rows: pd.DataFrame, company: str, item: str, other: str, value: str) -> pd.DataFrame:
    """Return rows of a table of the plan as rows of the books."""
    return rows.assign(
        company=rows[company], measure=measure, item=rows[item], other=rows[other] if other else "",
        value=rows[value], basis="plan",
    )[COLUMNS]  # fmt: skip
