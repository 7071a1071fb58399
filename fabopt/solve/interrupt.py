"""Ctrl-C as a call instead of an exception, for as long as the solver runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_ctrl_c(pressed: Callable[[], None]) -> Iterator[None]:
    """While in force, Ctrl-C calls ``pressed``; the handler that was there before comes back at the end.

    Python lets only the main thread handle signals: in any other thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(_number: int, _frame: object) -> None:
        pressed()

    previous = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
