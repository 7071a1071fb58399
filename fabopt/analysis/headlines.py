r"""The headlines of a plan, from its tables: what is paid, what it costs, what stands, how well each stage is used.

An optimum under assumed demand curves is no statement about money that changes hands. So three numbers are kept apart,
each over the reported periods and discounted:

* **revenue at the marginal price**: what all buyers would pay if each unit of a good in a period had the price of its
  balance there, :math:`\sum_{j,t} p_{i(j)t}\, d_{jt}`: the worth of one more unit;
* **cost**: what the plan pays outside the model;
* **surplus**: the worth of deliveries under the demand curves that the instance assumes, above that revenue.

What revenue leaves above cost is *rent*: over a whole horizon without integers, terminal values and other constants it
is the price of every limit times the limit, for a linear program's value is that of its dual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.plan_tables import accelerators, last_of_years, reported
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import CLOSE
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Money:
    """Money of the reported periods, discounted, in the unit of money of the instance.

    Attributes
    ----------
    value
        Worth of all deliveries under the demand curves that the instance assumes.
    revenue
        What they would pay at the marginal price.
    cost
        What is paid outside the model.
    """

    value: float
    revenue: float
    cost: float

    @property
    def surplus(self) -> float:
        """What deliveries are worth under the assumed demand curves above the marginal price."""
        return self.value - self.revenue

    @property
    def rent(self) -> float:
        """What revenue leaves above cost to the owners of what is scarce."""
        return self.revenue - self.cost


@dataclass(frozen=True, slots=True)
class Stood:
    """What stands at the end of a year: thousand accelerators and H100 equivalents, GW of facility power.

    Attributes
    ----------
    period
        The last reported one of the year.
    accelerators, running
        Installed ones, and those of them that run.
    installed
        Nominal compute of the installed ones, each on the workload that suits it best.
    usable
        Compute that the running ones yield.
    power
        Facility power that they draw.
    """

    period: str
    accelerators: float
    running: float
    installed: float
    usable: float
    power: float


@dataclass(frozen=True, slots=True)
class Use:
    """How well the capacities of a stage are used: share of what is there by calendar year (None: nothing is there)."""

    stage: str
    what: str
    node: str
    unit: str
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Headlines:
    """The headlines of a plan.

    Attributes
    ----------
    seen
        Whose plan it is: ``system``, ``buyers``, or one party's; it says what counts as a cost.
    first, last
        Labels of the first and the last reported period.
    years
        Calendar years that are reported.
    money
        None where the plan has another objective than money.
    stood
        By year, for what runs accelerators.
    use
        By stage.
    """

    seen: str
    first: str
    last: str
    years: tuple[str, ...]
    money: Money | None
    stood: tuple[Stood, ...]
    use: tuple[Use, ...]


def headlines(plan: Plan) -> Headlines:
    """Return the headlines of a plan.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the run has no plan.
    """
    periods = reported(plan.table("core/periods"))
    labels = periods["period"].tolist()
    year = dict(zip(periods["period"], periods["start"].str[:4], strict=True))
    return Headlines(
        seen=plan.perspective,
        first=labels[0],
        last=labels[-1],
        years=tuple(dict.fromkeys(year.values())),
        money=_money(plan.table) if plan.in_money else None,
        stood=_stood(plan.table, plan.data) if len(reported(plan.table("domain/fleet"))) else (),
        use=_use(plan.table, year),
    )


def _money(read: Read) -> Money:
    costs = reported(read("core/costs"))
    worth = costs["term"] == "delivery_value"
    balance = read("core/rows").query("family == 'balance'")
    price = dict(zip(zip(balance["id"], balance["period"], strict=True), balance["price"], strict=True))
    bought = reported(read("core/demands"))
    paid = [
        price[material, period] * delivered
        for material, period, delivered in zip(bought["material"], bought["period"], bought["delivered"], strict=True)
    ]
    return Money(
        value=float(costs.loc[worth, "discounted"].sum()),
        revenue=float(sum(paid)),
        cost=-float(costs.loc[~worth, "discounted"].sum()) + 0.0,
    )


def _stood(read: Read, data: Instance) -> tuple[Stood, ...]:
    fleet, everything = accelerators(read, "domain/fleet"), reported(read("domain/fleet"))
    mix = reported(read("domain/chip_mix"))
    stood = []
    for end in last_of_years(read("core/periods")):
        now = fleet[fleet["period"] == end]
        standing = now["running"] + now["idle"]
        best = now["chip"].map({id: chip.best for id, chip in data.chips.items()}).astype(float)  # none: of no type
        stood.append(
            Stood(
                period=end,
                accelerators=float(standing.sum()),
                running=float(now["running"].sum()),
                installed=float((standing * best).sum()),
                usable=float(mix.loc[mix["period"] == end, "kh100e"].sum()),
                power=float(everything.loc[everything["period"] == end, "facility_mw"].sum()) / 1000.0,
            )
        )
    return tuple(stood)


def _use(read: Read, year: dict[str, str]) -> tuple[Use, ...]:
    """Return the use of capacities that something uses, summed by stage, role, node and unit."""
    rows = reported(read("core/resources"))
    rows = rows.assign(year=rows["period"].map(year), there=rows["base"] + rows["added"])
    rows = rows.assign(taken=rows["used"] + rows["occupied"])
    years, use = list(dict.fromkeys(year.values())), []
    for key, own in rows.groupby(["stage", "role", "node", "unit"], sort=False):
        stage, role, node, unit = map(str, key)
        if float(own["used"].sum()) <= CLOSE * float(own["there"].sum()):
            continue
        what = role.replace("_", " ") or (own["name"].iloc[0] if own["id"].nunique() == 1 else "")
        use.append(Use(stage, what, node, unit, tuple(_share(own[own["year"] == y]) for y in years)))
    return tuple(use)


def _share(rows: pd.DataFrame) -> float | None:
    """Return the part of what is there that is taken."""
    there = float(rows["there"].sum())
    return float(rows["taken"].sum()) / there if 0.0 < there < float("inf") else None
