"""What measures speed: one script a question, each run as ``python -m benchmarks.<name>``."""
