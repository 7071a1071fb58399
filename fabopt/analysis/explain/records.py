"""Records of explanations: frozen, in words and plain numbers, each with a data frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.choke.frames import frame_of
from fabopt.analysis.portfolio.records import ChipCase

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a lab does not buy a chip.

    Attributes
    ----------
    lab, name
        Id and display name of the lab.
    case
        Where the chip stands with it.
    """

    lab: str
    name: str
    case: ChipCase

    @property
    def frame(self) -> pd.DataFrame:
        """One row: where the chip stands, and what would bring it in (USD per accelerator)."""
        return frame_of([self.case.row])
