"""What holds a plan back, as a result keeps it: told again without a solver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranked:
    """A limit, or a class of them, that holds a plan back.

    Attributes
    ----------
    id, label, owner
        Which it is, and whose.
    first, last
        Labels of the first and the last period in which it has a price; empty where it is one of the whole horizon.
    price, per
        Worth of one unit more in every counted period, and what a unit is of.
    members
        How many limits it is a class of; 1 where it is none.
    gain
        What 10 % more in every counted period adds to the plan, integers held.
    """

    id: str
    label: str
    owner: str
    first: str
    last: str
    price: float
    per: str
    members: int
    gain: float

    @property
    def when(self) -> str:
        """When it binds, as people write it."""
        if not self.last:
            return "the whole horizon"
        return self.first if self.first == self.last else f"{self.first} to {self.last}"
