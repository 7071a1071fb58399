"""Sensitivity: what every number is worth, exact re-solves, value functions of levers."""
