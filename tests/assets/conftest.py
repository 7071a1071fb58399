"""Tests of this folder share the small fleet of the tests of resale."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
