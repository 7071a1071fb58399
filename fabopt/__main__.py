"""``python -m fabopt``: the command line."""

import sys

from fabopt.cli import main

if __name__ == "__main__":
    sys.exit(main())
