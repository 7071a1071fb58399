"""Ctrl-C and SIGTERM before a command begins and after it has ended: one line, and out.

Raised as an exception it would be lost there: libraries that are being imported turn it into errors of their own, or
print it from where nothing can be raised. Nothing has begun then, or all is done, so the process just ends.
"""

from __future__ import annotations

import os
import signal
import sys

from fabopt.errors import INTERRUPTED


def out_at_once() -> None:
    """Let Ctrl-C and SIGTERM end the process from now on, where it is the command line's own and they mean anything."""
    name = os.path.basename(sys.argv[0])
    own = name.partition(".")[0] == "fabopt" or sys.argv[0].endswith(os.path.join("fabopt", "__main__.py"))
    for number in (signal.SIGINT, signal.SIGTERM):
        if own and signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _leave)


def as_exception() -> None:
    """Let both be a `KeyboardInterrupt` again: a command has begun, and may have something to put in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _leave:
            signal.signal(number, signal.default_int_handler)


def _leave(_number: int, _frame: object) -> None:
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(INTERRUPTED)
