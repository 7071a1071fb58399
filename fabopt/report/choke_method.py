"""How the numbers of a choke-point study were made, what it did not explore, and its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fabopt.analysis.choke.records import Study, StudyInfo
from fabopt.analysis.lever_names import lever_phrase
from fabopt.report.text import amount, few, listed, seconds, signed, span

NAMED = 4
"""Limits of physics and law that are named."""


def method(study: Study, called: Callable[[str], str] = str, top: int = 10) -> list[str]:
    """Return how the numbers were made, what holds only in part, and what was not explored."""
    info = study.info
    value = f"at least {amount(info.value_lo)}" if info.value_hi is None else span(info.value_lo, info.value_hi)
    lines = [
        f"Plan: {info.held_from}, {info.objective} {value} {info.money}".rstrip()
        + f". Relief counts {_span(info.first_counted, info.last_counted)}. {info.excluded}".rstrip(),
        f"Allocation: {info.policy}." + _price_of_policy(info),
    ]
    shown = [record for record in study.limits[:top] if record.gain > 0 and not record.obligation]
    if any(record.gain_basis == "relaxation" for record in shown):
        lines.append("* gain of the relaxation: what uses this relief is ordered as integers.")
    fixed = [r.label for r in study.limits if not r.relaxable and r.state.periods_at_limit]
    if fixed:
        named = listed(few(fixed, NAMED))
        more = " (limits.csv of --out has all)" if len(named) < len(listed(fixed)) else ""
        lines.append(f"At their limit, and not to be moved by anybody (physics, law): {named}{more}.")
    lines += info.caveats
    if study.draws is not None:
        change = study.draws.dethrone
        if change is not None:
            way = f"{signed(100 * change.change)} %"
            number = lever_phrase(called(change.lever))
            lines.append(f"The smallest change that was found to put another first: {number} {way}, then {change.to}.")
        elif study.draws.stood:
            lines.append("No single number was found whose range puts another limit first.")
        lines += study.draws.notes
    if study.unexplored:
        lines.append(f"Not explored: {'; '.join(grouped(study.unexplored))}.")
    at_once = "" if info.threads is None else f", {info.threads} at a time"
    spent = ", ".join(f"{name} {seconds(s)}" for name, s in study.seconds_by_step.items() if s >= 0.05)
    lines.append(
        f"{len(study.runs)} runs of {info.solver} {info.version} (seed {info.seed}{at_once}) in "
        f"{seconds(info.seconds)}: {spent}. Each is in runs.csv (--out): integers held or free, what was moved, "
        f"what came of it; data {info.data_hash[:12]}."
    )
    return lines


def _price_of_policy(info: StudyInfo) -> str:
    price_of_policy = info.price_of_policy
    if price_of_policy is None:
        return ""
    more = span(price_of_policy.lo, price_of_policy.hi)
    return f" Without rules of this kind the plan would be worth {more} {info.money} more.".replace("  ", " ")


def _span(first: str, last: str) -> str:
    return f"in {first}" if first == last else f"from {first} to {last}"


def grouped(texts: Sequence[str]) -> list[str]:
    """Return what was not explored, entries that differ in their limit alone put together."""
    heads = ("finite steps of ", "relief of ")
    lines = []
    for head in heads:
        same = [text for text in texts if text.startswith(head)]
        if same:
            lines.append(head + listed(few([text.removeprefix(head) for text in same], 1)))
    return lines + [text for text in texts if not text.startswith(heads)]
