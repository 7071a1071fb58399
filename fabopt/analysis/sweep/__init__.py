"""Sweeps: one instance solved in many cases, over levers and scenarios."""
