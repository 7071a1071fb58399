"""Predictions: outcomes that a plan is judged by, each with what was observed before.

Whoever repeats the time before predicts, too, without a model. What a plan is worth as a prediction is by how much less
it errs (docs/backcast.md).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from fabopt.domain.base import Frozen, Record, Slug
from fabopt.domain.measured import several

Before = Annotated[tuple[Slug, ...], BeforeValidator(lambda given: () if given is None else several(given))]


class Prediction(Record):
    """Outcomes that are predicted together: their errors are added up."""

    name: str = ""
    """Display name; the id when left out."""
    outcomes: Frozen[Slug, Before]
    """Outcomes that are predicted, each with those of as long a time before that persistence repeats (several are added
    up); with none, what was not there yet."""
