"""What a claim says: ``asml binds by 2029``, ``hbm and interposers limit nvidia``, ``n3 is the choke point in 2026``.

.. code-block:: text

    claim   = subject verb [when]
    subject = term { "and" term }              any of the terms
    term    = words { "of" words }             all of the words
    verb    = "binds" | "is the choke point" | "is the only choke point" | "limits" party
    when    = ("in" | "by" | "from") period | "from" period "to" period
    period  = a label of the horizon or a calendar year

Words are found among the tags of a limit (owner, kind, role, stage, item, node, chip, lab, site, region, customer), its
id, and the words of its name; case, hyphens and the plural do not matter. The name of a class names all its limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from fabopt.analysis.explain.names import known
from fabopt.errors import StudyError
from fabopt.network.tables import Network, Tags
from fabopt.plan.groups import LimitGroup

Verb = Literal["binds", "is the choke point", "is the only choke point", "limits"]

GRAMMAR = (
    "A claim is SUBJECT binds | is the choke point | is the only choke point | limits PARTY, then in, by or from "
    "PERIOD: 'asml binds by 2029', 'hbm and interposers limit nvidia', 'n3 of tsmc is the choke point in 2026'."
)
_VERBS = r"(?:(?P<binds>binds?)|(?:is|are) the (?P<only>only |single )?choke points?|limits? (?P<party>\S.*?))"
_WHEN = r"(?:\s+(?P<how>in|by|from)\s+(?P<first>\S+?)(?:\s+to\s+(?P<last>\S+?))?)?"
_CLAIM = re.compile(rf"^\s*(?P<subject>.+?)\s+{_VERBS}{_WHEN}\s*\.?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that was read.

    Attributes
    ----------
    text
        As it was written.
    subject
        What it is about, as it was written.
    verb
        What is claimed.
    party
        Of ``limits``: through whom alone relief counts.
    how, first, last
        When: ``in``, ``by``, ``from`` or empty, and periods as they were written.
    """

    text: str
    subject: str
    verb: Verb
    party: str
    how: str
    first: str
    last: str


def read_claim(text: str) -> Claim:
    """Read a claim.

    Raises
    ------
    StudyError
        If it is none.
    """
    found = _CLAIM.match(text)
    if found is None:
        raise StudyError(f"{text!r} is no claim. {GRAMMAR}")
    part = {name: value or "" for name, value in found.groupdict().items()}
    if part["last"] and part["how"].lower() != "from":
        raise StudyError(f"{text!r}: only 'from' goes with 'to'. {GRAMMAR}")
    verb: Verb = "limits" if part["party"] else "binds" if part["binds"] else "is the choke point"
    if part["only"]:
        verb = "is the only choke point"
    return Claim(text.strip(), part["subject"], verb, part["party"], part["how"].lower(), part["first"], part["last"])


def window(claim: Claim, net: Network, counted: Sequence[int]) -> tuple[int, ...]:
    """Return the counted periods of a claim.

    Raises
    ------
    StudyError
        If a period is none of the horizon, or no period counts.
    """
    if not claim.how:
        return tuple(counted)
    first = _periods(claim, claim.first, net)
    last = _periods(claim, claim.last, net) if claim.last else first
    begin = 0 if claim.how == "by" else first[0]
    end = last[-1] if claim.how != "from" or claim.last else net.n_periods - 1
    kept = tuple(t for t in counted if begin <= t <= end)
    if not kept:
        spans = " to ".join(net.periods[t].label for t in (counted[0], counted[-1]))
        raise StudyError(f"{claim.text!r}: no period of it is reported; {spans} are.")
    return kept


def _periods(claim: Claim, text: str, net: Network) -> list[int]:
    own = [p.index for p in net.periods if p.label.lower() == text.lower() or str(p.start.year) == text]
    if not own:
        ends = f"{net.periods[0].label} to {net.periods[-1].label}"
        raise StudyError(f"{claim.text!r}: {text!r} is no period and no year of the horizon, which runs from {ends}.")
    return own


def members(
    claim: Claim, groups: Sequence[LimitGroup], classes: Sequence[LimitGroup], net: Network
) -> tuple[LimitGroup, ...]:
    """Return the limits that the subject of a claim names: those of a class by its name, else those that words fit.

    Raises
    ------
    StudyError
        If some words fit no limit, with the nearest that do, or words fit no limit together.
    """
    whole = next((c for c in classes if _plain(claim.subject) in (_plain(c.id), _plain(c.label))), None)
    if whole is not None:
        own = {m.id for m in whole.parts}
        return tuple(g for g in groups if g.id in own)
    words = _Words(groups, net)
    chosen: dict[str, LimitGroup] = {}
    terms = [re.split(r"\s+of\s+", term) for term in re.split(r"\s+and\s+|\s*,\s*", claim.subject)]
    for term in terms:
        fits = [words.fitting(part, claim.text) for part in term]
        both = {g.id: g for g in groups if all(g.id in fit for fit in fits)}
        if not both:
            raise StudyError(f"{claim.text!r}: no limit is of {' and of '.join(map(repr, term))} at once.")
        chosen |= both
    return tuple(g for g in groups if g.id in chosen)


class _Words:
    """By which words limits are found."""

    def __init__(self, groups: Sequence[LimitGroup], net: Network) -> None:
        tags = _tags(net)
        self.whole = {
            g.id: {_plain(v) for v in (g.id, g.entity, g.owner, *tags.get(g.entity, ())) if v} for g in groups
        }
        self.label = {g.id: f" {_plain(g.label)} " for g in groups}
        own = sorted({g.owner for g in groups} - {""})
        others = sorted({v for g in groups for v in tags.get(g.entity, ()) if v})
        self.known = list(dict.fromkeys([*own, *others, *sorted(g.label for g in groups)]))

    def fitting(self, words: str, claim: str) -> set[str]:
        """Return the ids of the limits that words fit."""
        asked = _plain(words)
        forms = {asked, asked.removesuffix("s")} - {""}
        fit = {
            id for id, whole in self.whole.items() if forms & whole or any(f" {w} " in self.label[id] for w in forms)
        }
        if not fit:
            known("limit", words, self.known, f"the plan, of which {claim!r} speaks")
        return fit


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.]+", text.lower()))


def _tags(net: Network) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of records by their id."""
    names = [f.name for f in fields(Tags) if f.name != "field"]
    everything: Iterable[tuple[str, Tags]] = (
        (record.id, record.tags)
        for records in (
            net.resources, net.materials, net.units, net.activities, net.demands, net.budgets, net.groups
        )
        for record in records
    )  # fmt: skip
    tags: dict[str, tuple[str, ...]] = {}
    for id, own in everything:
        tags[id] = (*tags.get(id, ()), *(getattr(own, name).replace("_", " ") for name in names))
    return tags
