"""When a delivery can be promised, what it costs, and whom it displaces."""
