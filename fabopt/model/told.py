"""Words of rows and columns, each made when somebody asks for it: most of them are never read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import eq
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

V_co = TypeVar("V_co", covariant=True)


class Told(Sequence[V_co]):
    """A sequence that makes its entries when they are asked for.

    Parameters
    ----------
    of
        Makes an entry from its number. Where two are equal, and so are the numbers, nothing is made to tell that the
        sequences are.
    at
        Numbers of the entries, in their order.
    """

    __slots__ = ("_at", "_of")

    def __init__(self, of: Callable[[int], V_co], at: NDArray[np.int64]) -> None:
        self._of, self._at = of, at

    @overload
    def __getitem__(self, place: int) -> V_co: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[V_co, ...]: ...

    def __getitem__(self, place: int | slice) -> V_co | tuple[V_co, ...]:
        """Return one entry, or some as a tuple."""
        if isinstance(place, slice):
            return tuple(map(self._of, self._at[place].tolist()))
        return self._of(int(self._at[place]))

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._at)

    def __iter__(self) -> Iterator[V_co]:
        """Make all entries, one after another."""
        return map(self._of, self._at.tolist())

    def __eq__(self, other: object) -> bool:
        """Return whether a sequence has the same entries."""
        if isinstance(other, Told) and self._of == other._of and np.array_equal(self._at, other._at):
            return True
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the entries: what makes them may be a function inside another one."""
        return tuple, (tuple(self),)


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of the cells of a grid [entities, steps, T], which are numbered through: id, step and label of the period.

    Attributes
    ----------
    ids
        What the key of each entity begins with.
    steps
        Number of steps; 0 where there is one and keys do not name it.
    labels
        Labels of the periods; empty where there is one period and keys do not name it.
    """

    ids: tuple[tuple[str, ...], ...]
    steps: int
    labels: tuple[str, ...]

    def __call__(self, cell: int) -> tuple[str, ...]:
        """Return the key of a cell."""
        place, t = divmod(cell, len(self.labels) or 1)
        entity, k = divmod(place, self.steps or 1)
        step = (str(k + 1),) if self.steps else ()
        return (*self.ids[entity], *step, *self.labels[t : t + 1])
