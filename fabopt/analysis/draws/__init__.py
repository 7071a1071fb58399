"""Draws of the data: one engine for every study, Monte Carlo of a plan, and random disruptions."""
