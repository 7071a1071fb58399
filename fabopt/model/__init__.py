"""The mathematics: constraint families over index tables, the Pyomo model, and the registry of limits."""
