"""The choke point: what holds a plan back, what it is worth to move it, and what comes after it."""
