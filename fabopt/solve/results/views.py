"""The domain tables of a result: the plan in the words of the chain.

Each is a filter over the tags of the core tables, so that a plain network with tags of its own has them too. Nothing
here reads an id apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.solve.results.columns import MONEY, PERIOD, REPORTED, UNIT, TableSpec, number, text
from fabopt.solve.results.frames import frame
from fabopt.solve.results.markets import MARKETS, market_rows

if TYPE_CHECKING:
    import pandas as pd

    Tables = Mapping[str, "pd.DataFrame"]


@dataclass(frozen=True, slots=True)
class View:
    """What makes a domain table from the core tables, and of which stages its rows are; none: of any."""

    of: Callable[[Tables], pd.DataFrame]
    stages: frozenset[str] = frozenset()


_DESIGNER = text("designer", "designer of the chip")
_CHIP = text("chip", "chip")
_LAB = text("lab", "lab")
_SITE = text("site", "site")
_OWNER = text("owner", "who owns it")
_CUSTOMER = text("customer", "on whose behalf")

WAFER_STARTS = TableSpec(
    "wafer_starts",
    "domain",
    "wafers started in a period",
    (
        PERIOD,
        REPORTED,
        _OWNER,
        text("site", "fab; for HBM the maker"),
        text("node", "process node"),
        text("use", "wafer (dies of chips), memory (HBM) or market (other buyers)"),
        _CUSTOMER,
        text("item", "die, HBM generation or market"),
        number("kwafer", "thousand wafers in the period", "wafers started"),
        number("kwafer_per_month", "thousand wafers per month", "wafers started, as a rate"),
    ),
)
HBM = TableSpec(
    "hbm",
    "domain",
    "HBM stacks finished in a period",
    (
        PERIOD,
        REPORTED,
        _OWNER,
        text("maker", "maker's HBM business"),
        text("generation", "HBM generation"),
        text("designer", "designer that they are made for"),
        number("kstack", "thousand stacks", "good stacks"),
    ),
)
PACKAGES = TableSpec(
    "packages",
    "domain",
    "packages finished in a period",
    (
        PERIOD,
        REPORTED,
        _DESIGNER,
        _CHIP,
        text("owner", "owner of the packaging line; the designer without one"),
        text("line", "packaging line; empty without one"),
        number("kpackage", "thousand packages", "good packages"),
    ),
)
SHIPMENTS = TableSpec(
    "shipments",
    "domain",
    "accelerators that leave for a site in a period",
    (
        PERIOD,
        REPORTED,
        _DESIGNER,
        _CHIP,
        _LAB,
        _SITE,
        number("kaccelerator", "thousand accelerators", "accelerators shipped"),
    ),
)
DEPLOYMENTS = TableSpec(
    "deployments",
    "domain",
    "accelerators that start to run at a site in a period",
    (
        PERIOD,
        REPORTED,
        _LAB,
        _SITE,
        text("region", "region of the site"),
        _DESIGNER,
        _CHIP,
        number("kaccelerator", "thousand accelerators", "accelerators installed"),
    ),
)
FLEET = TableSpec(
    "fleet",
    "domain",
    "accelerators at a site in a period",
    (
        PERIOD,
        REPORTED,
        _LAB,
        _SITE,
        _DESIGNER,
        _CHIP,
        number("running", "thousand accelerators", "accelerators run"),
        number("idle", "thousand accelerators", "accelerators left off at the end of the period"),
        number("facility_mw", "MW facility", "facility power that the running ones draw"),
    ),
)
COMPUTE = TableSpec(
    "compute",
    "domain",
    "compute of a workload that a lab wants and gets in a period",
    (
        PERIOD,
        REPORTED,
        _LAB,
        text("workload", "workload"),
        number("wanted", "thousand H100 equivalents", "compute wanted at any price on the demand curve"),
        number("delivered", "thousand H100 equivalents", "compute delivered"),
        number("weight", "1", "share of it that counts as accelerator compute"),
        number("value", MONEY, "value of it in the period"),
    ),
)
CHIP_MIX = TableSpec(
    "chip_mix",
    "domain",
    "a chip's part in a lab's compute in a period",
    (
        PERIOD,
        REPORTED,
        _LAB,
        _DESIGNER,
        _CHIP,
        number("running", "thousand accelerators", "accelerators run"),
        number("kh100e", "thousand H100 equivalents", "compute that they yield"),
        number("share", "1", "share of the lab's compute"),
    ),
)
POWER = TableSpec(
    "power",
    "domain",
    "facility power of a site in a period",
    (
        PERIOD,
        REPORTED,
        _LAB,
        _SITE,
        text("region", "region"),
        number("firm", "MW facility", "power that is there whatever is decided"),
        number("added", "MW facility", "power that the plan adds"),
        number("used", "MW facility", "power drawn"),
        number("free", "MW facility", "power left"),
    ),
)
ORDERS = TableSpec(
    "orders",
    "domain",
    "an order, or a retirement, of capacity in a period",
    (
        PERIOD,
        REPORTED,
        text("id", "id of the unit"),
        text("name", "display name"),
        text("stage", "stage of the chain"),
        _OWNER,
        _CUSTOMER,
        text("instrument", "what is done: order, build, qualification ..."),
        UNIT,
        number("ordered", "as in column unit", "units ordered"),
        number("retired", "as in column unit", "units retired"),
        text("effective", "first period in which it acts; empty: after the end"),
        number("cost", MONEY, "what it costs, in the money of its period"),
    ),
)
SPENDING = TableSpec(
    "spending",
    "domain",
    "a party's budget in one of its windows",
    (
        text("party", "who spends"),
        text("name", "display name of the budget"),
        text("first", "first period of the window"),
        text("last", "last period of the window"),
        number("spent", MONEY, "spent"),
        number("limit", MONEY, "ceiling"),
    ),
)
CHARGES = TableSpec(
    "charges",
    "domain",
    "what somebody pays for a charge, or to have goods carried, in a period",
    (
        PERIOD,
        REPORTED,
        text("item", "charge; of goods that are carried, what they are"),
        text("name", "display name"),
        text("party", "who pays"),
        number("paid", MONEY, "paid"),
    ),
)


def domain_tables(core: Tables) -> dict[TableSpec, pd.DataFrame]:
    """Return the domain tables that are views of the core tables, by their records."""
    there = {stage for name in STAGED for stage in core[name]["stage"].unique()}
    return {spec: _shown(spec, view, core, there) for spec, view in VIEWS.items()}


def _shown(spec: TableSpec, view: View, core: Tables, there: Set[str]) -> pd.DataFrame:
    """Return a view; without asking for it, an empty one where nothing has any of its stages."""
    if view.stages and view.stages.isdisjoint(there):
        return frame(spec, {name: [] for name in spec.names})
    return view.of(core)[spec.names].reset_index(drop=True)


def _wafer_starts(core: Tables) -> pd.DataFrame:
    rows = core["activities"]
    rows = rows[rows["stage"].isin(["wafer", "memory", "market"]) & (rows["unit"] == "kwafer")]
    months = 12.0 * rows["period"].map(core["periods"].set_index("period")["years"]).astype(float)
    return rows.assign(use=rows["stage"], kwafer=rows["level"], kwafer_per_month=rows["level"] / months)


def _made(core: Tables, stage: str) -> pd.DataFrame:
    """Return the positive flows inside the horizon into materials of a stage by activities of the same stage."""
    flows, materials = core["flows"], core["materials"]
    chip = materials.drop_duplicates("id").set_index("id")
    target = flows["material"].map(chip["stage"])
    rows = flows[(flows["stage"] == stage) & (target == stage) & (flows["amount"] > 0.0) & (flows["period"] != "")]
    return rows.assign(material_chip=rows["material"].map(chip["chip"]))


def _hbm(core: Tables) -> pd.DataFrame:
    return _made(core, "memory").rename(
        columns={"site": "maker", "item": "generation", "customer": "designer", "amount": "kstack"}
    )


def _packages(core: Tables) -> pd.DataFrame:
    rows = _made(core, "packaging")
    rows = rows[rows["chip"] == rows["material_chip"]]  # what is only sold as a lesser chip is not made again
    return rows.rename(columns={"customer": "designer", "site": "line", "amount": "kpackage"})


def _taking(core: Tables) -> pd.DataFrame:
    """Return the flows by which activities of deployment take finished packages."""
    flows, materials = core["flows"], core["materials"]
    stage = materials.drop_duplicates("id").set_index("id")["stage"]
    return flows[
        (flows["stage"] == "deployment") & (flows["material"].map(stage) == "packaging") & (flows["amount"] < 0.0)
    ]


def _shipments(core: Tables) -> pd.DataFrame:
    rows = _taking(core)
    return rows.assign(kaccelerator=-rows["amount"]).rename(columns={"item": "designer"})


def _deployments(core: Tables) -> pd.DataFrame:
    deploying = set(_taking(core)["id"])
    rows = _made(core, "deployment")
    rows = rows[rows["id"].isin(deploying)]
    return rows.rename(columns={"item": "designer", "amount": "kaccelerator"})


def _fleet(core: Tables) -> pd.DataFrame:
    import pandas as pd

    keys = ["period", "reported", "lab", "site", "item", "chip"]
    uses, resources = core["uses"], core["resources"]
    power = set(resources.loc[resources["stage"] == "power", "id"])
    drawn = uses[(uses["stage"] == "deployment") & uses["resource"].isin(power)]
    operating = set(drawn["id"])
    activities, materials = core["activities"], core["materials"]
    run = activities[activities["id"].isin(operating)]
    idle = materials[(materials["stage"] == "deployment") & (materials["stock"] > 0.0)]
    parts = [
        run[keys].assign(running=run["level"]),
        idle[keys].assign(idle=idle["stock"]),
        drawn[keys].assign(facility_mw=drawn["amount"]),
    ]
    joined = pd.concat(parts, ignore_index=True)
    for name in ("running", "idle", "facility_mw"):
        joined[name] = joined[name].astype(float).fillna(0.0) if name in joined else 0.0
    sums = joined.groupby(keys, sort=False, as_index=False)[["running", "idle", "facility_mw"]].sum()
    return _in_time(sums, core).rename(columns={"item": "designer"})


def _in_time(rows: pd.DataFrame, core: Tables) -> pd.DataFrame:
    """Sort by lab, site, designer and chip in the order of appearance, then by period."""
    names = [n for n in ("lab", "site", "item", "chip") if n in rows]
    order = {name: {value: k for k, value in enumerate(rows[name].unique())} for name in names}
    order["period"] = {label: k for k, label in enumerate(core["periods"]["period"])}
    return rows.sort_values([*names, "period"], key=lambda column: column.map(order[str(column.name)]), kind="stable")


def _compute(core: Tables) -> pd.DataFrame:
    rows = core["demands"]
    rows = rows[rows["stage"] == "compute"]
    value = core["deliveries"]
    value = value.assign(value=value["delivered"] * value["unit_value"])
    sums = value.groupby(["id", "period"], sort=False)["value"].sum().to_dict()
    keys = zip(rows["id"], rows["period"], strict=True)
    return rows.assign(wanted=rows["quantity"], value=[float(sums.get(key, 0.0)) for key in keys])


def _chip_mix(core: Tables) -> pd.DataFrame:
    keys = ["period", "reported", "lab", "item", "chip"]
    activities = core["activities"]
    run = activities[(activities["stage"] == "compute") & (activities["chip"] != "")]
    made = _made(core, "compute")
    weight = dict(zip(core["demands"]["material"], core["demands"]["weight"], strict=True))
    counted = [float(amount) * weight.get(m, 0.0) for amount, m in zip(made["amount"], made["material"], strict=True)]
    made = made.assign(amount=counted).astype({"amount": float})
    sums = run.groupby(keys, sort=False)[["level"]].sum()
    sums["amount"] = made.groupby(keys, sort=False)["amount"].sum().reindex(sums.index, fill_value=0.0)
    rows = _in_time(sums.reset_index(), core)
    total = rows.groupby(["lab", "period"], sort=False)["amount"].transform("sum")
    share = rows["amount"] / total.where(total > 0.0, 1.0)
    return rows.assign(share=share).rename(columns={"item": "designer", "level": "running", "amount": "kh100e"})


def _power(core: Tables) -> pd.DataFrame:
    rows = core["resources"]
    rows = rows[rows["stage"] == "power"]
    return rows.assign(added=rows["added"] - rows["occupied"]).rename(columns={"base": "firm"})


def _orders(core: Tables) -> pd.DataFrame:
    rows = core["units"]
    cost = rows["ordered"] * rows["unit_cost"] + rows["placed"] * rows["fixed_cost"]
    return rows.assign(cost=cost + rows["retired"] * rows["retire_cost"])


def _spending(core: Tables) -> pd.DataFrame:
    rows = core["windows"]
    rows = rows[rows["window_kind"] == "budget"]
    return rows.rename(columns={"owner": "party", "used": "spent"})


def _charges(core: Tables) -> pd.DataFrame:
    rows = core["activities"]
    rows = rows[rows["stage"].isin(["charge", "lane"])]
    # A charge is counted in money.
    each = rows["unit_cost"].where(rows["stage"] == "lane", 1.0)
    rows = rows.assign(paid=rows["level"] * each).rename(columns={"customer": "party"})
    return rows[rows["paid"] != 0.0]


STAGED = ("activities", "flows", "uses", "resources", "materials", "demands")
"""Core tables whose rows have a stage."""

VIEWS: dict[TableSpec, View] = {
    WAFER_STARTS: View(_wafer_starts, frozenset({"wafer", "memory", "market"})),
    MARKETS: View(market_rows, frozenset({"market"})),
    HBM: View(_hbm, frozenset({"memory"})),
    PACKAGES: View(_packages, frozenset({"packaging"})),
    SHIPMENTS: View(_shipments, frozenset({"deployment"})),
    DEPLOYMENTS: View(_deployments, frozenset({"deployment"})),
    FLEET: View(_fleet, frozenset({"deployment"})),
    COMPUTE: View(_compute, frozenset({"compute"})),
    CHIP_MIX: View(_chip_mix, frozenset({"compute"})),
    POWER: View(_power, frozenset({"power"})),
    ORDERS: View(_orders),
    SPENDING: View(_spending),
    CHARGES: View(_charges, frozenset({"charge", "lane"})),
}
DOMAIN = tuple(VIEWS)
