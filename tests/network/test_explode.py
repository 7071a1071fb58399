"""The walk of recipes, against arithmetic by hand and against a system of linear equations."""

from __future__ import annotations

import numpy as np
import pytest

from fabopt.errors import StudyError
from fabopt.network.explode import Exploded, exploded, recipes, sources
from fabopt.network.tables import Flow

Amounts = dict[tuple[str, str, int], float | list[float]]


def walked(amounts: Amounts, wanted: dict[str, list[float]], ways=None, before: int = 0) -> Exploded:
    """Explode by flows (activity, material, age): amount; by all makers, or those that `ways` gives weights."""
    T = len(next(iter(wanted.values())))
    flows = [Flow(a, m, age, np.broadcast_to(np.array(n, dtype=float), T).copy()) for (a, m, age), n in amounts.items()]
    links = recipes(flows)
    weights = ways or {}

    def of(material):
        return weights.get(material, dict.fromkeys(sources(links, material), 1.0))

    return exploded(links, {m: np.array(n, dtype=float) for m, n in wanted.items()}, of, before)


PACKAGE: Amounts = {("pack", "chip", 0): 0.9, ("pack", "die", 0): -2, ("pack", "stack", 0): -8, ("wafer", "die", 0): 30}


def test_yields_add_up_along_the_chain():
    found = walked(PACKAGE, {"chip": [9.0]})
    # Ten packages for nine good ones, twenty dies, two thirds of a wafer; nobody makes stacks: they are needed.
    assert found.starts == pytest.approx({"pack": 10, "wafer": 20 / 30})
    assert found.needs == pytest.approx({"chip": 9, "die": 20, "stack": 80})


def test_makers_start_in_proportion_to_their_weights_whatever_they_yield():
    found = walked({**PACKAGE, ("other", "die", 0): 10}, {"chip": [9.0]}, {"die": {"wafer": 3.0, "other": 1.0}})
    # Of four wafers three give thirty dies each and one ten: a hundred.
    assert found.starts == pytest.approx({"pack": 10, "wafer": 20 * 3 / 100, "other": 20 * 1 / 100})


def test_weights_may_change_from_period_to_period_and_a_maker_without_any_is_asked_for_nothing():
    two = {"die": {"wafer": np.array([1.0, 0.0]), "other": np.array([1.0, 2.0])}}
    found = walked({**PACKAGE, ("other", "die", 0): 10}, {"chip": [9.0, 9.0]}, two)
    assert found.starts["wafer"].tolist() == pytest.approx([0.5, 0.0])
    assert found.starts["other"].tolist() == pytest.approx([0.5, 2.0])
    alone = walked({**PACKAGE, ("other", "die", 0): 10}, {"chip": [9.0]}, {"die": {"wafer": 1.0, "other": 0.0}})
    assert "other" not in alone.starts


LEADS: Amounts = {
    ("pack", "chip", 1): 0.5, ("pack", "chip", 2): 0.5, ("pack", "die", 0): -1,
    ("wafer", "die", 2): [10.0, 10.0, 20.0, 20.0, 20.0, 20.0],
}  # fmt: skip


def test_lead_times_move_starts_ahead_and_a_split_one_splits_them():
    found = walked(LEADS, {"chip": [0, 0, 0, 8, 0, 2]})
    # Eight in the fourth period start half in the second and half in the third; the last two go on after the end.
    assert found.starts["pack"].tolist() == pytest.approx([0, 4, 4, 1, 2, 2])
    # Their dies are started two periods before, at the yield of the start; those of the second period were before.
    assert found.starts["wafer"].tolist() == pytest.approx([4 / 10, 1 / 10, 2 / 20, 2 / 20, 2 / 20, 2 / 20])


def test_periods_before_the_first_are_worked_out_at_its_recipes():
    found = walked(LEADS, {"chip": [0, 0, 0, 8, 0, 2]}, before=2)
    assert found.starts["pack"].tolist() == pytest.approx([0, 0, 0, 4, 4, 1, 2, 2])
    assert found.starts["wafer"].tolist()[:4] == pytest.approx([0, 4 / 10, 4 / 10, 1 / 10])


def test_what_is_taken_later_than_the_start_is_needed_later():
    found = walked({("pack", "chip", 2): 1, ("pack", "lid", 1): -3}, {"chip": [0, 0, 5, 0]})
    assert found.needs["lid"].tolist() == [0, 15, 0, 0]


def test_a_loop_needs_what_goes_round_in_it_as_well():
    loop = {("clean", "wafer", 0): 1, ("clean", "slurry", 0): -1, ("mix", "slurry", 0): 1, ("mix", "wafer", 0): -0.2}
    found = walked(loop, {"wafer": [8.0]})
    # Slurry takes a fifth of the wafers that it cleans: eight are left of ten.
    assert found.starts == pytest.approx({"clean": 10, "mix": 10})
    with pytest.raises(StudyError, match="as much of itself"):
        walked({**loop, ("mix", "wafer", 0): -1}, {"wafer": [8.0]})


