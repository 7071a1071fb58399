"""Which outcomes calibration holds, and the windows that they must cover."""

from __future__ import annotations

from collections.abc import Sequence

from fabopt.domain.instance import Instance
from fabopt.domain.outcomes import Outcome
from fabopt.errors import StudyError


def targets_of(data: Instance) -> dict[str, tuple[str, str]]:
    """Return designer and lab (or nothing) of the outcomes that calibration holds: shipments by these tags alone.

    Chips may be left out (`not`), the same in all windows of a designer and lab.

    Raises
    ------
    fabopt.errors.StudyError
        Where there is none; windows do not tile the time from the decision date, or count different chips.
    """
    named = {key: tags for key, outcome in data.outcomes.items() if (tags := _named(outcome)) is not None}
    # What was observed before the decision date no plan makes: it stands in pictures and predictions.
    planned = {k: tags for k, tags in named.items() if not data.outcomes[k].observed(data.horizon.calendar.start)}
    found = planned or named
    if not found:
        raise StudyError(
            "There is no observation to calibrate on: state 'outcomes:' of shipments with 'where: {designer: ID}' or "
            "'where: {designer: ID, lab: ID}', by quarter or year."
        )
    for tags in dict.fromkeys(found.values()):
        _check_windows(data, [key for key, other in found.items() if other == tags])
    return found


def _named(outcome: Outcome) -> tuple[str, str] | None:
    tags = dict(outcome.where.named)
    alone = outcome.of == "shipments" and outcome.ratio_to is None and set(tags) <= {"designer", "lab"}
    alone = alone and (outcome.where.not_ is None or set(dict(outcome.where.not_.named)) == {"chip"})
    if not alone or "designer" not in tags or any(len(values) > 1 for values in tags.values()):
        return None
    return tags["designer"][0], tags["lab"][0] if "lab" in tags else ""


def left_out(outcome: Outcome) -> tuple[str, ...]:
    """Return the chips that an outcome leaves out."""
    return () if outcome.where.not_ is None else outcome.where.not_.chip


def _check_windows(data: Instance, keys: Sequence[str]) -> None:
    """Refuse windows that do not follow each other from the decision date on, each of whole periods and equal chips."""
    for key in keys[1:]:
        if left_out(data.outcomes[key]) != left_out(data.outcomes[keys[0]]):
            raise StudyError(
                f"outcomes.{key} leaves out other chips ('not') than outcomes.{keys[0]}: leave out the same in all "
                "windows of a designer (and lab)."
            )
    calendar = data.horizon.calendar
    ends = {span.end for span in calendar.spans}
    begins = calendar.start
    for key in sorted(keys, key=lambda one: data.outcomes[one].since):
        outcome = data.outcomes[key]
        if outcome.since < calendar.start or outcome.until >= calendar.end:
            raise StudyError(
                f"outcomes.{key}: its time, {outcome.since} to {outcome.until}, lies outside the horizon, which runs "
                f"from {calendar.start} to {calendar.end}: calibrate on what is inside, or begin the horizon earlier."
            )
        if outcome.since != begins:
            raise StudyError(
                f"outcomes.{key} begins on {outcome.since}, and {begins} was expected: windows of a designer (and lab) "
                "follow each other from the decision date on, without a gap or an overlap."
            )
        after = next((end for end in sorted(ends) if end > outcome.until), calendar.end)
        if (after - outcome.until).days != 1:
            raise StudyError(
                f"outcomes.{key} ends on {outcome.until}, in the middle of a period, which ends on {after}."
            )
        begins = after
