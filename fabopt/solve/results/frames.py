"""What all tables of a result are made with: records by period with their tags, and exactly the columns of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import SAME
from fabopt.network.tables import Array, Network, Tags
from fabopt.solve.results.columns import TAG_NAMES, TableSpec

if TYPE_CHECKING:
    import pandas as pd

Cells = tuple[NDArray[np.int64], NDArray[np.int64]]


class Frames:
    """Makes tables of a network's records by period, with their tags."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.labels = np.array([p.label for p in net.periods], dtype=object)
        self.reported = np.array([p.reported for p in net.periods], dtype=bool)

    def records(self, records: Sequence[Any], rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return columns id, name and tags of the records at positions `rows`."""
        return {
            "id": picked([r.id for r in records], rows),
            "name": picked([r.name for r in records], rows),
            **self.tags([r.tags for r in records], rows),
        }

    def tags(self, tags: Sequence[Tags], rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return one column per tag."""
        return {name: picked([getattr(t, name) for t in tags], rows) for name in TAG_NAMES}

    def periods(self, index: NDArray[np.int64]) -> dict[str, Any]:
        """Return columns period and reported.

        What lies after the end (index T and later) has no label and is not reported; what concerns the whole horizon
        (index -1) has no label and is reported.
        """
        inside = (index >= 0) & (index < len(self.labels))
        at = np.where(inside, index, 0)
        return {"period": np.where(inside, self.labels[at], ""), "reported": (index < 0) | (inside & self.reported[at])}


def picked(values: Sequence[str], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values at positions `rows`."""
    return np.array(values, dtype=object)[rows] if len(rows) else np.zeros(0, dtype=object)


def frame(spec: TableSpec, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table with exactly the columns of its record, in their order and kinds; no number is minus nothing."""
    import pandas as pd

    kinds = {"text": "str", "number": "float64", "whole": "int64", "flag": "bool"}
    made = {c.name: pd.Series(columns[c.name], dtype=kinds[c.kind]) for c in spec.columns}
    return pd.DataFrame({c.name: made[c.name] + 0.0 if c.kind == "number" else made[c.name] for c in spec.columns})


def cells(*arrays: Array) -> Cells:
    """Return row and column of the places at which any of the arrays is not zero."""
    some = np.zeros(arrays[0].shape, dtype=bool)
    for array in arrays:
        some |= array != 0.0
    rows, cols = np.nonzero(some)
    return rows.astype(np.int64), cols.astype(np.int64)


def without_noise(values: Array, scale: Array) -> Array:
    """Return values with those set to zero that are nothing but rounding of numbers of the size of `scale`."""
    return np.where(np.abs(values) <= SAME * np.abs(scale), 0.0, values)


def labelled(
    frame: pd.DataFrame, title: str, units: Mapping[str, str], starts: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a frame for who goes on computing: with what it is and its units in `attrs`, and time as dates.

    Parameters
    ----------
    frame
        The frame; it is changed.
    title
        What one row is, as ``attrs["title"]``.
    units
        Unit of each column of numbers, as ``attrs["units"]``.
    starts
        First day of each period by its label. A frame with a column of labels gets a column `start` of dates beside
        it: the first day of the period, or of the first one of a window; NaT where it is the whole horizon. Columns
        `start` and `end` that are there become dates.
    """
    import pandas as pd

    for name in ("start", "end"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    label = next((name for name in ("period", "first") if name in frame), "")
    if label and starts is not None and "start" not in frame:
        place = int(frame.columns.get_loc(label)) + 1  # type: ignore[arg-type]
        frame.insert(place, "start", pd.to_datetime(frame[label].map(starts)))
    frame.attrs.update(title=title, units={name: unit for name, unit in units.items() if unit and name in frame})
    return frame
