"""The random networks of the solver's tests and the small ones of the model's serve here too."""

import sys
from pathlib import Path

for name in ("solve", "model"):
    sys.path.insert(0, str(Path(__file__).parents[1] / name))
