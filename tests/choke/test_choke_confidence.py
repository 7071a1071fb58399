"""Draws of the data: distributions by hand, shares, currencies, rules; ranks and the change that dethrones by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import triang

import fabopt
from fabopt.analysis.choke.confidence import Drawing, Gains, Sample, dethrone, sample, stability, strongest, summary
from fabopt.analysis.draws.distributions import triangular
from fabopt.analysis.draws.engine import moved, quantiles, spreads
from fabopt.domain.instance import Instance
from fabopt.solve.budget import TimeBudget

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
TUTORIAL = fabopt.load(INSTANCES / "tutorial")
PACKAGING, PUE = "packaging_lines.bridgeworks.capacity", "sites.plains.pue"


@pytest.mark.parametrize("quantile", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_the_triangular_quantile_is_that_of_scipy(quantile: float) -> None:
    known = triang.ppf(quantile, (3.0 - 2.0) / (7.0 - 2.0), loc=2.0, scale=5.0)
    assert triangular(quantile, 2.0, 3.0, 7.0) == pytest.approx(float(known))


def test_a_number_without_a_range_stays() -> None:
    assert triangular(0.9, 4.0, 4.0, 4.0) == 4.0


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    found = spreads(TUTORIAL._tree, TUTORIAL.data)
    assert quantiles(found, 3, 5) == quantiles(found, 3, 5)
    assert quantiles(found, 3, 5) != quantiles(found, 3, 6)
    assert quantiles(found, 3, 5) != quantiles(found, 4, 5)


def test_published_ranges_are_drawn_and_assumed_ones_only_where_none_is_published() -> None:
    frontier = fabopt.load(INSTANCES / "frontier")
    paths = {s.path for s in spreads(frontier._tree, frontier.data)}
    assert "scanners.euv.output" in paths
    assert "nodes.n5.wafer_diameter" not in paths
    assert PACKAGING in {s.path for s in spreads(TUTORIAL._tree, TUTORIAL.data)}


def test_a_number_at_its_end_is_its_low_or_high_and_others_stay() -> None:
    found = spreads(TUTORIAL._tree, TUTORIAL.data)
    for end, side in ((0.0, 0), (1.0, 1)):
        drawn = moved(TUTORIAL._tree, TUTORIAL.data, found, {PACKAGING: end})
        assert drawn is not None
        instance, back = drawn
        was = TUTORIAL.data.packaging_lines["bridgeworks"].capacity
        now = instance.packaging_lines["bridgeworks"].capacity
        assert not back
        assert [p.value for p in now.points] == pytest.approx([was.range_of(p)[side] for p in was.points])
        assert instance.sites["plains"].pue == TUTORIAL.data.sites["plains"].pue


def test_a_rate_of_exchange_moves_the_prices_written_in_its_currency() -> None:
    frontier = fabopt.load(INSTANCES / "frontier")
    found = spreads(frontier._tree, frontier.data)
    currency = {s.path: s.currency for s in found}
    assert currency["scanners.euv.price"] == "EUR"
    rate = frontier.data.currencies["EUR"]
    low, high, _ = rate.range_of(rate.points[0])
    drawn = moved(frontier._tree, frontier.data, found, {"currencies.EUR": 1.0, "scanners.euv.price": 0.5})
    alone = moved(frontier._tree, frontier.data, found, {"scanners.euv.price": 0.5})
    rated = moved(frontier._tree, frontier.data, found, {"currencies.EUR": 1.0})
    assert drawn is not None
    assert alone is not None
    assert rated is not None
    both, price, only_rate = (d[0].scanners["euv"].price.value for d in (drawn, alone, rated))
    assert low < rate.value < high
    assert both == pytest.approx(price * high / rate.value)
    assert only_rate == pytest.approx(frontier.data.scanners["euv"].price.value * high / rate.value)


def test_shares_that_add_to_one_still_do_after_a_draw() -> None:
    found = spreads(TUTORIAL._tree, TUTORIAL.data)
    share = next(s.path for s in found if ".demand.split." in s.path)
    drawn = moved(TUTORIAL._tree, TUTORIAL.data, found, {share: 0.0})
    assert drawn is not None
    lab = drawn[0].labs[share.split(".")[1]]
    assert not drawn[1]
    sums = np.sum([[p.value for p in q.points] for q in lab.demand.split.values()], axis=0)
    assert sums == pytest.approx(np.ones(len(sums)))


def test_every_draw_of_the_tutorial_stands_because_what_the_rules_refuse_goes_back() -> None:
    found = spreads(TUTORIAL._tree, TUTORIAL.data)
    assert all(moved(TUTORIAL._tree, TUTORIAL.data, found, quantiles(found, 0, n)) is not None for n in range(12))


def _sample(gains: list[list[float]], drawn: list[dict[str, float]] | None = None) -> Sample:
    at = drawn or [{} for _ in gains]
    return Sample(tuple(at), ("a", "b", "c", "d"), np.array(gains), len(gains), 0, 0, 0)


def test_ranks_and_percentiles_by_hand() -> None:
    # a is first in 3 of 4; b in 1 and always among the three; d never; the gains of a are 1, 4, 5, 6.
    found = stability(_sample([[1, 2, 0.5, 0], [4, 2, 3, 1], [5, 2, 3, 1], [6, 2, 3, 1]]))
    assert (found["a"].first, found["b"].first, found["b"].top3, found["d"].first) == (0.75, 0.25, 1.0, 0.0)
    assert found["a"].median == 4.5
    assert found["a"].low == pytest.approx(1 + 0.3 * 3)  # numpy's linear rule: position 0.1 * 3 between 1 and 4
    assert found["d"].top3 == 0.0


def test_a_limit_that_gains_nothing_is_not_first_even_where_nobody_gains() -> None:
    found = stability(_sample([[0, 0, 0, 0]]))
    assert {s.first for s in found.values()} == {0.0}


def test_the_number_that_takes_the_lead_away_is_found_with_its_side() -> None:
    # The lead of a over the others is 10 x - 5 + noise-free: it falls as x falls, and y does not matter.
    x = np.linspace(0.05, 0.95, 10)
    drawn = [{"x": float(v), "y": float((7 * i) % 10) / 10} for i, v in enumerate(x)]
    found = strongest(_sample([[10 * float(v), 5, 0, 0] for v in x], drawn), "a", 1)
    assert found == (("x", 0.0),)


def _gains(data: Instance) -> Mapping[str, float]:
    """The line's gain falls with its own capacity, 10.5 less 2.5 thousand wafers a month; power's is always 7.5."""
    return {"line": 10.5 - data.packaging_lines["bridgeworks"].capacity.points[0].value, "power": 7.5}


def test_the_smallest_change_that_dethrones_is_found_by_bisection() -> None:
    # The line gains 8; from 3.0 thousand wafers a month on, 20 % more, power gains as much or more.
    assert TUTORIAL.data.packaging_lines["bridgeworks"].capacity.points[0].value == 2.5
    likely = [(PACKAGING, 1.0), (PUE, 1.0)]
    found, tried = dethrone(TUTORIAL._tree, TUTORIAL.data, _gains, "line", likely, {"power": "Campus power"})
    assert tried == 2
    assert found is not None
    assert (found.lever, found.to) == (PACKAGING, "Campus power")
    # Five halvings of the quantiles between the mode (1/2) and the high (1), on a range of 30 %.
    assert 0.20 <= found.change <= 0.225


def test_a_number_whose_range_is_too_narrow_dethrones_nobody() -> None:
    found, tried = dethrone(TUTORIAL._tree, TUTORIAL.data, lambda _: {"line": 9.0, "power": 7.0}, "line",
                            [(PACKAGING, 1.0)], {})  # fmt: skip
    assert (found, tried) == (None, 1)


def _drawn(gains: Gains, count: int, budget: TimeBudget | None = None) -> Sample:
    return sample(Drawing(TUTORIAL._tree, TUTORIAL.data, gains, 0, budget or TimeBudget()), ["line"], count)


def test_no_draw_is_begun_that_would_take_longer_than_what_is_left() -> None:
    """Each draw takes 40 of 100 seconds: two are made, and the 20 that are left are too few for a third."""
    now = 0.0

    def gains(_data: Instance) -> Mapping[str, float] | None:
        nonlocal now
        now += 40.0
        return {"line": 1.0}

    made = _drawn(gains, 5, TimeBudget(100.0, clock=lambda: now))
    assert made.asked == 2


def test_draws_that_have_no_plan_or_no_time_are_counted_and_said() -> None:
    def gains(data: Instance) -> Mapping[str, float] | None:
        return None if data.sites["plains"].pue.value > TUTORIAL.data.sites["plains"].pue.value else {"line": 1.0}

    drawn = _drawn(gains, 10)
    assert drawn.asked == 10
    assert drawn.without_plan + len(drawn.gains) + drawn.refused == 10
    assert drawn.without_plan > 0
    said = summary(drawn, 0, 20, None, 0)
    assert "Time allowed 10 of 20 draws." in said.notes
    assert any("no plan" in note for note in said.notes)

    def no_time(_data: Instance) -> Mapping[str, float] | None:
        raise TimeBudget(0).out_of_time("the gains")

    over = TimeBudget(0)
    for late in (
        _drawn(no_time, 3),
        _drawn(gains, 3, over),
    ):
        assert (late.asked, len(late.gains)) == (0, 0)
