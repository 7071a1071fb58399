"""Puts the cases of tests/network on the path: the minimal chain is shared."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "network"))
