"""Time: how much of it a piece of work may take, what is left, what was left out for want of it, and how to cancel.

One :class:`TimeBudget` goes with a question from the command line to the last run of the solver. No clock decides what
an answer means; a clock only decides how much of it is done, and what was not done is said:

- every run of the solver takes ``left`` as its limit, and its callbacks look at ``cancelled``;
- before a piece of work ``allows(what)`` says whether there is time, and lists ``what`` as left out where there is not;
- a run that time or a signal ended says nothing: not that there is no plan, and not a value of nothing. Whoever cannot
  go on without its answer raises :class:`OutOfTimeError`; the stage around it ends, is listed as left out, and what was
  found before stays.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import FrameType, TracebackType

from fabopt.errors import INTERRUPTED, LIMIT, FaboptError
from fabopt.solve.outcome import LevelError, SolverError

Tell = Callable[[str, float], None]
"""Told of each stage of a study and the seconds that it took."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What ends a piece of work early: Ctrl-C, and a polite request of the system."""


class OutOfTimeError(FaboptError):
    """Time, Ctrl-C or SIGTERM ended a piece of work before it had an answer; the message is a full sentence."""

    def __init__(self, what: str, cancelled: bool) -> None:
        why = "it was interrupted" if cancelled else "its time was over"
        super().__init__(f"There is no answer to {what}: {why} before.")
        self.what = what
        self.exit_code = INTERRUPTED if cancelled else LIMIT


class TimeBudget:
    """Seconds from its creation on.

    Parameters
    ----------
    seconds
        How many; infinite: without end.
    tell
        Told of each stage when it ends.
    clock
        Gives the seconds since any moment; another one than the system's in tests.

    Attributes
    ----------
    left_out
        What there was no time for, in words, in the order in which it would have come.
    seconds_by_stage
        How long each stage took.
    """

    def __init__(
        self, seconds: float = math.inf, tell: Tell | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds, self.tell, self._clock = seconds, tell, clock
        self._began = clock()
        self._spans = [(self._began, self._began + seconds)]  # of the whole, and of each part in force
        self._cancelled = threading.Event()
        self.left_out: list[str] = []
        self.seconds_by_stage: dict[str, float] = {}

    @classmethod
    def of(cls, minutes: float | TimeBudget, tell: Tell | None = None) -> TimeBudget:
        """Return a budget of so many minutes; one that is given stays itself."""
        return minutes if isinstance(minutes, TimeBudget) else cls(60.0 * minutes, tell)

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds that are left of the innermost part in force, at least 0; none once it is cancelled."""
        return 0.0 if self.cancelled else max(self._spans[-1][1] - self._clock(), 0.0)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0.0

    @property
    def cancelled(self) -> bool:
        """Whether Ctrl-C, SIGTERM or a call has ended the work."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End the work: runs of the solver stop as soon as they look, and nothing is begun any more."""
        self._cancelled.set()

    def allows(self, what: str) -> bool:
        """Return whether time is left for a piece of work; where not, it is listed as left out."""
        if self.over:
            self.leave_out(what)
            return False
        return True

    def leave_out(self, what: str) -> None:
        """List a piece of work as left out, once."""
        if what not in self.left_out:
            self.left_out.append(what)

    def said_left_out(self) -> list[str]:
        """Return a sentence about what was left out; none where nothing was."""
        return [f"Time did not allow: {', '.join(self.left_out)}."] if self.left_out else []

    def attempt(self, what: str) -> Attempt:
        """Return a piece of work for ``with``: what runs out of time in it ends there, and ``what`` is left out.

        So does what the solver gives up; that a program has no end (:class:`LevelError`) is for the user to mend.
        """
        return Attempt(self, what)

    def out_of_time(self, what: str) -> OutOfTimeError:
        """Return the error of a piece of work that time or a signal ended."""
        return OutOfTimeError(what, self.cancelled)

    # -- parts -------------------------------------------------------------------------------------------------------

    @contextmanager
    def part(self, *, share: float = 1.0, until: float = 1.0, seconds: float = math.inf) -> Iterator[TimeBudget]:
        """While in force, ``left`` is what is left of a part of the time.

        Parameters
        ----------
        share
            Share that it may take of what is left when it begins.
        until
            Share of the time of the part around it by which it has to end.
        seconds
            Seconds that it may take.
        """
        now, (began, end) = self._clock(), self._spans[-1]
        if math.isfinite(end):
            end = min(began + until * (end - began), now + share * max(end - now, 0.0))
        self._spans.append((now, min(end, now + seconds)))
        try:
            yield self
        finally:
            self._spans.pop()

    def sub(self, seconds: float = math.inf) -> TimeBudget:
        """Return one for an analysis that keeps lists of its own: no longer than what is left, cancelled with this."""
        time_budget = TimeBudget(min(seconds, self.left), clock=self._clock)
        time_budget._cancelled = self._cancelled
        return time_budget

    def stage(self, name: str, *, share: float = 1.0, until: float = 1.0, needed: bool = True) -> Stage:
        """Return a part (:meth:`part`) with a name, which is timed and told of, for ``with``.

        What runs out of time in it ends there, is listed as left out, and work goes on after it; so does what the
        solver gives up, where the rest does not need it.
        """
        return Stage(self, name, needed, self.part(share=share, until=until))

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done while in force, and tell how long it took."""
        began = self.spent
        yield
        took = self.spent - began
        self.seconds_by_stage[name] = self.seconds_by_stage.get(name, 0.0) + took
        if self.tell is not None:
            self.tell(name, took)

    # -- signals -----------------------------------------------------------------------------------------------------

    @contextmanager
    def catching_signals(self) -> Iterator[None]:
        """While in force, Ctrl-C and SIGTERM cancel this budget; a second one is raised as `KeyboardInterrupt`.

        A signal cancels every budget that is catching. Python lets only the main thread handle signals: in any other
        thread nothing changes.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {} if _catching else {number: signal.signal(number, _on_signal) for number in SIGNALS}
        _catching.append(self)
        try:
            yield
        finally:
            _catching.remove(self)
            for number, handler in previous.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)


class Attempt:
    """A piece of work that time may end; see :meth:`TimeBudget.attempt`."""

    def __init__(self, budget: TimeBudget, what: str, needed: bool = False) -> None:
        self._budget, self._what, self._needed = budget, what, needed

    def __enter__(self) -> TimeBudget:
        """Begin."""
        return self._budget

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """End; an :class:`OutOfTimeError` goes no further, nor does a solver that gives up."""
        if isinstance(error, OutOfTimeError):
            self._budget.leave_out(self._what)
        elif isinstance(error, SolverError) and not isinstance(error, LevelError) and not self._needed:
            self._budget.leave_out(f"{self._what} (the solver gave up)")
        else:
            return False
        return True


class Stage(Attempt):
    """A part of a budget with a name; see :meth:`TimeBudget.stage`."""

    def __init__(self, budget: TimeBudget, name: str, needed: bool, part: AbstractContextManager[TimeBudget]) -> None:
        super().__init__(budget, name, needed)
        self._inner = ExitStack()
        self._part = part

    def __enter__(self) -> TimeBudget:
        """Begin."""
        self._inner.enter_context(self._budget.timed(self._what))
        return self._inner.enter_context(self._part)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """End, and tell how long it took; what goes no further is that of :class:`Attempt`."""
        self._inner.close()
        return super().__exit__(kind, error, at)


_catching: list[TimeBudget] = []


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    if all(budget.cancelled for budget in _catching):
        raise KeyboardInterrupt
    for budget in _catching:
        budget.cancel()
