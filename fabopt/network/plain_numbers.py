"""Numbers of the plain `network:` section by period or window, and periods by name, with faults gathered."""

from __future__ import annotations

import numpy as np

from fabopt.domain.base import Fault, Path
from fabopt.domain.plain_rows import Row
from fabopt.domain.quantity import Quantity
from fabopt.network.tables import Array, Period

Numbers = Quantity | tuple[Quantity, ...] | None


class Timeline:
    """The periods of a horizon as the plain section speaks of them.

    Parameters
    ----------
    periods
        The periods in order.

    Attributes
    ----------
    faults
        What was wrong so far, at paths inside the section.
    """

    def __init__(self, periods: tuple[Period, ...]) -> None:
        self.periods = periods
        self.labels = {period.label: period.index for period in periods}
        self.faults: list[Fault] = []

    def series(self, numbers: Numbers, path: Path, default: float = 0.0) -> Array:
        """One number for each period: a list as it stands, a series averaged over the period."""
        return self.windowed(numbers, path, tuple((t,) for t in range(len(self.periods))), default)

    def maybe(self, numbers: Numbers, path: Path) -> Array | None:
        """Like `series`, but None where nothing was given."""
        return None if numbers is None else self.series(numbers, path)

    def windowed(self, numbers: Numbers, path: Path, windows: tuple[tuple[int, ...], ...], default: float) -> Array:
        """One number for each window; a series is averaged from the first to the last day of the window."""
        if numbers is None:
            return np.full(len(windows), default)
        if isinstance(numbers, tuple):
            if len(numbers) != len(windows):
                what = "period" if all(len(window) == 1 for window in windows) else "window of periods"
                message = f"the list has {len(numbers)} entries, but {len(windows)} are needed"
                self.faults.append(Fault(path, message, f"give one number for each {what}"))
                return np.zeros(len(windows))
            return np.array([number.value for number in numbers])
        if len(numbers.points) == 1:
            return np.full(len(windows), numbers.value)
        return np.array([numbers.mean(self.periods[min(w)].start, self.periods[max(w)].end) for w in windows])

    def period(self, ref: str, path: Path) -> int:
        """Index of a period named by its label or by its number from 1."""
        if ref in self.labels:
            return self.labels[ref]
        if ref.isdecimal() and 1 <= int(ref) <= len(self.periods):
            return int(ref) - 1
        first, last = self.periods[0].label, self.periods[-1].label
        self.faults.append(
            Fault(
                path,
                f"the horizon has no period '{ref}'",
                f"it runs from {first} to {last}; a number counts periods from 1 to {len(self.periods)}",
            )
        )
        return 0

    def windows(self, row: Row, path: Path) -> tuple[tuple[int, ...], ...]:
        """Windows of a row, each a tuple of period indices."""
        if row.windows:
            return tuple(
                tuple(self.period(ref, (*path, "windows", place, k)) for k, ref in enumerate(window))
                for place, window in enumerate(row.windows)
            )
        indices = range(len(self.periods))
        if row.window == "horizon":
            return (tuple(indices),)
        if row.window == "period":
            return tuple((t,) for t in indices)
        years = dict.fromkeys(period.start.year for period in self.periods)
        return tuple(tuple(t for t in indices if self.periods[t].start.year == year) for year in years)
