"""A few draws that stand for many: against distances worked by hand, and all choices tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import yaml

import fabopt
from fabopt.analysis.draws.engine import quantiles, spreads, values_at
from fabopt.analysis.draws.reduction import reduced
from fabopt.cli import main
from fabopt.errors import StudyError
from fabopt.io.load import apply_merge

approx = pytest.approx

SHOP = """
horizon: {start: '2027', periods: 3, period: year, discount_rate: {value: 0, low: 0, high: 0.1, source: m1}}
sources: {m1: {title: a market report}}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: {value: 6, low: 4, high: 9, source: m1}}}
  activities: {make: {unit: piece, cost: {value: 1, low: 1, high: 2, source: m1}, outputs: {goods: 1}, uses: {line: 1}}}
  demands: {shop: {material: goods, quantity: 10, value: 5}}
"""
LINE = "network.resources.line.capacity"


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "instance.yaml").write_text(SHOP, encoding="utf-8")
    return fabopt.load(tmp_path)


def test_two_of_six_points_are_those_that_leave_least():
    """Forward alone takes -2, then 2, and leaves 3 + 2 + 1.5 + 1 = 7.5; with -4 for -2 it is 1 + 2 + 1.5 + 1 = 5.5."""
    few = reduced(np.array([[-5.0], [-4.0], [-2.0], [0.5], [2.0], [3.0]]), 2)
    assert few.kept == (1, 4)
    assert few.weights == (0.5, 0.5)
    assert few.distance == approx(5.5 / 6)
    # Of the best single point, -2, 3 + 2 + 2.5 + 4 + 5 = 16.5 is left.
    assert few.relative == approx(1 / 3)


@pytest.mark.parametrize("seed", range(4))
def test_no_exchange_leaves_less_and_each_draw_counts_for_the_nearest(seed):
    points = np.random.default_rng(seed).normal(size=(9, 2))
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    few = reduced(points, 3)
    kept = list(few.kept)
    tries = [[*kept[:n], j, *kept[n + 1 :]] for n, j in itertools.product(range(3), range(9))]
    assert few.distance <= min(apart[:, one].min(axis=1).mean() for one in tries) * (1 + 1e-12)
    nearest = np.argmin(apart[:, kept], axis=1)
    assert list(few.weights) == approx([(nearest == k).mean() for k in range(3)])
    assert few.distance == approx(np.mean([apart[i, kept[k]] for i, k in enumerate(nearest)]))


def test_all_draws_lose_nothing_and_one_is_the_measure():
    points = np.random.default_rng(1).normal(size=(6, 3))
    whole, one = reduced(points, 6), reduced(points, 1)
    assert (whole.distance, whole.relative, whole.weights) == (0.0, 0.0, (approx(1 / 6),) * 6)
    assert one.relative == approx(1.0)


def test_a_state_has_the_numbers_of_its_draw_from_its_date_on(shop):
    record = shop.draw_states(12, 3, since="2028", seed=7).records
    assert sum(one.probability for one in record.states) == approx(1.0)
    # A discount rate cannot vary over time, so that no state changes it.
    assert record.still == ("horizon.discount_rate",)
    drawn = [spread for spread in spreads(shop._tree, shop.data) if spread.path not in record.still]
    for state in record.states:
        own = record.section[state.name]
        assert own["from"] == "2028-01-01"
        assert own["set"] == values_at(shop.data, drawn, quantiles(drawn, 7, state.draw))
    whole = shop.draw_states(12, 12, levers=[LINE]).records
    assert [one.probability for one in whole.states] == approx([1 / 12] * 12)
    assert whole.levers == (LINE,)
    assert whole.relative == approx(0.0)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path, capsys):
    (tmp_path / "instance.yaml").write_text(SHOP, encoding="utf-8")
    files = [tmp_path / name for name in ("a.yaml", "b.yaml", "c.yaml")]
    for file, seed in zip(files, "112", strict=True):
        given = ["--draws", "20", "--keep", "4", "--seed", seed, "--from", "2028", "--file", str(file)]
        assert main(["states", str(tmp_path), *given]) == 0
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other
    assert len(yaml.safe_load(one)["states"]) == 4
    assert "4 states stand for 20 draws" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep": 9, "draws": 8}, "1 to 8 can be kept, not 9"),
        ({"since": "2027"}, "one of 2028 to 2029"),
        ({"since": "2035"}, "'2035'"),
        ({"levers": ["network.resources.lin.capacity"]}, f"did you mean '{LINE}'"),
        ({"levers": ["horizon.discount_rate"]}, "may vary over time"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, said, shop):
    with pytest.raises(StudyError, match=r"draw|period|number") as caught:
        shop.draw_states(**{"draws": 8, "keep": 2, **given})
    assert said in str(caught.value)


def test_states_of_draws_come_alone(shop):
    """Where the instance has an event of its own, the states that are given are all there are."""
    fire = {"fire": {"from": "2028", "outcomes": {"burnt": {"probability": 0.5, "set": {LINE: 1}}, "none": {}}}}
    own = type(shop)(apply_merge(shop._tree, {"events": fire}, "a fire"), "shop")
    assert len(own.with_states(shop.draw_states(9, 3).records).leaves()) == 3


def test_a_file_of_states_is_solved(tmp_path, capsys):
    """2027 makes 6 goods at 4 in all states; 2028 and 2029 as many as the line of the state does."""
    (tmp_path / "instance.yaml").write_text(SHOP, encoding="utf-8")
    shop = fabopt.load(tmp_path)
    record = shop.draw_states(30, 3, levers=[LINE]).records
    (tmp_path / "states.yaml").write_text(record.text, encoding="utf-8")
    given = ["--states", str(tmp_path / "states.yaml"), "--out", str(tmp_path / "result")]
    assert main(["solve", str(tmp_path), *given]) == 0
    lines = [record.section[one.name]["set"][LINE]["value"] for one in record.states]
    later = sum(one.probability * min(line, 10) for one, line in zip(record.states, lines, strict=True))
    result = fabopt.load_states(tmp_path / "result")
    assert result.expected == approx(24 + 2 * 4 * later)
    assert shop.with_states(record) == shop.with_states(tmp_path / "states.yaml")
    assert main(["solve", str(tmp_path), "--states", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
