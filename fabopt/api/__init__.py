"""What a notebook sees: load an instance, look at it, change it, solve it, and read the result.

>>> instance = fabopt.load("instances/tutorial")
>>> result = instance.with_({"packaging_lines.bridgeworks.capacity": "*1.5"}).solve()
>>> result.answer
>>> result.shipments

Thin facades over the parts below; pandas, Pyomo and HiGHS are imported when they are first needed.
"""

from fabopt.api.instance import Instance, Result, audit, example, import_, load, load_result, load_states, synthetic
from fabopt.api.places import (
    RESULTS,
    WORKERS,
    default_folder,
    default_memo_folder,
    default_sweep_folder,
    name_of,
    states_folder,
)
from fabopt.api.several import compare, sweep
from fabopt.api.states import StatesResult
from fabopt.api.studies import load_memo

__all__ = [
    "RESULTS",
    "WORKERS",
    "Instance",
    "Result",
    "StatesResult",
    "audit",
    "compare",
    "default_folder",
    "default_memo_folder",
    "default_sweep_folder",
    "example",
    "import_",
    "load",
    "load_memo",
    "load_result",
    "load_states",
    "name_of",
    "states_folder",
    "sweep",
    "synthetic",
]
