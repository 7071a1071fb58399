r"""Skill of a plan as a prediction: its errors against those of who repeats the time before.

With the figures :math:`a_i` of outcomes that are predicted together, what a plan has :math:`p_i` and the figures
:math:`b_i` of the time before, errors are :math:`\sum_i |p_i - a_i|`, and *persistence* errs

* repeating volumes by :math:`\sum_i |b_i - a_i|`;
* repeating the mix by :math:`\sum_i |B_i - a_i|` with :math:`B_i = b_i \sum_j a_j / \sum_j b_j`: it is told the total.

The skill against either is 1 less the quotient of the errors: 1 without an error, 0 if persistence does as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from fabopt.analysis.reconcile import OutcomeRow
from fabopt.domain.instance import Instance

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Predicted:
    """One outcome that is predicted, in the unit of its set.

    Attributes
    ----------
    id, name
        Id, and name with what is counted.
    planned, published
        What the plan has, and the figure.
    before, mix
        The figure of the time before, and that scaled to the total of the set; None where nothing was there before.
    """

    id: str
    name: str
    planned: float
    published: float
    before: float
    mix: float | None


@dataclass(frozen=True, slots=True)
class Skill:
    """Outcomes that are predicted together.

    Attributes
    ----------
    id, name, unit
        The prediction, and what errors are counted in.
    rows
        Its outcomes.
    """

    id: str
    name: str
    unit: str
    rows: tuple[Predicted, ...]

    @property
    def published(self) -> float:
        """All figures together."""
        return sum(row.published for row in self.rows)

    @property
    def planned(self) -> float:
        """All that the plan has together."""
        return sum(row.planned for row in self.rows)

    @property
    def error(self) -> float:
        """Errors of the plan."""
        return sum(abs(row.planned - row.published) for row in self.rows)

    @property
    def volume_error(self) -> float:
        """Errors of who repeats the volumes before."""
        return sum(abs(row.before - row.published) for row in self.rows)

    @property
    def mix_error(self) -> float | None:
        """Errors of who repeats the mix before, told the total; None where nothing was there before."""
        errors = [abs(row.mix - row.published) for row in self.rows if row.mix is not None]
        return sum(errors) if errors else None

    @property
    def volume_skill(self) -> float | None:
        """Skill against the volumes before; None where they have no error."""
        return self._against(self.volume_error)

    @property
    def mix_skill(self) -> float | None:
        """Skill against the mix before; None where it has no error, or nothing was there before."""
        return self._against(self.mix_error)

    def _against(self, error: float | None) -> float | None:
        return 1.0 - self.error / error if error else None


def skills(data: Instance, rows: Sequence[OutcomeRow]) -> tuple[Skill, ...]:
    """Return the skill of each prediction of an instance, from its outcomes held against a plan."""
    there = {row.id: row for row in rows}
    return tuple(
        _skill(key, prediction.name or key, [there[id] for id in prediction.outcomes], _before(data, key))
        for key, prediction in data.predictions.items()
    )


def _before(data: Instance, key: str) -> list[float]:
    figures = {id: outcome.figure.value for id, outcome in data.outcomes.items()}
    return [sum(figures[one] for one in before) for before in data.predictions[key].outcomes.values()]


def _skill(key: str, name: str, rows: Sequence[OutcomeRow], before: Sequence[float]) -> Skill:
    total, base = sum(row.published for row in rows), sum(before)
    return Skill(
        key,
        name,
        rows[0].unit,
        tuple(
            Predicted(row.id, row.name, row.planned, row.published, last, last * total / base if base else None)
            for row, last in zip(rows, before, strict=True)
        ),
    )


def frame_of(found: Sequence[Skill]) -> pd.DataFrame:
    """Return all predictions, a row each outcome."""
    import pandas as pd

    columns = ["prediction", "unit", *(field.name for field in fields(Predicted))]
    told = [{"prediction": one.id, "unit": one.unit, **asdict(row)} for one in found for row in one.rows]
    return pd.DataFrame(told, columns=columns)


def plain_of(one: Skill) -> dict[str, object]:
    """Return a prediction as plain data, with its errors and skills."""
    named = ("planned", "published", "error", "volume_error", "mix_error", "volume_skill", "mix_skill")
    return {**asdict(one), **{name: getattr(one, name) for name in named}}
