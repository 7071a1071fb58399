"""A plan from one party's perspective in words: what it is worth to it, and who gains and loses by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.domain.tolerances import same
from fabopt.report.text import TextTable, amount, money

if TYPE_CHECKING:
    import pandas as pd


def seen_sentence(manifest: Mapping[str, Any]) -> str:
    """Return what the plan is worth to the party of the perspective, and to all, against the plan that was given."""
    party = str(manifest["options"]["perspective"]).partition(":")[2]
    here, unit = float(manifest["objective"]), str(manifest["objective_unit"])
    own = _compared(here, float(manifest["given"].get(party, 0.0)), unit)
    whole = float(manifest["value"])
    rest = _compared(whole, sum(manifest["given"].values()), unit)
    return (
        f"With the others held to the given plan, the best plan for {party} is worth {money(here, unit)} to it, {own} "
        f"that plan; to all parties together it is worth {money(whole, unit)}, {rest} that plan."
    )


def _compared(here: float, given: float, unit: str) -> str:
    change = here - given
    if same(here, given):
        return "as much as in"
    return f"{money(abs(change), unit)} {'more' if change > 0 else 'less'} than in"


def gains(manifest: Mapping[str, Any], rows: pd.DataFrame, most: int) -> TextTable:
    """Return who gains and loses most against the plan that was given, in millions of dollars.

    Parameters
    ----------
    manifest
        The result's manifest.
    rows
        Its table `perspective`.
    most
        Number of parties shown.
    """
    given = {str(party): float(value) for party, value in manifest["given"].items()}
    here = {str(party): float(value) for party, value in rows.groupby("party", sort=False)["amount"].sum().items()}
    change = {party: here.get(party, 0.0) - given.get(party, 0.0) for party in {**given, **here}}
    size = max(map(abs, (*given.values(), *here.values())), default=0.0)
    moved = sorted((p for p in change if not same(change[p], 0.0, size)), key=lambda p: -abs(change[p]))
    unit = str(manifest["objective_unit"])
    shown = [(p, amount(given.get(p, 0.0)), amount(here.get(p, 0.0)), _signed(change[p])) for p in moved[:most]]
    return TextTable(
        f"Who gains and loses{f', {unit}' if unit else ''}: values and costs with payments between parties",
        ("party", "given plan", "this plan", "change"),
        tuple(shown),
    )


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{amount(value)}"
