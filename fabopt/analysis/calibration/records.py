"""What calibration gives: observations with their premiums, and why some are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from fabopt.analysis.agreement import Agreement, Clash
from fabopt.errors import StudyError
from fabopt.io.folder import yaml_text

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.05
"""Share of a figure by which a plan with premiums may lie outside its range and still ship about what was observed."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An observation and its premium.

    Attributes
    ----------
    id, name, unit
        Of the observation; `unit` of all amounts but those of money.
    designer, lab
        Whose shipments, and to which lab; empty: to all.
    since, until
        Labels of the first and the last period.
    low, figure, high
        The observation with its range.
    planned, reached
        What the plan ships without premiums, and with them.
    premium, price
        Premium in dollars per accelerator, mean over its periods; and the mean list price. Of an observation that is
        not calibrated on, the premium that it would take.
    refused
        Why it is not calibrated on, in words; empty where it is.
    """

    id: str
    name: str
    unit: str
    designer: str
    lab: str
    since: str
    until: str
    low: float
    figure: float
    high: float
    planned: float
    reached: float
    premium: float
    price: float
    refused: str

    @property
    def near(self) -> bool:
        """Whether a plan with the premiums ships about what was observed: no further out of its range than `NEAR`."""
        out = max(self.low - self.reached, self.reached - self.high)
        return out <= NEAR * max(abs(self.low), abs(self.high))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Premiums with which a plan ships what was observed.

    Attributes
    ----------
    name
        The instance.
    rows
        Observations.
    share
        The largest premium that was needed, as a share of the price.
    others
        Observations of other measures or tags, which are not held.
    premiums
        The section `premiums` of an instance, as data.
    """

    name: str
    rows: tuple[Calibrated, ...]
    share: float
    others: tuple[str, ...]
    premiums: Mapping[str, object]

    @property
    def overlay(self) -> str:
        """The section `premiums` as a file that an instance can include."""
        return yaml_text({"premiums": dict(self.premiums)})

    @property
    def kept(self) -> tuple[Calibrated, ...]:
        """Observations that are calibrated on."""
        return tuple(row for row in self.rows if not row.refused)

    @property
    def frame(self) -> pd.DataFrame:
        """The observations, a row each."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows], columns=[f.name for f in fields(Calibrated)])


class ConflictError(StudyError):
    """Observations that cannot all hold at once; ``ids`` are theirs."""

    def __init__(self, ids: Sequence[str], clashes: Sequence[Clash] = ()) -> None:
        sets = (" + ".join((*clash.figures, *clash.limits)) for clash in clashes)
        what = "; ".join(sets) or ", ".join(f"outcomes.{key}" for key in ids)
        super().__init__(
            f"The observations cannot all hold at once, so there is nothing to calibrate on. What clashes: {what}. "
            "'fabopt reconcile --feasible' says which move of data ends it."
        )
        self.ids = tuple(ids)

    def told(self, agreed: Agreement) -> ConflictError:
        """Return the same with what clashes, as the study of agreement has found it."""
        return ConflictError(self.ids, agreed.clashes)
