"""How far a plan breaks its limits."""

from __future__ import annotations

import numpy as np

from fabopt.network.tables import Array


def violation(value: Array, lower: Array, upper: Array, unit: Array) -> float:
    """Return the largest v / max(``unit``, |b|) over limits b that ``value`` breaks by v; 0 where it breaks none."""
    with np.errstate(invalid="ignore"):
        below = np.where(np.isfinite(lower), (lower - value) / np.maximum(unit, np.abs(lower)), 0.0)
        above = np.where(np.isfinite(upper), (value - upper) / np.maximum(unit, np.abs(upper)), 0.0)
    return float(max(np.max(below, initial=0.0), np.max(above, initial=0.0)))
