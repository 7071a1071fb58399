"""Records as data frames; pandas is imported when a frame is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def frame_of(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return a frame with one line a mapping and a column for each key, in their order."""
    import pandas as pd

    return pd.DataFrame([dict(row) for row in rows])
