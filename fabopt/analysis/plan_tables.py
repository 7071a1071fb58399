"""What several analyses and reports read from the tables of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import TYPE_CHECKING

from fabopt.domain.calendar import NOMINAL_YEARS, period_label
from fabopt.domain.tolerances import COUNTS, rounding
from fabopt.errors import StudyError
from fabopt.model.limits import obliges
from fabopt.model.words import record_of, said
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd


LENGTHS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
"""What a period of so many months is called."""


def reported(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of reported periods."""
    return frame[frame["reported"]]


def last_of_years(periods: pd.DataFrame) -> list[str]:
    """Return the labels of the last reported period of each calendar year."""
    rows = reported(periods)
    return [str(label) for label in rows.groupby(rows["start"].astype(str).str[:4], sort=False)["period"].last()]


@dataclass(frozen=True, slots=True)
class Times:
    """Reported periods, put together.

    Attributes
    ----------
    of
        Label of the time that each period belongs to, by its label.
    spans
        Start, end and length in years of each time, by its label.
    last
        Labels of the last period of each.
    """

    of: Mapping[str, str]
    spans: Mapping[str, dict[str, object]]
    last: frozenset[str]


def times_by(periods: pd.DataFrame, per: str) -> Times:
    """Return the reported periods by ``period``, ``quarter`` or ``year``; one longer than a quarter stands by itself.

    Raises
    ------
    fabopt.errors.StudyError
        When it is none of these.
    """
    if per not in PER:
        raise StudyError(f"Time cannot be put together by {per!r}; there are {', '.join(PER)}.")
    rows = reported(periods)
    of, spans, last = dict[str, str](), dict[str, dict[str, object]](), dict[str, str]()
    for label, start, end, years in zip(rows["period"], rows["start"], rows["end"], rows["years"], strict=True):
        quarter = per == "quarter" and years <= NOMINAL_YEARS["quarter"]
        first = date.fromisoformat(start)
        to = period_label(first, "quarter") if quarter else period_label(first, "year") if per == "year" else label
        before = spans.get(to, {"start": start, "years": 0.0})
        of[label], last[to] = to, label
        spans[to] = {"start": before["start"], "end": end, "years": float(str(before["years"])) + years}
    return Times(of, spans, frozenset(last.values()))


PER = ("period", "quarter", "year")
"""How periods are put together."""


def every_period(periods: pd.DataFrame) -> str:
    """Return which periods a plan is reported in, for a price in each of them: ``every quarter from 2027Q1 to ...``."""
    rows = reported(periods)
    months = {round(12 * years) for years in rows["years"]}
    what = LENGTHS.get(months.pop(), "period") if len(months) == 1 else "period"
    first, last = rows["period"].iloc[0], rows["period"].iloc[-1]
    return f"every {what} from {first} to {last}" if first != last else str(first)


def accelerators(read: Read, table: str) -> pd.DataFrame:
    """Return the reported rows of chips that make accelerator compute: processors for agents are not counted."""
    mix = read("domain/chip_mix")
    chips = set(mix.loc[mix["kh100e"] > 0.0, "chip"])
    rows = reported(read(table))
    return rows[rows["chip"].isin(chips)]


def binding(limits: pd.DataFrame) -> pd.DataFrame:
    """Return the reported limits that have a price, with what 1 % more of each is worth at it (column `gain`)."""
    rows = reported(limits)
    rows = rows.assign(gain=rows["price"].abs() * rows["limit"].abs() * 0.01)
    return rows[rows["gain"] > rounding(rows["gain"].max())]


@dataclass(frozen=True, slots=True)
class Holding:
    """A limit that holds a plan back, over all reported periods in which it does.

    Attributes
    ----------
    family, name, owner, kind, unit
        Its family, what it is, whose, of which kind, and in what it is counted.
    first, last
        Labels of the first and the last period; empty where it is one of the whole horizon.
    price
        Worth of one unit of relief in every one of these periods.
    gain
        What 1 % more of it in each of these periods is worth at its prices; None for a share of what a plan does.
    """

    family: str
    name: str
    owner: str
    kind: str
    unit: str
    first: str
    last: str
    price: float
    gain: float | None

    @property
    def per(self) -> str:
        """What its price is the price of one of: ``kwafer wanted``."""
        return record_of(self.family).per_unit(self.unit)

    @property
    def when(self) -> str:
        """When it binds, as people write it."""
        if not self.last:
            return "the whole horizon"
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


