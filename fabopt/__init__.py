"""fabopt: an optimiser of the AI-chip supply chain, from lithography tools to a lab's compute.

>>> import fabopt
>>> instance = fabopt.load("instances/tutorial")
>>> result = instance.solve()
>>> result.shipments

Nothing is imported before it is used: ``import fabopt`` loads neither Pyomo nor pandas, and the command line is ready
for Ctrl-C as soon as Python is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fabopt.api import (
        Instance,
        Result,
        compare,
        example,
        import_,
        load,
        load_memo,
        load_result,
        load_states,
        sweep,
        synthetic,
    )

__version__ = "0.1.0"
__all__ = [
    "Instance",
    "Result",
    "__version__",
    "compare",
    "example",
    "import_",
    "load",
    "load_memo",
    "load_result",
    "load_states",
    "sweep",
    "synthetic",
]


def __getattr__(name: str) -> Any:
    """Fetch the public names from `fabopt.api` when they are first used (PEP 562)."""
    if name in __all__:
        from fabopt import api

        return getattr(api, name)
    raise AttributeError(f"module 'fabopt' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
