"""Small chains of other tests serve here too."""

import sys
from pathlib import Path

for name in ("diversity", "network"):
    sys.path.insert(0, str(Path(__file__).parents[1] / name))
