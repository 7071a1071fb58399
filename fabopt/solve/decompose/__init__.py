"""Stochastic programs that are too large for one program: solved by the branches of their first date, with bounds."""
