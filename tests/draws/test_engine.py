"""Distributions and correlations of draws: against SciPy, by hand and by counting; what is refused, in words."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import lognorm, spearmanr

from fabopt.analysis.draws.distributions import Discrete, Lognormal, triangular, uniform
from fabopt.analysis.draws.engine import couplings, moved, quantiles, spreads, values_at
from fabopt.domain.instance import Instance
from fabopt.io.doubts import doubts
from fabopt.io.levers import set_lever
from fabopt.io.load import load_tree
from fabopt.io.problems import InstanceError
from fabopt.io.tree import Tree
from fabopt.io.uncertainty import Spoken
from fabopt.io.validate import validate
from fabopt.model.aim import Aim
from fabopt.network.lower import lower
from fabopt.solve.formulate import formulate

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
LINE, PUE = "packaging_lines.bridgeworks.capacity", "sites.plains.pue"
WHOLE = (INSTANCES / "tutorial" / "instance.yaml").read_text()


def _stated(tmp_path: Path, text: str) -> tuple[Tree, Instance]:
    """Return the tutorial with more sections."""
    shutil.copytree(INSTANCES / "tutorial", tmp_path, dirs_exist_ok=True)
    (tmp_path / "instance.yaml").write_text(f"{text.rstrip()}\n{WHOLE}")
    tree = load_tree(tmp_path)
    return tree, validate(tree, Instance)


def test_a_lognormal_is_that_of_scipy_where_low_and_high_are_equally_far_by_ratio() -> None:
    # 90 % between 5 and 20 around 10: sigma = ln 2 / 1.6449.
    known = lognorm(s=np.log(2.0) / 1.6448536269514722, scale=10.0)
    for quantile in (0.01, 0.05, 0.3, 0.5, 0.8, 0.95, 0.99):
        assert Lognormal(0.9)(quantile, 5.0, 10.0, 20.0) == pytest.approx(float(known.ppf(quantile)))
    assert np.isfinite(Lognormal(0.9)(0.0, 5.0, 10.0, 20.0))


def test_each_side_of_a_lognormal_has_its_own_spread() -> None:
    ends = [Lognormal(0.8)(q, 9.0, 10.0, 40.0) for q in (0.1, 0.5, 0.9)]
    assert ends == pytest.approx([9.0, 10.0, 40.0])


def test_discrete_values_come_by_rising_value_with_their_weights_and_factors_scale_the_number() -> None:
    found = Discrete((30.0, 10.0, 20.0), (1.0, 2.0, 1.0))
    assert [found(q, 0, 0, 0) for q in (0.0, 0.49, 0.5, 0.74, 0.75, 1.0)] == [10, 10, 20, 20, 30, 30]


@pytest.mark.parametrize(
    ("shape", "low", "middle", "high"),
    [("uniform", 0.0, 0.5, 1.0), ("triangular", 0.0, 0.5, 1.0)],
)
def test_shapes_run_from_low_to_high(shape: str, low: float, middle: float, high: float) -> None:
    f = {"uniform": uniform, "triangular": triangular}[shape]
    assert [f(q, 0.0, 0.5, 1.0) for q in (0.0, 0.5, 1.0)] == pytest.approx([low, middle, high])
    assert f(0.25, 0.0, 0.5, 1.0) == pytest.approx(0.25 if shape == "uniform" else np.sqrt(0.125))


def test_a_number_is_drawn_from_what_the_instance_states_and_an_exact_path_goes_before_a_pattern(
    tmp_path: Path,
) -> None:
    tree, data = _stated(
        tmp_path,
        "distributions:\n"
        "  lines: {of: 'packaging_lines.*.capacity', shape: uniform}\n"
        f"  one: {{of: {LINE}, shape: discrete, values: [{{value: '*.5', weight: 1}}, {{value: '*.8', weight: 3}}]}}\n"
        f"  pue: {{of: [{PUE}], shape: lognormal, within: 0.5}}\n",
    )
    found = {s.path: s for s in spreads(tree, data)}
    assert isinstance(found[LINE].distribution, Discrete)
    assert found[PUE].distribution == Lognormal(0.5)
    assert found["sites.coast.pue"].distribution is triangular
    drawn = moved(tree, data, tuple(found.values()), {LINE: 0.2})
    assert drawn is not None
    was, now = (d.packaging_lines["bridgeworks"].capacity.points for d in (data, drawn[0]))
    assert [p.value for p in now] == pytest.approx([0.5 * p.value for p in was])
    _low, high, _ = data.sites["plains"].pue.low_high
    assert {spread.path for spread in spreads(tree, data)} >= {LINE, PUE}
    at_high = moved(tree, data, tuple(found.values()), {PUE: 0.75})
    assert at_high is not None
    assert at_high[0].sites["plains"].pue.value == pytest.approx(high)


def test_a_lognormal_that_would_leave_its_field_ends_there(tmp_path: Path) -> None:
    tree, data = _stated(tmp_path, f"distributions: {{p: {{of: {PUE}, shape: lognormal, within: 0.1}}}}\n")
    drawn = moved(tree, data, spreads(tree, data), {PUE: 1e-9})
    assert drawn is not None
    assert not drawn[1]
    assert drawn[0].sites["plains"].pue.value == 1.0  # no site needs less than its chips


def test_drawn_ranks_go_together_as_stated_and_others_stay_as_they_were(tmp_path: Path) -> None:
    free_tree, free = _stated(tmp_path, "")
    free_spreads = spreads(free_tree, free)
    before = [quantiles(free_spreads, 3, n) for n in range(600)]
    tree, data = _stated(
        tmp_path,
        "correlations:\n"
        f"  a: {{of: [{PUE}, sites.coast.pue, {LINE}], matrix: [[1, 0.7, 0], [0.7, 1, -0.5], [0, -0.5, 1]]}}\n",
    )
    found = spreads(tree, data)
    assert found == free_spreads
    drawn = [quantiles(found, 3, n, couplings(data, found)) for n in range(600)]
    mine = [PUE, "sites.coast.pue", LINE]
    ranks = spearmanr([[d[path] for path in mine] for d in drawn]).statistic
    # The standard error of a rank correlation of 600 is about 0.03.
    assert ranks == pytest.approx(np.array([[1, 0.7, 0], [0.7, 1, -0.5], [0, -0.5, 1]]), abs=0.1)
    others = set(before[0]) - set(mine)
    assert all(d[path] == b[path] for d, b in zip(drawn, before, strict=True) for path in others)
    uniform_ranks = np.quantile([d[LINE] for d in drawn], [0.1, 0.5, 0.9])
    assert uniform_ranks == pytest.approx([0.1, 0.5, 0.9], abs=0.05)


def test_one_rank_holds_between_every_two_and_numbers_of_one_entry_of_a_matrix_move_as_one(tmp_path: Path) -> None:
    tree, data = _stated(
        tmp_path,
        "correlations:\n"
        "  all: {of: 'sites.*.pue', rank: 0.6}\n"
        f"  two: {{of: ['sites.*.power', {LINE}], matrix: [[1, 1], [1, 1]]}}\n",
    )
    found = spreads(tree, data)
    together = couplings(data, found)
    drawn = [quantiles(found, 0, n, together) for n in range(500)]
    pues = Spoken(data).matched("sites.*.pue")
    ranks = spearmanr([[d[path] for path in pues] for d in drawn]).statistic
    assert np.min(ranks) == pytest.approx(0.6, abs=0.1)
    powers = Spoken(data).matched("sites.*.power")
    assert len(powers) > 1
    assert all(d[path] == pytest.approx(d[LINE]) for d in drawn[:5] for path in powers if path in d)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"correlations: {{c: {{of: [{LINE}, {PUE}], matrix: [[1, 0.2], [0.3, 1]]}}}}", "not symmetric"),
        (f"correlations: {{c: {{of: [{LINE}, {PUE}], matrix: [[1, 0.2], [0.2, 0.9]]}}}}", "on the diagonal"),
        (f"correlations: {{c: {{of: [{LINE}, {PUE}], matrix: [[1, 0.2, 0], [0.2, 1, 0]]}}}}", "2 rows of 3"),
        (
            f"correlations: {{c: {{of: [{LINE}, {PUE}, sites.coast.pue], matrix: "
            "[[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]}}",
            "not positive semidefinite",
        ),
        (f"correlations: {{c: {{of: [{LINE}, {PUE}, sites.coast.pue], rank: -0.9}}}}", "every two of 3 numbers"),
        (f"correlations: {{c: {{of: [{LINE}, sites.plains.pew], rank: 0.5}}}}", "did you mean 'sites.plains.pue'"),
        (f"correlations: {{c: {{of: [{LINE}, {PUE}], rank: 0.5}}, d: {{of: 'sites.*.pue', rank: 0.1}}}}", "already"),
        (f"correlations: {{c: {{of: [{LINE}, {PUE}]}}}}", "either 'rank' or 'matrix'"),
        (f"distributions: {{d: {{of: {PUE}, shape: discrete}}}}", "needs values"),
        (f"distributions: {{d: {{of: {PUE}, shape: uniform, within: 0.5}}}}", "belongs to lognormal"),
        (f"distributions: {{d: {{of: {PUE}, shape: discrete, values: [{{value: 0.4, weight: 1}}]}}}}", "at least 1"),
        (
            "distributions: {d: {of: sites.*.pue, shape: uniform}, e: {of: sites.plains.*, shape: triangular}}",
            "'d' speaks of 'sites.plains.pue' already",
        ),
    ],
)
def test_what_is_no_distribution_or_correlation_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InstanceError, match=r"instance.yaml:1") as raised:
        _stated(tmp_path, text)
    assert words in str(raised.value)


def test_a_number_without_a_range_is_refused_where_it_is_to_be_drawn_and_doubted_before(tmp_path: Path) -> None:
    tree, data = _stated(tmp_path, f"correlations: {{c: {{of: [{LINE}, nodes.n3.depreciation], rank: 0.5}}}}\n")
    with pytest.raises(InstanceError, match=r"instance.yaml:1.*has no range to be drawn from") as raised:
        spreads(tree, data)
    assert "nodes.n3.depreciation" in str(raised.value)
    assert any("no range" in str(problem) for problem in doubts(tree, data))


def test_numbers_put_into_the_instance_are_those_of_the_raw_tree_read_again() -> None:
    """Programs of draws of the tutorial, against `set_lever` and validation of the raw tree."""
    tree = load_tree(INSTANCES / "tutorial")
    data = validate(tree, Instance)
    found = spreads(tree, data)
    for number in (0, 3):
        at = quantiles(found, 11, number)
        drawn = moved(tree, data, found, at)
        assert drawn is not None
        raw = tree.raw
        for path, value in values_at(data, found, {p: q for p, q in at.items() if p not in drawn[1]}).items():
            raw = set_lever(raw, path, value, Instance)
        mine, known = (
            formulate(lower(one), Aim()).program for one in (drawn[0], validate(replace(tree, raw=raw), Instance))
        )
        assert mine.labels == known.labels
        for name in ("cost", "row_lower", "row_upper", "column_lower", "column_upper"):
            np.testing.assert_allclose(getattr(mine, name), getattr(known, name), rtol=1e-12)
        np.testing.assert_allclose(mine.a.toarray(), known.a.toarray(), rtol=1e-12)
