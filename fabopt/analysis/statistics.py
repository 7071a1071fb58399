r"""Statistics of a plan by any tags: capacity, use, supply, cost, revenue, rent; from the tables of the result alone.

With the reported periods t of length :math:`\ell_t`, over the records that share the tags that are asked for

===========  ==========================================================================================================
statistic    what it is
===========  ==========================================================================================================
capacity     what there is, base and added; a rate by month (tools: by year; of a plain network: by its first period);
             over several periods the mean by their lengths
use          :math:`\sum \text{taken} / \sum \text{there}`, by activities and by units
supply       what activities and units put into materials; withdrawal: what they take out
deliveries   what demands get
cost         what is paid outside the chain
revenue      what parties of the chain pay each other; the owner is who is paid, the customer who pays
rent         :math:`\sum_r \pi_r b_r` over limits r with price and limit: what owners of what is scarce earn at the
             margin, and what obligations cost (negative)
===========  ==========================================================================================================

Money is that of its period. What has no end (a capacity that is infinite) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.analysis.explain.names import known
from fabopt.analysis.plan_tables import Times, reported, times_by
from fabopt.domain.measured import TagName
from fabopt.errors import StudyError
from fabopt.network.lowering.measured import Scope
from fabopt.network.parties import payments_between
from fabopt.network.tables import Tags
from fabopt.plan.plan import Plan
from fabopt.solve.results.columns import TAG_NAMES

if TYPE_CHECKING:
    import pandas as pd

By = str | Sequence[str] | None
Where = Mapping[str, str | Sequence[str]]

WHOLE = "whole horizon"
"""Column of limits that are on no period."""
DERIVED: tuple[TagName, ...] = ("designer", "origin", "destination")
"""Tags that follow from the others of a record."""
NO_TAGS = ("reported", "value", "of", "length", "unit")
OF_TIME = ("period", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic.

    Attributes
    ----------
    says
        What it is.
    rows
        Returns its rows of a plan, reported or not: tags, `period`, `reported`, `unit`, `value`, and `of`, what the
        value is a share of, where it is one.
    over
        How periods are put together: ``sum``, ``mean`` by their lengths, or ``share``.
    """

    says: str
    rows: Callable[[Plan], pd.DataFrame]
    over: str = "sum"


def statistic(
    plan: Plan,
    name: str,
    *,
    stage: str | Sequence[str] = (),
    by: By = None,
    per: str | None = None,
    where: Where | None = None,
) -> pd.Series[float] | pd.DataFrame:
    """Return a statistic by tags, over all reported periods or by time.

    Parameters
    ----------
    plan
        The plan.
    name
        Name of the statistic.
    stage
        Stages of the chain that count; all of them when empty.
    by
        Tags by which it is told apart; the stage when left out. The unit always stands behind them.
    per
        ``period``, ``quarter`` or ``year``: a column for each; None: over all reported periods together.
    where
        Values of tags that count.

    Raises
    ------
    fabopt.errors.StudyError
        When the records have no such tag, or none has such a value of it.
    fabopt.solve.results.folder.ResultError
        When there is no plan.
    """
    kind = STATISTICS[name]
    tags = [by] if isinstance(by, str) else ["stage"] if by is None else list(dict.fromkeys(by))
    chosen = {"stage": stage, **(where or {})} if stage else dict(where or {})
    rows = reported(kind.rows(plan))
    times = times_by(plan.table("core/periods"), per or "period")
    rows = _with_tags(plan, rows, name, (*tags, *chosen))
    for tag, values in chosen.items():
        rows = _those(rows, tag, (values,) if isinstance(values, str) else tuple(values))
    total = _added_up(rows, kind.over, [*tags, "unit"], times, per, plan, name)
    total.attrs.update(title=kind.says, per=per or "all reported periods")
    return total


