"""Stochastic programs with published optima, and the stack against an extensive form that is written by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

import fabopt

approx = pytest.approx
PROGRAMS = Path(__file__).parents[2] / "instances" / "stochastic"


@pytest.mark.parametrize("name", sorted(folder.name for folder in PROGRAMS.iterdir()))
def test_the_published_optimum_is_found_and_proved(name):
    instance = fabopt.load(PROGRAMS / name)
    result = instance.solve(states="all")
    published = instance.data.about.published_optimum
    # To half of the last digit that is published; whole numbers are exact.
    digits = len(str(published).partition(".")[2].strip("0")) or 3
    assert (result.status, result.objective) == ("optimal", approx(published, abs=0.5 * 10**-digits))
    assert result.bound == approx(result.objective, rel=1e-9)
    assert result.expected == approx(sum(p * result.states[s].objective for s, p in result.probabilities.items()))


def farmer_by_hand():
    """The farmer's extensive form: sown w c b, then for each state buy w c, sell w c, beets within and above quota."""
    share, yields = 1 / 3, [(2.5 * k, 3 * k, 20 * k) for k in (1.0, 1.2, 0.8)]
    cost, rows, sides = [150.0, 230.0, 260.0], [[1.0, 1, 1, *[0] * 18]], [500.0]
    for s, (wheat, corn, beets) in enumerate(yields):
        cost += [share * k for k in (238, 210, -170, -150, -36, -10)]
        for entries, side in (
            ({0: -wheat, 3: -1, 5: 1}, -200),
            ({1: -corn, 4: -1, 6: 1}, -240),
            ({2: -beets, 7: 1, 8: 1}, 0),
            ({7: 1}, 6000),
        ):
            row = [0.0] * 21
            for at, value in entries.items():
                row[at if at < 3 else at + 6 * s] = value
            rows.append(row)
            sides.append(side)
    return linprog(cost, A_ub=rows, b_ub=sides, method="highs")


def test_the_stack_is_the_extensive_form_that_is_written_by_hand():
    result = fabopt.load(PROGRAMS / "farmer").solve(states="all")
    by_hand = farmer_by_hand()
    assert result.objective == approx(-by_hand.fun, rel=1e-9)
    sown = result.now.table("core/activities")
    levels = dict(zip(sown["id"], sown["level"], strict=True))
    assert [levels[f"sow-{crop}"] for crop in ("wheat", "corn", "beets")] == approx(list(by_hand.x[:3]))
    # One acre more, now: its price in the stack is that of the row of land in the program by hand.
    (land,) = [limit for limit in result.run.limits if limit.entity == "land"]
    assert land.price == approx(-by_hand.ineqlin.marginals[0], rel=1e-9)


def test_each_state_shares_what_was_sown_and_is_the_best_from_there():
    result = fabopt.load(PROGRAMS / "farmer").solve(states="all")
    sown = {name: tuple(one.table("core/activities").query("period == '2027'")["level"]) for name, one in
            result.states.items()}  # fmt: skip
    assert len(set(sown.values())) == 1
    assert {name: one.objective for name, one in result.states.items()} == approx(
        {"fair": 109_350, "good": 167_000, "bad": 48_820}  # the book's table 5
    )
    for one in result.states.values():
        assert one.instance.solve().objective == approx(one.objective)
    assert np.isclose(np.mean([one.objective for one in result.states.values()]), 108_390)
