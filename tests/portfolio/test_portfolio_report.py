"""The portfolio of a lab in tables, words and JSON, from a fresh result and from a folder."""

from __future__ import annotations

import json
import re

import pytest
from portfolio_cases import chip, loaded, tree

import fabopt
from fabopt.cli import main
from fabopt.io.problems import InstanceError

SETS = {"chips.osprey.assembly_cost": 12_000}


@pytest.fixture(scope="module")
def result():
    return fabopt.load("instances/tutorial", set=SETS).solve()


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return result.save(tmp_path_factory.mktemp("portfolio") / "result")


@pytest.mark.parametrize("lab", ["aurora", "borealis"])
def test_the_mix_by_workload_adds_up_to_the_chip_mix_of_the_plan(result, lab):
    own = result.portfolio(lab).table("mix").groupby(["period", "chip"])["kh100e"].sum()
    rows = result.chip_mix
    whole = rows[(rows["lab"] == lab) & (rows["kh100e"] > 0)].set_index(["period", "chip"])["kh100e"]
    assert own.to_dict() == pytest.approx(whole.to_dict())


def test_shares_of_a_workload_add_up_to_one(result):
    shares = result.portfolio("aurora").table("mix").groupby(["period", "workload"])["share"].sum()
    assert shares.tolist() == pytest.approx([1.0] * len(shares))


def test_the_mix_says_what_runs_on_what(tmp_path):
    raw = tree(power=50.0, b=chip(24_000, 28_000, 1.5))
    raw["workloads"]["other"] = {"name": "Other"}
    raw["labs"]["lab"]["demand"]["split"] = {"work": 0.5, "other": 0.5}
    raw["chips"]["b"]["performance"] = {"other": 3.0}  # worth 52,596 a kilowatt against 17,532: first, up to 34
    raw["labs"]["lab"]["demand"]["total"] = 200  # 100 of each
    rows = loaded(raw, tmp_path).solve().portfolio("lab").table("mix")
    got = {(r.workload, r.chip): r.kh100e for r in rows.itertuples()}
    assert got == pytest.approx({("other", "b"): 100.0, ("work", "a"): 50 - 100 / 3})


def test_compute_that_is_rented_stands_beside_the_chips(tmp_path):
    """50 from 50 MW, and 30 rented at half a dollar an hour where compute is worth two."""
    raw = tree(power=50.0)
    rent = {"goods": {"compute": ["work"]}, "signed": 2027, "maximum": 30, "price": 0.5}
    raw["contracts"] = {"rent": {"buyer": "lab", "supplier": "cloud", **rent}}
    found = loaded(raw, tmp_path).solve().portfolio("lab")
    assert {(r.supplier, r.chip): r.kh100e for r in found.table("mix").itertuples()} == pytest.approx(
        {("d", "a"): 50.0, ("cloud", "rent"): 30.0}
    )
    assert found.sentence.startswith("Lab's compute in 2027 is 62 % Chip and 38 % rent (a contract).")


def test_a_saved_result_has_the_same_portfolio(result, folder):
    assert fabopt.load_result(folder).portfolio("borealis").lines() == result.portfolio("borealis").lines()


def test_single_points_are_the_only_makers_with_what_depends_on_them(tmp_path):
    raw = tree(power=100.0, b=chip(10_000, 20_000, 2.0))
    raw["fabs"]["second"] = {**raw["fabs"]["fab"], "owner": "rival"}
    raw["dies"]["two"] = {**raw["dies"]["die"], "fabs": {"fab": {}, "second": {}}}
    raw["chips"]["b"]["boms"] = {"plain": {"dies": {"two": 1}}}  # chip `b`, the better one, has two fabs
    points = loaded(raw, tmp_path).solve().portfolio("lab").table("points")
    assert points["id"].tolist() == ["power:site"]  # neither fab stops `b`; without the site's power nothing runs
    raw["chips"]["b"]["boms"] = {"plain": {"dies": {"die": 1}}}
    points = loaded(raw, tmp_path).solve().portfolio("lab").table("points").set_index("id")
    assert points.loc["foundry", "chips"] == ("b",)
    assert points.loc["foundry", "share"] == pytest.approx(1.0)


def test_the_first_sentence_says_mix_entry_and_dependence(result):
    said = result.portfolio("borealis").sentence
    assert said.startswith("Borealis's compute in 2028Q4 is 100 % Falcon. Osprey enters if its price falls below ")
    assert "Most hangs on Silicon North" in said


def test_the_command_line_prints_it_within_100_columns(folder, capsys):
    assert main(["portfolio", str(folder), "--for", "borealis"]) == 0
    out = capsys.readouterr().out
    assert "Osprey enters if its price falls below" in out.replace("\n", " ")
    assert re.search(r"Slate +Borealis cannot use chips of Monolith", out)
    assert max(len(line) for line in out.splitlines()) <= 100


def _named(lab):
    raw = tree(b=chip(14_000, 28_000))
    raw["labs"]["lab"]["name"] = lab
    raw["chips"]["b"]["designer"] = "e"
    raw["dies"]["die-e"] = {**raw["dies"]["die"], "designer": "e"}
    raw["chips"]["b"]["boms"] = {"plain": {"dies": {"die-e": 1}}}
    return raw


def test_names_from_an_instance_are_escaped_in_notebooks(tmp_path):
    found = loaded(_named("<script>&*_x_*"), tmp_path).solve().portfolio("lab")
    shown = found._repr_html_()
    assert "&lt;script&gt;&amp;*_x_*" in shown
    assert "<script>" not in shown
    assert found.lines()[0].startswith("<script>&*_x_*'s compute in 2027 is ")


def test_a_name_with_a_control_sign_is_refused_at_its_field(tmp_path):
    with pytest.raises(InstanceError, match=r"labs\.lab\.name: .* holds the sign U\+001B"):
        loaded(_named("<script>\u001b[2J"), tmp_path)


def test_json_is_one_object_with_the_records(folder, capsys):
    assert main(["portfolio", str(folder), "--for", "borealis", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    by_chip = {one["chip"]: one for one in found["chips"]}
    assert by_chip["osprey"]["entry"]["below"] < by_chip["osprey"]["entry"]["price"]
    assert found["sentence"].startswith("Borealis")


def test_a_lab_that_is_not_there_exits_2_with_a_sentence(folder, capsys):
    assert main(["portfolio", str(folder), "--for", "boreals"]) == 2
    assert "no lab 'boreals'" in capsys.readouterr().err


def test_a_lab_says_nothing_to_show_without_a_picture(folder, capsys):
    assert main(["show", str(folder), "--for", "borealis"]) == 2
    assert "told by fabopt portfolio" in capsys.readouterr().err


def test_a_budget_that_suffices_leaves_nothing_out(folder, capsys):
    assert main(["portfolio", str(folder), "--for", "aurora", "--budget", "3"]) == 0
    assert "Time did not allow" not in capsys.readouterr().out


def test_an_instance_is_solved_first(capsys):
    assert main(["portfolio", "instances/tutorial", "--for", "borealis"]) == 0
    said = fabopt.load("instances/tutorial").solve().portfolio("borealis").lines()
    assert capsys.readouterr().out.splitlines()[: len(said)] == said
