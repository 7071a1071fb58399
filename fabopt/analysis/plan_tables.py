"""What several analyses and reports read from the tables of a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
    return rows[rows["gain"] > LEAST_GAIN]


LEAST_GAIN = 1e-6
"""Worth of 1 % more (in the unit of money) below which a limit does not count as holding anything back."""
