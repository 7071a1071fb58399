"""Plans that are nearly as good, in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from fabopt.analysis.alternatives.records import Alternatives, Mix, Spread, Verdict
from fabopt.plan.problem import Interval
from fabopt.report.report import Report
from fabopt.report.text import Table, digits, few, in_unit, listed, whole, worth

MOST, LISTED, NAMED = 12, 40, 4
"""Most rows of a table of changes and of one of orders, and most orders that a sentence names."""

KINDS = {
    "chip": "Compute by chip",
    "designer": "Accelerators by designer",
    "foundry": "Wafers of dies by foundry",
    "memory-maker": "HBM by maker",
    "packager": "Packages by packager",
    "owner": "Dependence on one owner",
}
ORDER: tuple[Verdict, ...] = ("must", "may", "never", "open")


def alternatives_report(alternatives: Alternatives) -> Report[Alternatives]:
    """Return what all plans nearly as good have in common, how far they differ, and what those that differ order."""
    return Report(
        "alternatives",
        alternatives,
        (sentence(alternatives),),
        (_orders(alternatives), *map(_mix, alternatives.mixes), _changes(alternatives)),
        tuple(method(alternatives)),
        {
            "alternatives": lambda: alternatives.frame,
            "shares": lambda: alternatives.shares,
            "changes": lambda: alternatives.changes,
        },
        data=alternatives.as_dict,
    )


def share(value: float) -> str:
    """Write a share as percent, as short as it is."""
    return f"{digits(100.0 * value, 3)} %"


def sentence(alternatives: Alternatives) -> str:
    """Return the answer in one sentence."""
    head = f"Among plans for {alternatives.name} that give up at most {share(alternatives.within)} of the "
    head += f"{alternatives.objective_name} ({worth(alternatives.allowed, alternatives.unit)})"
    by = {verdict: [s for s in alternatives.spreads if s.verdict == verdict] for verdict in ORDER}
    when = f" by {alternatives.until}" if alternatives.until else ""
    parts = []
    if by["must"]:
        parts.append(f"all have {_listed(by['must'])}{when}")
    if by["never"]:
        parts.append(f"none has {_listed(by['never'])}{when}")
    if by["may"]:
        parts.append(f"{len(by['may'])} of {len(alternatives.spreads)} orders and contracts may be there or not{when}")
    if by["open"]:
        parts.append(f"{len(by['open'])} are not settled")
    if not alternatives.spreads:
        parts.append("there is nothing to order or to sign")
    text = f"{head}, {'; '.join(parts)}"
    moved = [(mix, mix.others[0]) for mix in alternatives.mixes if mix.others]
    if moved:
        mix, other = max(moved, key=lambda pair: pair[1].moved)
        text += f"; {share(other.moved)} of the {_title(mix)[0].lower()}{_title(mix)[1:]} can be elsewhere"
    return f"{text}."


def _listed(spreads: Sequence[Spread]) -> str:
    names = [f"{s.name}{'' if s.what in ('ordered', 'taken') else f' ({s.what})'}" for s in spreads]
    return listed(few(names, NAMED))


def _orders(alternatives: Alternatives) -> Table:
    """Return orders and contracts: what all plans have first, then what some have, then what none has."""
    listed = [s for verdict in ORDER for s in alternatives.spreads if s.verdict == verdict]
    when = f" by {alternatives.until}" if alternatives.until else ""
    return Table(
        f"Orders and contracts{when}: in all plans (must), in some (may), in none (never)",
        ("what", "is", "unit", "verdict", "least", "plan", "most"),
        [(s.name, s.what, s.unit, s.verdict, *_reach(s)) for s in listed],
        left=4,
        most=LISTED,
    )


def _reach(s: Spread) -> tuple[str, str, str]:
    return _end(s.least, s.least.hi, ">"), whole(s.now), _end(s.most, s.most.lo, "<")


def _found_all(known: Interval, reached: float) -> bool:
    """Return whether what was found is all that is possible, for as many digits as are printed."""
    return known.width <= 1e-3 * abs(reached)


def _is_known(s: Spread) -> bool:
    return _found_all(s.least, s.least.hi) and _found_all(s.most, s.most.lo)


def _end(known: Interval, reached: float, sign: str) -> str:
    """Write an end: the number where found and proven agree, else also what is proven."""
    if _found_all(known, reached):
        return whole(reached)
    proven = known.lo if sign == ">" else known.hi
    return f"{whole(reached)} ({sign}{whole(proven)})" if isfinite(proven) else f"{whole(reached)} (?)"


def _title(mix: Mix) -> str:
    return KINDS.get(mix.kind, mix.kind)


def _mix(mix: Mix) -> Table:
    """Return a mix: least, plan and most of each member, and its share in the plan and in plans that differ."""
    plans = [(mix.total, [member.now for member in mix.members])]
    plans += [(sum(other.there), list(other.there)) for other in mix.others]
    rows = [
        (member.name, *_reach(member), *(f"{100.0 * (own[i] / total if total else 0.0):.0f} %" for total, own in plans))
        for i, member in enumerate(mix.members)
        if max(member.now, member.most.lo) > 0.0
    ]
    heads = ("", "least", "plan", "most", "plan", *(other.how for other in mix.others))
    unit, summed, _ = mix.unit.partition("-period")
    title = f"{_title(mix)}{in_unit(unit)}{', added up over the periods' if summed else ''}"
    return Table(f"{title}; shares of it in the plan and in plans that differ", heads, rows)


def _changes(alternatives: Alternatives) -> Table:
    rows = [
        (
            f"{mix.kind}: {other.how}",
            c.name,
            c.unit,
            *map(whole, (c.now, c.there)),
            worth(other.objective, alternatives.unit),
        )
        for mix in alternatives.mixes
        for other in mix.others
        for plan in [f"{mix.kind}: {other.how}"]
        for c in other.changes
    ]
    heads = ("plan", "what", "unit", "in the plan", "in that plan", f"its {alternatives.objective_name}")
    return Table("What plans that differ order otherwise", heads, rows, left=3, most=MOST)


def method(alternatives: Alternatives) -> list[str]:
    """Return what a reader must know, one text a line."""
    best, allowed, unit = alternatives.objective, alternatives.allowed, alternatives.unit
    band = f"worth at least {worth(best - allowed, unit)}"
    if alternatives.objective_name != "value":
        band = f"within {share(alternatives.within)} of {worth(best, unit)}"
    lines = [f"Least and most over all plans {band}"]
    lines[0] += f", of {alternatives.held}; shares of the objective are counted without what stands anyway."
    if not alternatives.exact:
        lines.append(
            "Bounds (in brackets) are proven with fractions for integers, so must and never are proven; plans "
            "were found by moving the integers of one thing at a time, so more may be possible than was found."
        )
    elif any(s.verdict == "open" or not _is_known(s) for s in alternatives.spreads):
        lines.append("Where a search was cut short, the bound stands in brackets beside what was found.")
    if alternatives.left_out:
        lines.append(f"Time did not allow: {listed(few(alternatives.left_out, MOST))}.")
    return lines
