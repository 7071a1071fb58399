"""What several analyses and reports read from the tables of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.solve.noise import COUNTS, rounding

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[[str], pd.DataFrame]


def reported(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of reported periods."""
    return frame[frame["reported"]]


def last_of_years(periods: pd.DataFrame) -> list[str]:
    """Return the labels of the last reported period of each calendar year."""
    rows = reported(periods)
    return [str(label) for label in rows.groupby(rows["start"].str[:4], sort=False)["period"].last()]


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
    name, owner, kind, unit
        What it is, whose, of which kind, and in what it is counted.
    first, last
        Labels of the first and the last period.
    price
        Worth of one unit of relief, the mean of these periods.
    gain
        What 1 % more of it in each of these periods is worth at its prices; None for a share of what a plan does.
    """

    name: str
    owner: str
    kind: str
    unit: str
    first: str
    last: str
    price: float
    gain: float | None

    @property
    def when(self) -> str:
        """When it binds, as people write it."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


def holding(limits: pd.DataFrame, most: int) -> list[Holding]:
    """Return the limits that hold a plan back most by their prices, from the table `core/limits`.

    Behind them stand, dearest first, rules whose right-hand side is 0 (shares of what a plan does), at most a quarter
    as many: they have a price, but no 1 % of their own. Obligations are apart: see :func:`obligations`.
    """
    return _ranked(limits[limits["side"] == "upper"], most)


def obligations(limits: pd.DataFrame, most: int) -> list[Holding]:
    """Return what a plan must do: required demands, floors, least levels and takes, safety stocks; the dearest first.

    Price and gain are those of one unit and of 1 % *less* of the obligation: negative where the plan would lose by it.
    """
    obliged = limits[limits["side"] != "upper"]
    return _ranked(obliged.assign(price=-obliged["price"]), most)


def _ranked(limits: pd.DataFrame, most: int) -> list[Holding]:
    priced = binding(limits)
    priced = priced.assign(gain=priced["gain"].where(priced["price"] > 0.0, -priced["gain"]))
    ranked = sorted(_grouped(priced), key=lambda one: -(one.gain or 0.0))[:most]
    rows = reported(limits)
    dear = rows["price"].abs() > COUNTS * rows["price"].abs().max()
    rules = rows[rows["kind"].isin(RULES) & (rows["limit"] == 0.0) & dear]
    shares = sorted(_grouped(rules.assign(gain=float("nan"))), key=lambda one: -one.price)
    return [*ranked, *shares[: -(-most // 4)]]


def _grouped(rows: pd.DataFrame) -> list[Holding]:
    return [
        Holding(
            own["name"].iloc[0],
            own["owner"].iloc[0],
            own["kind"].iloc[0],
            own["unit"].iloc[0],
            own["period"].iloc[0],
            own["period"].iloc[-1],
            float(own["price"].mean()),
            None if own["gain"].isna().any() else float(own["gain"].sum()),
        )
        for _, own in rows.groupby(["family", "id", "side"], sort=False)
    ]


RULES = ("policy", "law")
"""Kinds of limits that are rules."""
