"""Where a unit of a chip comes from: mixtures by hand, and counts against the bill of materials."""

from __future__ import annotations

import json

import pytest
from portfolio_cases import loaded, tree

import fabopt
from fabopt.cli import main


@pytest.fixture(scope="module")
def tutorial(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


def test_a_package_takes_what_its_bill_says(tutorial):
    rows = tutorial.explain(from_="falcon", period="2028Q2").frame
    assert rows.groupby("block")["each"].sum().drop(["wafer starts", "exposures"]).to_dict() == pytest.approx(
        {"logic dies": 2.0, "HBM stacks": 8.0, "interposers": 1.0, "components": 1.0}
    )
    shares = rows.groupby(["block", "behind"])["share"].sum()
    assert shares.tolist() == pytest.approx([1.0] * len(shares))


def test_what_is_in_stock_counts_with_those_who_made_it(tutorial):
    made = tutorial.table("hbm").query("period == '2028Q2'")["kstack"].sum()
    flows = tutorial.table("core/flows").query("period == '2028Q2' and stage == 'packaging' and amount < 0")
    taken = -flows.loc[flows["material"].str.startswith("hbm:"), "amount"].sum()
    rows = tutorial.explain(from_="falcon", period="2028Q2").frame.query("block == 'HBM stacks'").set_index("source")
    assert made < taken  # the others were made in the quarters before
    assert set(rows.index) == {"hbm-a", "from before the plan"}
    stacks = tutorial.table("core/materials").query("id == 'hbm:hbm-a:merlin'").sort_values("period")
    earlier = 0.0  # the share of what stood or was on its way, mixed with what is kept and made in each quarter
    for row in stacks[stacks["period"] <= "2028Q2"].itertuples():
        held = row.carried + row.received + row.made
        earlier = (row.carried * earlier + row.received) / held if held else earlier
    assert rows.loc["from before the plan", "share"] == pytest.approx(earlier)
    assert 0.0 < earlier < 0.1


def test_wafers_are_those_of_the_dies_that_are_taken_and_not_those_that_start_then(tmp_path):
    """A cycle of a year: dies packaged in 2028 are of wafers of 2027, when only the foundry starts any."""
    raw = tree(power=100.0)
    raw["horizon"]["periods"] = 3
    raw["nodes"]["n"]["cycle_time"] = 12
    raw["fabs"]["fab"]["wafer_starts"] = 0.25
    raw["fabs"]["second"] = {**raw["fabs"]["fab"], "owner": "rival"}
    raw["dies"]["die"]["fabs"] = {"fab": {"until": "end-2027"}, "second": {"available": "2028"}}
    result = loaded(raw, tmp_path).solve()
    starts = result.table("wafer_starts").set_index("period")["owner"]
    assert starts.loc[["2027", "2028"]].tolist() == ["foundry", "rival"]
    for period, owner in (("2028", "foundry"), ("2029", "rival")):
        rows = result.explain(from_="a", period=period).frame.query("block == 'wafer starts'")
        assert rows[["source", "share"]].values.tolist() == [[owner, pytest.approx(1.0)]]


def test_two_fabs_mix_in_proportion_to_their_wafers(tmp_path):
    """Power for 100 thousand; six thousand wafers of ten dies at one fab and three thousand at the other."""
    raw = tree(power=100.0)
    raw["fabs"]["fab"]["wafer_starts"] = 0.5  # thousand a month
    raw["fabs"]["second"] = {**raw["fabs"]["fab"], "owner": "rival", "wafer_starts": 0.25}
    raw["dies"]["die"]["fabs"] = {"fab": {}, "second": {}}
    found = loaded(raw, tmp_path).solve().explain(from_="a", period="2027")
    rows = found.frame.set_index(["block", "source"])
    assert found.records.started == pytest.approx(90.0)
    assert rows.loc[("logic dies", "n"), "each"] == pytest.approx(1.0)
    assert rows.loc[("wafer starts", "foundry"), "share"] == pytest.approx(2 / 3)
    assert rows.loc[("wafer starts", "rival"), "share"] == pytest.approx(1 / 3)
    assert found.sentence == "Each Chip packaged in 2027 (90.0 thousand) takes 1.00 logic dies (100 % N)."


def test_a_chip_that_is_not_packaged_then_is_said_to_be_packaged_when_it_is(tutorial):
    found = tutorial.explain(from_="osprey", period="2027Q1")
    assert found.records.origins == ()
    assert found.sentence.startswith("No Osprey is packaged in 2027Q1; it is in 20")


def test_the_page_fits_and_json_is_one_object(tutorial, tmp_path, capsys):
    folder = tutorial.save(tmp_path / "result")
    asked = ["explain", str(folder), "--from", "falcon", "--period", "2028Q2"]
    assert main(asked) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 100
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["chip"] == "falcon"
