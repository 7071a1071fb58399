"""Puts the cases of tests/network and tests/contracts on the path: the chains are shared."""

import sys
from pathlib import Path

for folder in ("network", "contracts", "dates"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
