"""Made-up chains of any size, drawn from a seed: to measure with, and to try an instance larger than one's own."""
