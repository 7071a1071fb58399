"""Puts the cases of other folders of tests on the path: families of the chain are lowered from them."""

import sys
from pathlib import Path

for folder in ("network", "diversity", "tastes"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
