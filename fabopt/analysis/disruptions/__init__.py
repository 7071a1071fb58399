"""Disruptions: how long a plan survives the failure of each supplier, what it costs, and what it costs at random."""