def test_a_loop_with_a_lead_time_needs_its_share_in_earlier_periods():
    loop = {("clean", "wafer", 1): 1, ("clean", "wafer", 0): 0, ("clean", "slurry", 0): -1,
            ("mix", "slurry", 0): 1, ("mix", "wafer", 0): -0.5}  # fmt: skip
    # Eight at the end are started one period before, with four of wafers of the period before that, and so on.
    found = walked(loop, {"wafer": [0, 0, 0, 8, 0]})
    assert found.starts["clean"].tolist() == pytest.approx([2, 4, 8, 0, 0])


def test_a_contract_that_supplies_is_one_more_maker():
    bought = {**PACKAGE, ("take:deal", "stack", 0): 1, ("stacking", "stack", 0): 20, ("stacking", "dram", 0): -1}
    found = walked(bought, {"chip": [9.0]}, {"stack": {"take:deal": 20.0, "stacking": 1.0}})
    # Eighty stacks: forty under the contract, which takes nothing, forty of two wafers.
    assert found.starts == pytest.approx({"pack": 10, "wafer": 2 / 3, "take:deal": 40, "stacking": 2})
    assert found.needs["dram"] == pytest.approx(2)


BINS: Amounts = {
    ("wafer", "best", 0): 2, ("wafer", "good", 0): 3, ("wafer", "poor", 0): 5,
    ("down1", "best", 0): -1, ("down1", "good", 0): 1, ("down2", "good", 0): -1, ("down2", "poor", 0): 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "wafers"),
    [
        ((8, 3, 5), 4),  # as many best ones as four wafers have; the others are met on the way
        ((0, 10, 0), 2),  # best ones stand in for good ones: five a wafer
        ((2, 8, 0), 2),
        ((2, 3, 25), 3),  # ten a wafer of one sort or another
        ((8, 0, 0), 4),  # and nothing stands in for the best
    ],
)
def test_better_bins_stand_in_for_lesser_ones_and_never_the_other_way(wanted, wafers):
    found = walked(BINS, {name: [float(n)] for name, n in zip(("best", "good", "poor"), wanted, strict=True) if n})
    assert found.starts == pytest.approx({"wafer": wafers})


def test_what_one_start_makes_for_two_needs_takes_its_parts_once():
    crude = {
        ("refine", "petrol", 0): 1,
        ("refine", "tar", 0): 0.5,
        ("refine", "crude", 0): -1,
        ("other", "petrol", 0): 1,
    }
    found = walked(crude, {"petrol": [10.0], "tar": [3.0]})
    # Five of the petrol are refined, but three of tar take six.
    assert found.starts == pytest.approx({"refine": 6, "other": 5})
    assert found.needs["crude"] == pytest.approx(6)


def test_a_better_product_stands_in_only_where_nothing_else_makes_the_lesser():
    sells = {("make", "fast", 0): 1, ("sell", "fast", 0): -1, ("sell", "slow", 0): 1}
    assert walked(sells, {"slow": [3.0]}).starts == pytest.approx({"sell": 3, "make": 3})
    assert walked({**sells, ("own", "slow", 0): 1}, {"slow": [3.0]}).starts == pytest.approx({"own": 3})


def test_what_is_run_and_given_back_comes_from_those_who_bring_it():
    run = {("ship", "asset", 0): 1, ("run", "asset", 0): -1, ("run", "asset", 1): 0.9}
    assert walked(run, {"asset": [3.0, 0.0]}).starts["ship"].tolist() == [3, 0]


@pytest.mark.parametrize("seed", range(20))
def test_a_network_that_runs_for_ever_solves_its_linear_equations(seed):
    """Needs n = wanted + A n with A[i, j] what of i one of j takes; every third network has loops."""
    rng = np.random.default_rng(seed)
    n = 7
    takes = rng.uniform(0.0, 0.5, (n, n)) * (rng.random((n, n)) < 0.4)
    takes = takes / 3.0 if seed % 3 == 0 else np.triu(takes, 1).T
    gives, wanted = rng.uniform(0.5, 2.0, n), rng.uniform(0.0, 5.0, n)
    np.fill_diagonal(takes, 0.0)
    amounts: Amounts = {(f"a{j}", f"m{j}", 0): gives[j] for j in range(n)}
    amounts |= {(f"a{j}", f"m{i}", 0): -takes[i, j] for i in range(n) for j in range(n) if takes[i, j] > 0.0}
    found = walked(amounts, {f"m{i}": [wanted[i]] for i in range(n)})
    needs = np.linalg.solve(np.eye(n) - takes / gives, wanted)
    assert [float(found.needs[f"m{i}"][0]) for i in range(n)] == pytest.approx(needs.tolist(), rel=1e-9)
    assert [float(found.starts[f"a{i}"][0]) for i in range(n)] == pytest.approx((needs / gives).tolist(), rel=1e-9)
