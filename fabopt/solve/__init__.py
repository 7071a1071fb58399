"""From the model to a plan: compiling, the HiGHS session, objectives in order, and the solution."""
