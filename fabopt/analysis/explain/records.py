"""Records of explanations: frozen, in words and plain numbers, each with a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import frame_of
from fabopt.analysis.portfolio.records import ChipCase

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a lab does not buy a chip.

    Attributes
    ----------
    lab, name
        Id and display name of the lab.
    case
        Where the chip stands with it.
    """

    lab: str
    name: str
    case: ChipCase

    @property
    def frame(self) -> pd.DataFrame:
        """One row: where the chip stands, and what would bring it in (USD per accelerator)."""
        return frame_of([self.case.row])


@dataclass(frozen=True, slots=True)
class Peg:
    """A limit, and its term in the most that could reach a lab in a period.

    Attributes
    ----------
    kind
        Kind of limit (physical, contract, policy, cash, law); ``demand``: what the lab itself wants; ``held``: what the
        plan delivers to others; ``there``: stock and arrivals; ``rule``: what is no registered limit.
    id, name
        What it is.
    owner, stage
        Whose it is, and its stage of the chain; of a demand its customer.
    period
        Period in which it binds; empty where it is one of the whole horizon.
    unit
        Unit of ``amount``.
    price
        What one more unit of it would add to the most, in the unit of the lab's compute.
    amount
        How much of it there is, with what the plan's orders add.
    term
        ``price x amount``; all terms add up to the most.
    share
        Part of what the limits allow (``WhyShort.allowed``), negative where it takes away; None where that is nothing.
    """

    kind: str
    id: str
    name: str
    owner: str
    stage: str
    period: str
    unit: str
    price: float = 0.0
    amount: float = 0.0
    term: float = 0.0
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The terms of some pegs together: of a limit over its periods, or of an owner's stage."""

    name: str
    owner: str
    stage: str
    kind: str
    periods: tuple[str, ...]
    term: float
    share: float | None


HELD = "held for others beyond their own limits"
BEYOND = "others' own limits beyond what is held for them"
"""What others come to together: what takes away, or what is left over."""


