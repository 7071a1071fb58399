"""Skill of a plan as a prediction, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fabopt.domain.unit_words import unit_words, with_unit
from fabopt.report.text import Table, amount, listed

if TYPE_CHECKING:
    from fabopt.analysis.skill import Skill


def skill_lines(found: Sequence[Skill]) -> Iterator[str]:
    """Yield a sentence for each prediction."""
    for one in found:
        skills = [
            f"{_share(skill)} against the {what}"
            for skill, what in ((one.volume_skill, "volumes"), (one.mix_skill, "mix"))
            if skill is not None
        ]
        text = f"; its skill is {listed(skills)} of the time before" if skills else ""
        yield (
            f"{one.name}: the plan has {with_unit(amount(one.planned), one.unit)} of {amount(one.published)}, with "
            f"errors of {amount(one.error)} in all{text}."
        )


def skill_tables(found: Sequence[Skill]) -> Iterator[Table]:
    """Yield predictions against figures and both kinds of persistence, a table each, and the errors of all."""
    for one in found:
        heads = ("outcome", "plan", "published", "error", "as before", "mix before")
        rows = [(r.name, r.planned, r.published, r.planned - r.published, r.before, r.mix) for r in one.rows]
        yield Table(f"{one.name}: predicted, against what happened ({unit_words(one.unit)})", heads, rows)
    sums = [
        (
            one.name, one.unit, len(one.rows), one.error, one.volume_error, _share(one.volume_skill), one.mix_error,
            _share(one.mix_skill),
        )
        for one in found
    ]  # fmt: skip
    yield Table(
        "Errors in all, and skill: 1 less error by that of persistence",
        ("prediction", "unit", "outcomes", "error", "volumes before", "skill", "mix before", "skill"),
        sums,
        left=2,
    )


def _share(skill: float | None) -> str:
    return "-" if skill is None else f"{skill:.2f}"