def _with_tags(plan: Plan, rows: pd.DataFrame, name: str, tags: Sequence[str]) -> pd.DataFrame:
    """Return rows with the tags that are asked for, those that follow from others among them."""
    there = [column for column in rows.columns if column not in NO_TAGS]
    more = list(DERIVED) if set(TAG_NAMES) <= set(there) else []
    for tag in dict.fromkeys(tags):
        if tag not in (*there, *more, *OF_TIME):
            every = ", ".join(dict.fromkeys((*there, *more, *OF_TIME)))
            raise StudyError(f"There is no tag {tag[:40]!r} in the statistic {name}; there are {every}.")
        if tag in ("quarter", "year"):
            of = times_by(plan.table("core/periods"), tag).of
            rows = rows.assign(**{tag: rows["period"].map(of).fillna("")})
        elif tag in more:
            rows = rows.assign(**{tag: _derived(plan, rows, tag)})
    return rows


def _derived(plan: Plan, rows: pd.DataFrame, tag: TagName) -> list[str]:
    """Return a tag that follows from the others, row by row."""
    scope = Scope(*plan.lowered)
    told: dict[tuple[str, ...], str] = {}
    values = []
    for key in rows[list(TAG_NAMES)].itertuples(index=False, name=None):
        if key not in told:
            told[key] = scope.value(tag, Tags(**dict(zip(TAG_NAMES, key, strict=True))))
        values.append(told[key])
    return values


def _those(rows: pd.DataFrame, tag: str, values: Sequence[str]) -> pd.DataFrame:
    """Return the rows with one of these values of a tag."""
    there = sorted(set(rows[tag]) - {""})
    for value in values:
        known(tag, value, there, "the plan")
    return rows[rows[tag].isin(values)]


def _added_up(
    rows: pd.DataFrame, over: str, keys: list[str], times: Times, per: str | None, plan: Plan, name: str
) -> pd.Series[float] | pd.DataFrame:
    """Return values added up by keys, and by time where that is asked for."""
    periods = plan.table("core/periods").set_index("period")["years"]
    years = rows["period"].map(periods).astype(float).fillna(0.0)
    when = rows["period"].map(times.of).fillna(WHOLE) if per else "all"
    rows = rows.assign(when=when, value=rows["value"] * (years if over == "mean" else 1.0))
    columns = ["value", "of"] if over == "share" else ["value"]
    sums = rows.groupby([*keys, "when"], sort=False)[columns].sum()
    value = sums["value"]
    if over == "share":
        value = value / sums["of"].where(sums["of"] > 0.0)
    elif over == "mean":
        whole = sum(float(str(span["years"])) for span in times.spans.values())
        length = {label: float(str(span["years"])) for label, span in times.spans.items()}
        value = value / np.array([length.get(label, whole) for label in value.index.get_level_values("when")])
    value = value[value.notna() & (value != 0.0)]
    if not per:
        return value.droplevel("when").rename(name)
    table = value.unstack("when").reindex(value.droplevel("when").index.unique())
    order = [label for label in (*times.spans, WHOLE) if label in table.columns]
    table = table[order].rename_axis(columns=per)
    return table if over == "share" else table.fillna(0.0)


def _there(plan: Plan) -> pd.DataFrame:
    """Return the capacities that have an end, with what there is of them and what is taken, in the unit of a rate."""
    rows, periods = plan.table("core/resources"), plan.table("core/periods")
    there = rows["base"] + rows["added"]
    rows = rows.assign(of=there, value=rows["used"] + rows["occupied"])[np.isfinite(there)]
    years = rows["period"].map(periods.set_index("period")["years"]).astype(float)
    own = plan.data.network
    plain, tools = rows["id"].isin([] if own is None else list(own.resources)), rows["unit"] == "tool"
    length = np.where(plain, years / float(periods["years"].iloc[0]), np.where(tools, years, 12.0 * years))
    named = np.where(plain, "/period", np.where(tools, "/year", "/month"))
    rate = rows["capacity_kind"] == "rate"
    rows = rows.assign(unit=np.where(rate, rows["unit"] + named, rows["unit"]), length=np.where(rate, length, 1.0))
    return rows.drop(columns=["base", "added", "occupied", "used", "free"])


def _capacity(plan: Plan) -> pd.DataFrame:
    rows = _there(plan)
    return rows.assign(value=rows["of"] / rows["length"])


