"""Solve a network as one party sees it: what others decide is given, what they would buy is found first."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fabopt.network.parties import payments_between
from fabopt.network.perspective import Decided, asked_for, held, sales, without_limits
from fabopt.network.tables import Network
from fabopt.solve.budget import TimeBudget
from fabopt.solve.objectives import Notify
from fabopt.solve.options import KNOWN, OptionError, SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution
from fabopt.solve.start import StartPlan

if TYPE_CHECKING:
    from fabopt.model.build import Hook


def check_party(net: Network, options: SolveOptions, labs: Sequence[str]) -> None:
    """Refuse a perspective whose party is not in the network.

    Parameters
    ----------
    net
        The network.
    options
        Options with the perspective.
    labs
        Ids of the labs of the instance.

    Raises
    ------
    fabopt.solve.options.OptionError
        With the nearest party that is there.
    """
    kind, _, name = options.perspective.partition(":")
    if kind == "system":
        return
    if kind == "rest":
        raise OptionError(f"A perspective is {KNOWN}, not {options.perspective!r}.")
    trading = dict.fromkeys(party for payment in payments_between(net) for party in (payment.payee, payment.payer))
    known = list(labs) if kind == "lab" else list(trading)
    if name in known:
        return
    if not known:
        raise OptionError(f"The perspective {options.perspective} needs a party: the instance has none that is paid.")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {kind}:{near[0]}?" if near else f"there are {', '.join(known)}."
    what = "lab" if kind == "lab" else "party that is paid or pays"
    raise OptionError(f"There is no {what} {name[:40]!r} in the instance; {hint}")


def solve_seen(
    net: Network,
    options: SolveOptions,
    plan: Decided,
    progress: Notify | None = None,
    extra: Sequence[Hook] = (),
    start: StartPlan | None = None,
    budget: TimeBudget | None = None,
) -> tuple[Network, Solution]:
    """Solve a network from the perspective of one party.

    Parameters
    ----------
    net
        The network.
    options
        Options with a perspective other than the system's.
    plan
        What others are held to.
    progress, extra, start, budget
        As for `fabopt.solve.run.solve`.

    Returns
    -------
    Network, Solution
        The network as the party sees it, and its solution (without a plan where the demand of the others has none).
    """
    party, budget = options.party, TimeBudget(options.time_limit) if budget is None else budget
    seen = held(net, party, plan)
    if sales(net, party):
        unlimited = without_limits(seen, party, plan)
        rest = replace(options, perspective=f"rest:{party}")
        with budget.part(share=0.5):
            demand = solve(unlimited, rest, progress, extra, budget=budget)
        if not demand.has_plan:
            return seen, demand
        seen = asked_for(seen, party, decided(unlimited, demand), plan)
    return seen, solve(seen, options, progress, extra, start, budget)


def decided(net: Network, solution: Solution) -> Decided:
    """Return what a solution with a plan decides."""
    return Decided.of_plan(net, solution.levels, solution.orders)
