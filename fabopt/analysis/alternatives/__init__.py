"""Plans that are nearly as good as the best: what all of them order, what some do, how far they differ."""
