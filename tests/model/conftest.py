"""Puts the cases of tests/network and tests/diversity on the path: families of the chain are lowered from them."""

import sys
from pathlib import Path

for folder in ("network", "diversity"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
