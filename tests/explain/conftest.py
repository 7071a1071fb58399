"""Tests of explanations use the small instances of the portfolio's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "portfolio"))