@dataclass(frozen=True, slots=True)
class WhyShort:
    """Why a lab gets no more in a period.

    Attributes
    ----------
    lab, name
        Id and display name of the lab.
    period
        Label of the period.
    unit
        Unit of ``wanted``, ``delivered`` and ``most``.
    wanted, delivered
        What the lab wants in the period, and what the plan delivers.
    most
        The most that could reach it in that period, with integers and deliveries to all others held.
    allowed
        What the limits allow at their prices before anything is taken away: the terms of ``due``.
    pegs
        The limits that ``most`` is due to, by period, the largest term first.
    """

    lab: str
    name: str
    period: str
    unit: str
    wanted: float
    delivered: float
    most: float
    allowed: float
    pegs: tuple[Peg, ...]

    @classmethod
    def of(cls, pegs: Sequence[Peg], **known: Any) -> WhyShort:
        """Return the record with each term as a share of what the limits allow."""
        bare = cls(allowed=0.0, pegs=tuple(pegs), **known)
        allowed = sum(part.term for part in bare.due)
        shared = (replace(peg, share=peg.term / allowed if allowed > 0.0 else None) for peg in pegs)
        return replace(bare, allowed=allowed, pegs=tuple(shared))

    @property
    def others(self) -> frozenset[str]:
        """Those for whom something is held, the lab apart."""
        return frozenset(peg.owner for peg in self.pegs if peg.kind == "held" and peg.owner) - {self.lab}

    @property
    def due(self) -> tuple[Part, ...]:
        """What allows something, by limit: the terms add up to ``allowed``.

        Limits of others, such as the power of their own sites, are set against what is held for them: they are here
        together where they allow more than that, and in ``away`` where they do not.
        """
        return tuple(part for part in self._netted if part.term > 0.0)

    @property
    def away(self) -> tuple[Part, ...]:
        """What takes away, by limit: ``most`` is ``allowed`` with these terms."""
        return tuple(part for part in self._netted if part.term < 0.0)

    @property
    def _netted(self) -> tuple[Part, ...]:
        others = self.others
        theirs = [part for part in self.limits if part.kind == "held" or part.owner in others]
        kept = [part for part in self.limits if part not in theirs]
        net = sum(part.term for part in theirs)
        name = BEYOND if net > 0.0 else HELD
        share = None if not theirs or theirs[0].share is None else sum(part.share or 0.0 for part in theirs)
        own = [Part(name, "", "", "held", (), net, share)] if theirs else []
        return tuple(sorted([*kept, *own], key=lambda part: -part.term))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit and period."""
        return frame_of(self.pegs, Peg)

    @property
    def limits(self) -> tuple[Part, ...]:
        """The terms of each limit over all periods, the largest first."""
        return _together(self.pegs, [(peg.id, peg.name, peg.owner, peg.stage, peg.kind) for peg in self.pegs])

    @property
    def owners(self) -> tuple[Part, ...]:
        """The terms by owner, stage and kind, the largest first."""
        return _together(self.pegs, [("", "", peg.owner, peg.stage, peg.kind) for peg in self.pegs])


def _together(pegs: Sequence[Peg], keys: Sequence[tuple[str, str, str, str, str]]) -> tuple[Part, ...]:
    by_thing: dict[tuple[str, str, str, str, str], list[Peg]] = {}
    for key, peg in zip(keys, pegs, strict=True):
        by_thing.setdefault(key, []).append(peg)
    parts = [
        Part(
            *key[1:],
            periods=tuple(sorted({peg.period for peg in own if peg.period})),
            term=sum(peg.term for peg in own),
            share=None if own[0].share is None else sum(peg.share or 0.0 for peg in own),
        )
        for key, own in by_thing.items()
    ]
    return tuple(sorted(parts, key=lambda part: -part.term))


@dataclass(frozen=True, slots=True)
class Gain:
    """What a customer gets more (or less) of with one more unit of a limit.

    Attributes
    ----------
    customer
        Id of the customer; of a demand without one, the name of the demand.
    value
        Change of the worth of what is delivered to it, million dollars, discounted.
    amount, unit
        Change of what is delivered, added up over the periods.
    """

    customer: str
    value: float
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class NextUnit:
    """Whom one more unit of a limit would go to.

    Attributes
    ----------
    limit, family, less, name, owner, unit
        Id and family of the limit, whether relief is less of it, display name, owner and unit.
    periods
        Periods in which there is one unit more; an empty label for the whole horizon.
    gain, gain_unit
        What the objective gains: the worth of what customers get, less what it costs to make and run.
    gains
        Who gets how much, gains first.
    terms
        What the gain is made of: terms of the objective that change, and by how much; they add up to it. ``sellers``:
        what the buyers' objective leaves out; ``added``: what hooks have added. None where the objective is no money.
    """

    limit: str
    family: str
    less: bool
    name: str
    owner: str
    unit: str
    periods: tuple[str, ...]
    gain: float
    gain_unit: str
    gains: tuple[Gain, ...]
    terms: tuple[tuple[str, float], ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a customer."""
        return frame_of(self.gains, Gain)


@dataclass(frozen=True, slots=True)
class Origin:
    """A source of what a unit of a chip is made of.

    Attributes
    ----------
    block
        What comes from it: logic dies, HBM stacks, interposers, components; wafer starts, exposures.
    behind
        Of wafer starts and exposures: the parts that they are for.
    source
        Process node, HBM generation or maker of parts; owner of wafers; class of scanner; or ``from before the plan``.
    each
        How many parts a unit takes from this source; None of wafers and exposures, which are counted by share alone.
    share
        Share of the block.
    """

    block: str
    behind: str
    source: str
    each: float | None
    share: float


@dataclass(frozen=True, slots=True)
class Pegging:
    """Where a unit of a chip comes from.

    Attributes
    ----------
    chip, name
        Id and display name of the chip.
    period
        Label of the period.
    started
        Thousand packages whose packaging starts in it.
    periods
        All periods in which some start.
    origins
        What they are made from.
    """

    chip: str
    name: str
    period: str
    started: float
    periods: tuple[str, ...]
    origins: tuple[Origin, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a source."""
        return frame_of(self.origins, Origin)
