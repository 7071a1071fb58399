"""What size a number of each unit plausibly has, and how large one may be at all.

The ranges are wide: from physics (a wafer holds no more dies than its area allows, a utility no more than it makes) and
from what has been published, with a factor of about ten to either side. A number outside its range is most often one in
another unit, and `fabopt validate` says so. A field whose numbers differ from those of its unit states a range of its
own where it is declared (`In(..., usual=...)`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Usual(NamedTuple):
    """Plausible sizes of a number that is not 0, in the unit of its field."""

    low: float
    high: float


BY_UNIT: Mapping[str, Usual] = {
    # time
    "month": Usual(0.02, 120),
    "year": Usual(0.25, 60),
    # lithography
    "exposure/h": Usual(20, 1_000),
    "kexposure/month": Usual(0.5, 1_000),
    "exposure/wafer": Usual(0.05, 200),
    "tool": Usual(0.01, 10_000),
    "tool/year": Usual(0.01, 2_000),
    "MUSD/tool": Usual(0.1, 2_000),
    # wafers and dies
    "kwafer/month": Usual(0.001, 20_000),
    "USD/wafer": Usual(20, 500_000),
    "USD/wafer/month": Usual(0.01, 100_000),
    "1/cm2": Usual(0.001, 20),
    "mm": Usual(0.001, 500),
    "mm2": Usual(1, 80_000),
    "die/wafer": Usual(1, 50_000),
    "kdie": Usual(1e-3, 1e6),
    # memory
    "PB/month": Usual(0.01, 100_000),
    "GB/wafer": Usual(20, 20_000),
    "USD/GB": Usual(0.05, 200),
    "GB/stack": Usual(1, 1_024),
    "die/stack": Usual(1, 64),
    "USD/stack": Usual(5, 50_000),
    # packages
    "die/package": Usual(1, 200),
    "stack/package": Usual(1, 100),
    "package/wafer": Usual(0.5, 5_000),
    "kpackage": Usual(1e-3, 1e5),
    "kpackage/month": Usual(1e-3, 1e5),
    "USD/package": Usual(0.01, 2e6),
    # accelerators
    "kW/accelerator": Usual(0.01, 200),
    "USD/accelerator": Usual(1, 1e7),
    "USD/accelerator/year": Usual(0.01, 2e6),
    "H100e/accelerator": Usual(0.001, 1_000),
    "kaccelerator": Usual(1e-3, 1e5),
    "kaccelerator/year": Usual(1e-3, 1e5),
    # compute and power
    "kH100e": Usual(1e-3, 1e6),
    "kH100e/year": Usual(1e-3, 1e6),
    "USD/H100e/h": Usual(0.01, 100),
    "MW": Usual(1, 50_000),
    "USD/MWh": Usual(1, 2_000),
    # tasks and tokens
    "Mcustomer": Usual(1e-6, 8_000),
    "task/customer/day": Usual(1e-3, 1e8),
    "token/task": Usual(1, 1e8),
    "H100e*h/Mtoken": Usual(1e-5, 1_000),
    "USD/task": Usual(1e-9, 1e6),
    "USD/Mtoken": Usual(1e-4, 1e4),
    "USD/customer/month": Usual(1e-3, 1e8),
    # money
    "MUSD": Usual(0.001, 1e6),
    "MUSD/year": Usual(0.01, 5e6),
}
"""Plausible sizes by unit. Pure numbers have none of their own."""

LARGEST, SMALLEST = 1e15, 1e-15
"""No number of an instance but 0 is larger or smaller in size; beyond it the solver's arithmetic has no digits left."""

LONGEST: Mapping[str, float] = {"month": 1_200.0, "year": 1_000.0}
"""The longest durations that a field admits, by unit: more is a slip, and would be longer than the calendar."""

MOST: Mapping[str, float] = {
    **{unit: 1_000.0 * usual.high for unit, usual in BY_UNIT.items() if "USD" not in unit},
    **LONGEST,
}
"""The largest numbers that a field admits, by unit, where it states no limit of its own: a thousand times what is
plausible of things that are made or built is in another unit, or has digits too many. Money has no such limit.
"""