def _flows(sign: float) -> Callable[[Plan], pd.DataFrame]:
    def rows(plan: Plan) -> pd.DataFrame:
        flows = plan.table("core/flows")
        flows = flows[sign * flows["amount"] > 0.0]
        return flows.assign(value=sign * flows["amount"]).drop(columns="amount")

    return rows


def _deliveries(plan: Plan) -> pd.DataFrame:
    rows = plan.table("core/demands")
    numbers = ["quantity", "unmet", "backlog", "lost", "backlog_cost", "lost_cost", "weight"]
    return rows.assign(value=rows["delivered"]).drop(columns=[*numbers, "delivered"])


def _costs(plan: Plan) -> pd.DataFrame:
    rows = plan.table("core/costs")
    rows = rows[rows["term"] != "delivery_value"]
    return rows.assign(value=-rows["amount"], unit=_money(plan)).drop(columns=["amount", "discounted"])


def _revenue(plan: Plan) -> pd.DataFrame:
    """Return the payments between parties, with the tags that all that is paid under one name has in common."""
    rows = plan.table("domain/transfers")
    net = plan.net
    tags = {("activity", a.id): a.tags for a in net.activities} | {("unit", u.id): u.tags for u in net.units}
    common: dict[tuple[str, ...], dict[str, str]] = {}
    names = [name for name in TAG_NAMES if name not in ("owner", "customer", "item")]
    for payment in payments_between(net):
        of = tags.get(({"on": "activity", "placed": "unit"}.get(payment.term.kind, payment.term.kind), payment.term.id))
        key = payment.payer, payment.payee, payment.kind, payment.item
        mine = {name: "" if of is None else str(getattr(of, name)) for name in names}
        before = common.setdefault(key, mine)
        common[key] = {name: value if mine[name] == value else "" for name, value in before.items()}
    keys = list(zip(rows["payer"], rows["payee"], rows["what"], rows["item"], strict=True))
    made: dict[str, Any] = {name: [common[key][name] if key in common else "" for key in keys] for name in names}
    rows = rows.assign(**made, value=rows["amount"], owner=rows["payee"], customer=rows["payer"], unit=_money(plan))
    return rows.drop(columns=["payer", "payee", "quantity", "price", "amount"])


def _rent(plan: Plan) -> pd.DataFrame:
    """Return price times limit of what has a price, in the money of the period."""
    rows = plan.table("core/limits")
    rows = rows[rows["price"] != 0.0]
    discount = plan.table("core/periods").set_index("period")["discount"]
    price = rows["price"] / rows["period"].map(discount).astype(float).fillna(1.0)
    unit = _money(plan) if plan.in_money else plan.unit
    return rows.assign(value=price * rows["limit"], unit=unit).drop(columns=["limit", "used", "slack", "price"])


def _money(plan: Plan) -> str:
    return plan.run.money_unit or "money of the instance"


STATISTICS: Mapping[str, Statistic] = {
    "capacity": Statistic("capacity that there is, mean over the time", _capacity, "mean"),
    "use": Statistic("share of the capacity that is taken", _there, "share"),
    "supply": Statistic("what is put into materials", _flows(1.0)),
    "withdrawal": Statistic("what is taken out of materials", _flows(-1.0)),
    "deliveries": Statistic("what demands get", _deliveries),
    "cost": Statistic("what is paid outside the chain, in the money of its period", _costs),
    "revenue": Statistic("what parties are paid by others of the chain, in the money of its period", _revenue),
    "rent": Statistic("price times limit of what is scarce or owed, in the money of its period", _rent),
}
"""Statistics by name."""


def summary(plan: Plan, *, stage: str | Sequence[str] = (), by: By = None, where: Where | None = None) -> pd.DataFrame:
    """Return all statistics over the reported periods, a column each; see :func:`statistic`.

    A tag that some statistics do not have leaves these out.
    """
    import pandas as pd

    found, refused = dict[str, Any](), None
    for name in STATISTICS:
        try:
            found[name] = statistic(plan, name, stage=stage, by=by, where=where)
        except StudyError as error:
            refused = refused or error
    if not found and refused is not None:
        raise refused
    return pd.DataFrame(found)
