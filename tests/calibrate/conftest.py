"""Puts the lab with two designers of tests/tastes on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tastes"))
