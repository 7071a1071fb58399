"""The command line: ``fabopt VERB``. Commands are thin over `fabopt.api`, one file a verb.

Exit codes: 0 a plan (or what was asked for), even if limited; 2 bad input, or nowhere to write; 3 infeasible; 4 a limit
before any plan; 130 interrupted before any plan.

This file imports nothing of weight, so that Ctrl-C is met from the first moment on.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from fabopt.cli.starting import out_at_once
from fabopt.errors import BAD_INPUT, INTERRUPTED

out_at_once()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; as the process's own command line, end the process with it.

    Libraries keep threads of their own (memory, tables, the solver), and C++ ends a process with an abort where one of
    them still lives when its owner is torn down. So what was said is written, what asked to be called at the end is
    called, and the process ends without that.

    Parameters
    ----------
    argv
        Arguments without the program's name; those of the process when left out.
    """
    code = _main(argv)
    if argv is None:
        sys.stderr.flush()
        atexit._run_exitfuncs()
        os._exit(code)
    return code


def _main(argv: Sequence[str] | None) -> int:
    _open_streams()
    # What a command imports and reads stays: looking through all of it 300 times costs a tenth of a small solve.
    gc.set_threshold(100_000, 50, 100)
    try:
        from fabopt.cli.app import run

        code = run(argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone (fabopt schema | head); nothing is left to say
        _nowhere()
        return 0
    except OSError as error:  # a full disk behind stdout
        _nowhere()
        sys.stderr.write(f"stdout cannot be written: {error.strerror or error}\n")
        return BAD_INPUT


def _open_streams() -> None:
    """Give a process that was started with a stream closed one that leads nowhere, so that no file takes its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            there = os.open(os.devnull, os.O_RDWR)
            if there != number:
                os.dup2(there, number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def _nowhere() -> None:
    """Let what is still held back for stdout go nowhere, so that the end of the process does not stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
