"""Random networks and the second formulation of the model's tests, and small instances of others, serve here too."""

import sys
from pathlib import Path

for folder in ("model", "solve", "contracts"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
