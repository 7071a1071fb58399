"""Points, values and rows of sweeps, against what is worked by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sweep_cases import COST, INSTANCES, LINE, SHOP, VALUE, WANTED, shop, worth

import fabopt

approx = pytest.approx


def test_a_grid_has_every_combination_in_order_and_values_worked_by_hand(tmp_path):
    spec = {"scenarios": ["base", "busy"], "levers": {LINE: [4, "*2", "15"], VALUE: [5, 7], COST: [1]}}
    frame = fabopt.sweep(shop(tmp_path), spec).frame
    assert list(zip(frame["scenario"], frame[LINE], frame[VALUE], strict=True)) == list(
        itertools.product(["base", "busy"], [4.0, 12.0, 15.0], [5.0, 7.0])
    )
    assert list(frame["case"]) == list(range(12))
    assert list(frame["objective"]) == approx([worth(row) for _, row in frame.iterrows()])
    assert set(frame["status"]) == {"optimal"}
    # The line holds the shop back while it makes less than what is wanted; beyond that the customers do.
    assert list(frame["choke"]) == ["line"] * 2 + ["shop (demand)"] * 4 + ["line"] * 6
    assert list(frame["choke_gain"][:2]) == approx([0.4 * 4, 0.4 * 6])


def test_steps_lie_at_equal_distances_between_low_and_high(tmp_path):
    frame = fabopt.sweep(shop(tmp_path), {"levers": {LINE: {"low": 2, "high": "*2", "steps": 6}}}).frame
    assert list(frame[LINE]) == approx([2, 4, 6, 8, 10, 12])
    assert list(frame["objective"]) == approx([8, 16, 24, 32, 40, 40])


def test_one_at_a_time_moves_each_lever_to_both_ends_and_nothing_else(tmp_path):
    frame = fabopt.sweep(shop(tmp_path), {"method": "one-at-a-time"}).frame
    assert [tuple(row) for row in frame[[LINE, COST, VALUE]].to_numpy()] == [
        (6, 1, 5), (6, 1, 5), (6, 2, 5), (3, 1, 5), (12, 1, 5), (6, 1, 4), (6, 1, 7),
    ]  # fmt: skip
    assert list(frame["objective"]) == approx([worth(row) for _, row in frame.iterrows()])


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol"])
def test_uniform_samples_hit_every_cell_of_every_range_once(method, tmp_path):
    spec = {"method": method, "samples": 16, "distribution": "uniform", "levers": {LINE: {}, COST: {}, VALUE: None}}
    frame = fabopt.sweep(shop(tmp_path), spec).frame
    for lever, low, high in ((LINE, 3, 12), (COST, 1, 2), (VALUE, 4, 7)):
        cells = np.floor(16 * (frame[lever] - low) / (high - low)).astype(int)
        assert sorted(cells) == list(range(16)), lever
    assert list(frame["objective"]) == approx([worth(row) for _, row in frame.iterrows()])


def test_triangular_samples_have_the_number_as_their_mode(tmp_path):
    """Of the range 3, 6, 12 one third lies below the number; the quantiles are in closed form."""
    spec = {"method": "sobol", "samples": 32, "levers": {LINE: {}}}
    line = fabopt.sweep(shop(tmp_path), spec).frame[LINE].to_numpy()
    below = line < 6
    quantile = np.where(below, (line - 3) ** 2 / 27, 1 - (12 - line) ** 2 / 54)
    assert sorted(np.floor(32 * quantile).astype(int)) == list(range(32))


def test_the_seed_decides_the_samples(tmp_path):
    folder = shop(tmp_path)

    def line(seed):
        return list(fabopt.sweep(folder, {"method": "latin-hypercube", "samples": 4, "seed": seed}).frame[LINE])

    assert line(1) == line(1) != line(2)


def test_stated_values_are_sampled_with_the_same_chance(tmp_path):
    spec = {"method": "latin-hypercube", "samples": 9, "levers": {LINE: [1, 2, 3]}}
    assert sorted(fabopt.sweep(shop(tmp_path), spec).frame[LINE]) == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_settings_hold_in_every_case_and_over_the_scenario(tmp_path):
    spec = {"scenarios": ["base", "busy"], "levers": {LINE: [12]}}
    frame = fabopt.sweep(shop(tmp_path), spec, set=[f"{WANTED}=7"]).frame
    assert list(frame["objective"]) == approx([28, 28])


def test_a_changed_instance_is_the_one_that_is_swept(tmp_path):
    changed = fabopt.load(shop(tmp_path)).with_({WANTED: 2})
    assert list(fabopt.sweep(changed, {"levers": {LINE: [1, 5]}}).frame["objective"]) == approx([4, 8])


def test_shares_that_add_to_one_give_way(tmp_path):
    lever = "labs.aurora.demand.split.training"
    report = fabopt.sweep(INSTANCES / "tutorial", {"levers": {lever: {"low": 0.2, "high": 0.6, "steps": 2}}})
    # 40 % of training and 60 % of inference: with 20 % and 60 % both are divided by their sum, 80 % and 120 %.
    assert list(report.frame[lever]) == approx([0.25, 0.5])
    assert set(report.frame["status"]) <= {"optimal", "within_gap"}


def test_a_case_is_what_solving_the_instance_gives(tmp_path):
    settings = {"packaging_lines.bridgeworks.capacity": "*1.5", "sites.coast.power": "500 MW"}
    spec = {"scenarios": ["hbm-squeeze"], "levers": {k: [v] for k, v in settings.items()}, "figures": ["power@2027Q4"]}
    report = fabopt.sweep(INSTANCES / "tutorial", spec)
    result = fabopt.load(INSTANCES / "tutorial", "hbm-squeeze").with_(settings).solve(threads=1)
    row, fleet = report.frame.iloc[0], result.fleet
    assert (row["objective"], row["bound"], row["gap"]) == (result.objective, result.bound, result.gap)
    assert row["power@2027Q4"] == approx(fleet[fleet["period"] == "2027Q4"]["facility_mw"].sum() / 1000)
    end = fleet[(fleet["period"] == "2028Q4") & (fleet["lab"] == "aurora")]
    lab = report.table("labs").set_index(["lab", "period"]).loc[("aurora", "2028Q4")]
    assert (lab["accelerators"], lab["power"]) == (approx(end["running"].sum()), approx(end["facility_mw"].sum() / 1e3))
    mix = result.chip_mix[result.chip_mix["period"] == "2028Q4"]
    assert lab["compute"] == approx(mix[mix["lab"] == "aurora"]["kh100e"].sum())
    chips = report.table("chips")[report.table("chips")["period"] == "2028Q4"].set_index("chip")
    assert chips["compute"].to_dict() == approx(mix.groupby("chip")["kh100e"].sum().to_dict())
    assert chips["share"].sum() == approx(1.0)
    assert row["choke"] == result.tornado(top=1).records.choke


def test_the_table_of_demands_tells_what_was_delivered(tmp_path):
    report = fabopt.sweep(shop(tmp_path), {"levers": {LINE: [4, 30]}})
    assert list(report.table("demands")["wanted"]) == [10, 10]
    assert list(report.table("demands")["delivered"]) == approx([4, 10])


def test_a_case_that_fails_is_a_row_with_its_reason(tmp_path):
    text = SHOP.replace("quantity: 10", "quantity: 10, required: true")
    report = fabopt.sweep(shop(tmp_path, text), {"levers": {LINE: [5, 20]}})
    frame = report.frame
    assert list(frame["status"]) == ["infeasible", "optimal"]
    assert "5 piece" in frame["reason"][0]
    assert np.isnan(frame["objective"][0])
    assert frame[LINE][0] == 5
    assert frame["objective"][1] == approx(40)
    assert "without a plan: 1 infeasible" in report.sentence


def test_data_that_the_rules_refuse_are_a_row_with_the_rule(tmp_path):
    spec = {"levers": {"fabs.south.wafer_starts": ["*1", "*40"]}}
    frame = fabopt.sweep(INSTANCES / "tutorial", spec).frame
    assert list(frame["status"][1:]) == ["invalid"]
    assert frame["reason"][1].startswith("fabs.south")
    assert frame["settings"][1] == "fabs.south.wafer_starts=*40"
    assert np.isnan(frame["fabs.south.wafer_starts"][1])
