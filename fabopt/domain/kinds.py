"""Kinds of things in the chain, and the roles that lowered records have in it.

A record of the network is found by its tags: ``kind`` is the class of thing that it was made from, ``role`` what it is
in the chain, ``field`` the place in the instance of the number it came from. Nothing is found by its id.
"""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal[
    # activities
    "wafer_start", "interposer_start", "package_start", "component_order", "shipment", "operation", "run", "downgrade",
    "release", "idle", "take", "beyond", "shortfall", "credit", "remaining",
    "carriage", "charge",
    # resources
    "wafer_starts", "tool_places", "exposures", "tool_output", "stacking", "qualified", "interposers", "bonding",
    "assembly", "component_capacity", "power", "ground",
    # units
    "tool_order", "expansion", "site_project", "qualification", "programme", "signature", "exercise", "exit", "tier",
    "switch",
    # materials
    "wafer", "die", "stack", "interposer", "component", "package", "asset", "running", "compute", "prepaid",
    # demands, budgets and rules on sums
    "want", "floor", "budget", "rule",
]  # fmt: skip
"""What a record is in the chain."""

ROLES: tuple[str, ...] = get_args(Role)
"""All roles."""
