"""How long the steps of a study take."""

from __future__ import annotations

import time
from collections.abc import Callable

Tell = Callable[[str, float], None]
"""Told of each step of a study and its seconds."""


class Clock:
    """Tells how long each step took, beginning when it is made.

    Attributes
    ----------
    seconds
        By step.
    """

    def __init__(self, tell: Tell | None) -> None:
        self._tell, self._last = tell, time.monotonic()
        self.seconds: dict[str, float] = {}

    def step(self, name: str) -> None:
        """End a step."""
        now = time.monotonic()
        self.seconds[name], self._last = now - self._last, now
        if self._tell is not None:
            self._tell(name, self.seconds[name])
