"""States of the world: what may come, how likely it is, and from when on it is known.

A *state* is a branch with a probability: from a date on it changes the instance, and until that date nobody knows
whether it will. States that follow another one (``parent``) make a tree. An *event* is a set of outcomes that does not
depend on the states or on other events; the tree has all combinations. What must be decided before a state is known is
decided once for all of them (docs/states.md).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from fabopt.domain.base import Frozen, Named, Record, Slug, When
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In

ALL = "all"
"""What is asked for where every state and event counts; none may be called so."""

MOST_STATES = 200
"""The most combinations of states and events that make one tree."""

Probability = Annotated[Quantity, In("1", ge=0, le=1, usual=(0, 1))]


class Overlay(Record):
    """What is different in a state, and how likely it is."""

    description: str = ""
    """What it is, in a sentence."""
    probability: Probability | None = None
    """Share of the cases in which it comes, given what it follows; absent: what the others leave (one of them)."""
    scenario: Slug | None = None
    """Scenario of the instance that holds from the date on."""
    set_: Frozen[str, Any] = Field(default_factory=dict, alias="set")
    """Levers and their values from the date on; a text that begins with * scales."""

    @property
    def changes(self) -> bool:
        """Whether anything is different in it."""
        return self.scenario is not None or bool(self.set_)


class State(Overlay):
    """A branch with a probability."""

    from_: When | None = Field(default=None, alias="from")
    """Date from which it is known and holds: that of the first period that begins then or later."""
    parent: Slug | None = None
    """State that it follows: it refines that one."""


class Event(Record):
    """Something that happens in one way or another, whatever else comes."""

    description: str = ""
    """What it is, in a sentence."""
    from_: When = Field(alias="from")
    """Date from which it is known how it went: that of the first period that begins then or later."""
    outcomes: Named[Overlay]
    """How it may go; the probabilities add up to one."""
