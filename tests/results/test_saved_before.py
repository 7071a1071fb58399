"""Results that were saved before an option came are read, with what it does where nobody asks for it."""

from pathlib import Path

import pytest

import fabopt
from fabopt.io.seal import SavedError
from fabopt.solve.results.run_info import run_info_of

GIAPETTO = Path(__file__).parents[2] / "instances" / "textbook" / "giapetto"


def test_a_run_that_knows_no_heuristic_had_none_and_one_without_a_seed_is_none():
    run = fabopt.load(GIAPETTO).solve(heuristic="relax-and-fix:2").run
    kept = run.as_dict()
    assert run_info_of(kept).options.heuristic == "relax-and-fix:2"
    del kept["options"]["heuristic"]
    assert run_info_of(kept).options.heuristic == ""
    del kept["options"]["seed"]
    with pytest.raises(SavedError, match=r"options\.seed"):
        run_info_of(kept)
