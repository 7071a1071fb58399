"""Moving the decision date: what was decided before it is held, and what that costs is told."""
