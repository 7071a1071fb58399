"""What advice rests on, and what would change it: assumptions, flip points, plans nearly as good, chances."""

from __future__ import annotations

from dataclasses import dataclass

from fabopt.analysis.memo.records.amount import Amount


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number of the data that the memo rests on.

    Attributes
    ----------
    path, value
        Its lever, and the number with its range as low and high.
    at_low, at_high
        Change of the plan's value at the ends of its range, solved again where ``solved``, else by the adjoint.
    choke_low, choke_high
        Choke point of the whole chain there, where solved.
    choke_now
        That of the plan itself; empty where no tornado was made.
    information
        What it is worth to know it before deciding.
    sources
        Titles of its sources with date, empty for an assumption.
    as_of
        Date of the source.
    """

    path: str
    name: str
    value: Amount
    at_low: Amount | None
    at_high: Amount | None
    solved: bool
    choke_low: str
    choke_high: str
    choke_now: str
    information: Amount | None
    sources: tuple[str, ...]
    as_of: str


@dataclass(frozen=True, slots=True)
class Flip:
    """Where a recommendation turns: the value of an assumption at which signing is worth no more than not signing.

    Attributes
    ----------
    path
        The assumption's lever.
    recommendation
        Id of the signature, or ``choke`` for the first choke point.
    at
        Value at which it turns; None where it does not turn in the searched interval.
    searched
        The interval, as (low, high) in the number's unit.
    now, range_low, range_high
        The number and its range.
    inside
        Whether it turns within the range.
    distance
        How far ``at`` lies from the nearest end of the range, as a share of the number; negative inside of it.
    to
        What is best beyond it: id of another signature, label of another limit, or empty.
    """

    path: str
    name: str
    recommendation: str
    recommendation_name: str
    at: Amount | None
    searched: tuple[float, float]
    now: Amount
    range_low: float
    range_high: float
    inside: bool
    distance: Amount | None
    to: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An order or contract in plans nearly as good: must, may, never, open; least and most."""

    name: str
    owner: str
    verdict: str
    now: Amount
    least: Amount
    most: Amount


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan nearly as good: what it is worth less, and its largest changes (name, now, there)."""

    how: str
    cost: Amount
    moved: Amount
    changes: tuple[tuple[str, Amount, Amount], ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """What to watch: a number whose next publication may move the plan, who publishes it, and what it would change."""

    path: str
    name: str
    publisher: str
    last_seen: str
    value: Amount
    moves: Amount
    turns: str


@dataclass(frozen=True, slots=True)
class Chance:
    """Share of the cases of a sweep, or of draws of the data, in which the lab has reached a target by a period."""

    period: str
    target: Amount
    share: Amount


@dataclass(frozen=True, slots=True)
class StateRegret:
    """What a first stage loses in a state against the best plan for that state alone; None where it was not solved."""

    plan: str
    state: str
    regret: Amount | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What is not to be signed now: ordered once it is known which state comes.

    Attributes
    ----------
    name
        What is ordered.
    until
        The last period in which it is ordered in some state.
    """

    name: str
    until: str


@dataclass(frozen=True, slots=True)
class Hedging:
    """What a plan under several states says, for all whom that plan is for.

    Attributes
    ----------
    states
        Names with their probabilities.
    known
        The first period in which anything is known; empty where nothing ever is.
    knowing
        What it is worth to know now which state comes.
    planning
        What planning with states is worth over a plan for mean data.
    held, holding
        The last period before anything is known, and what is lost if all its orders are held back.
    regrets
        Of each first stage in each state.
    waits
        What the lab waits for.
    """

    states: tuple[tuple[str, Amount], ...]
    known: str
    knowing: Amount | None
    planning: Amount | None
    held: str
    holding: Amount | None
    regrets: tuple[StateRegret, ...]
    waits: tuple[Wait, ...]
