"""The garbage collector, held off while a model is built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_off() -> Iterator[None]:
    """Hold off the collector of cycles.

    A model is some hundred thousand small objects that all stay. Each new batch of them makes the collector look
    through everything that lives, which takes as long as the building itself. Usable as a decorator.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