def holding(limits: pd.DataFrame, most: int) -> list[Holding]:
    """Return the limits that hold a plan back most by their prices, from the table `core/limits`.

    Behind them stand, most expensive first, rules whose right-hand side is 0 (shares of what a plan does), at most a
    quarter as many: they have a price, but no 1 % of their own. Obligations are apart: see :func:`obligations`.
    """
    return [*_ranked(limits[~_obliges(limits)], most), *unranked(limits, most)]


def unranked(limits: pd.DataFrame, most: int) -> list[Holding]:
    """Return rules whose right-hand side is 0 (shares of what a plan does), the most expensive first.

    They have a price, but no per cent of their own.
    """
    limits = _told_apart(limits[~_obliges(limits)])
    rows = reported(limits)
    dear = rows["price"].abs() > COUNTS * rows["price"].abs().max()
    rules = rows[rows["kind"].isin(RULES) & (rows["limit"] == 0.0) & dear]
    return sorted(_grouped(rules.assign(gain=float("nan"))), key=lambda one: -one.price)[: -(-most // 4)]


def obligations(limits: pd.DataFrame, most: int) -> list[Holding]:
    """Return what a plan must do and would gain by doing less of, the most expensive first.

    These are required demands, floors, least levels and takes, safety stocks.

    Price and gain are those of one unit and of 1 % *less* of the obligation in every period.
    """
    return [one for one in _ranked(_obliged(limits), most) if one.price > 0.0]


def free_obligations(limits: pd.DataFrame) -> int:
    """Return how many obligations cost nothing: the plan would do as much anyway, or gains by them."""
    obliged = _obliged(limits)
    return reported(obliged).groupby(_LIMIT).ngroups - len(obligations(limits, len(obliged)))


def _obliged(limits: pd.DataFrame) -> pd.DataFrame:
    """Return the obligations with the worth of less of them as their price."""
    obliged = limits[_obliges(limits)]
    return obliged.assign(price=-obliged["price"])


def _obliges(limits: pd.DataFrame) -> pd.Series[bool]:
    return limits["side"].map(obliges).astype(bool)


def _ranked(limits: pd.DataFrame, most: int) -> list[Holding]:
    limits = _told_apart(limits)
    bound = binding(limits)
    bound = bound.assign(gain=bound["gain"].where(bound["price"] > 0.0, -bound["gain"]))
    return sorted(_grouped(bound), key=lambda one: -(one.gain or 0.0))[:most]


def _told_apart(limits: pd.DataFrame) -> pd.DataFrame:
    """Return limits with what each limits in its name, where limits of one name and of several families have prices."""
    dear = limits[limits["price"] != 0.0]
    families = dear.groupby("name")["family"].nunique()
    shared = limits["name"].isin(families.index[families > 1])
    name = limits["name"].copy()
    name[shared] = [said(family, one) for family, one in zip(limits["family"][shared], name[shared], strict=True)]
    return limits.assign(name=name)


def _grouped(rows: pd.DataFrame) -> list[Holding]:
    groups = rows.groupby(_LIMIT, sort=False)
    first, last = groups[["name", "owner", "kind", "unit", "period"]].first(), groups["period"].last()
    gain = groups["gain"].agg(lambda gains: gains.sum(skipna=False))
    words = zip(first.itertuples(index=False, name=None), last, groups["price"].sum(), gain, strict=True)
    return [
        Holding(
            family, name, owner, kind, unit, begins, ends, float(price),
            None if isnan(worth) else float(worth),
        )
        for (family, _, _), ((name, owner, kind, unit, begins), ends, price, worth) in zip(
            first.index, words, strict=True
        )
    ]  # fmt: skip


_LIMIT = ["family", "id", "side"]  # columns that tell a limit over all periods

RULES = ("policy", "law")
"""Kinds of limits that are rules."""
