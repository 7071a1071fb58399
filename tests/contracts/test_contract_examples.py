"""Each worked example of instances/contracts: its value by hand, and what became of the contract."""

from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.network.checks import check

FOLDER = Path(__file__).parents[2] / "instances" / "contracts"
# Example and scenario: value, then contract: signed, exercised, cancelled, taken, short, paid.
ANSWERS = {
    ("take-or-pay", None): (-20, {"stacks": ("2026-01-01", "", "", 60, 0, 300)}),
    ("take-or-pay", "processing"): (-180, {"stacks": ("2026-01-01", "", "", 40, 20, 300)}),
    ("tiers", None): (40, {"stacks": ("2026-01-01", "", "", 80, 0, 680)}),
    ("tiers", "few"): (0, {"stacks": ("2026-01-01", "", "", 0, 0, 0)}),
    ("tiers", "rising"): (150, {"stacks": ("2026-01-01", "", "", 50, 0, 300)}),
    ("prepaid-capacity", None): (1460, {"prepaid": ("2027", "", "", 80, 0, 400)}),
    ("prepaid-capacity", "cheap"): (180, {"prepaid": ("", "", "", 0, 0, 0)}),
    ("prepaid-capacity", "lost"): (1410, {"prepaid": ("2027", "", "", 80, 0, 700)}),
    ("prepaid-capacity", "refused"): (960, {"prepaid": ("", "", "", 0, 0, 0)}),
    ("option", None): (0, {"call": ("2026-01-01", "", "", 0, 0, 0)}),
    ("option", "boom"): (100, {"call": ("2026-01-01", "2027", "", 50, 0, 200)}),
    ("option", "unsigned"): (0, {"call": ("", "", "", 0, 0, 0)}),
    ("option", "boom-unsigned"): (80, {"call": ("2027", "2027", "", 50, 0, 220)}),
    ("early-exit", None): (-350, {"stacks": ("2026-01-01", "", "2027", 0, 0, 350)}),
    ("early-exit", "dear"): (-600, {"stacks": ("2026-01-01", "", "", 300, 0, 1500)}),
    ("early-exit", "notice"): (-550, {"stacks": ("2026-01-01", "", "2027", 100, 0, 850)}),
    ("early-exit", "falling"): (-300, {"stacks": ("2026-01-01", "", "2028", 100, 0, 600)}),
    ("last-date", None): (84.75, {"stacks": ("2027Q2", "", "", 40, 0, 110)}),
    ("last-date", "open"): (85.5, {"stacks": ("2027Q3", "", "", 40, 0, 110)}),
    ("last-date", "late"): (0, {"stacks": ("", "", "", 0, 0, 0)}),
    ("lead-times", None): (
        380,
        {"long": ("2027Q1", "", "", 40, 0, 120), "short": ("2027Q1", "", "", 60, 0, 300)},
    ),
    ("lead-times", "long-only"): (200, {"long": ("2027Q1", "", "", 40, 0, 120), "short": ("", "", "", 0, 0, 0)}),
    ("lead-times", "short-only"): (300, {"long": ("", "", "", 0, 0, 0), "short": ("2027Q1", "", "", 100, 0, 500)}),
    ("lead-times", "locked"): (300, {"short": ("2027Q1", "", "", 100, 0, 500)}),
    ("reserve", None): (310, {"kept": ("2026-01-01", "", "", 10, 0, 0)}),
    ("reserve", "amount"): (385, {"kept": ("2026-01-01", "", "", 10, 0, 0)}),
    ("reserve", "unsigned"): (500, {"kept": ("", "", "", 0, 0, 0)}),
}


@pytest.mark.parametrize(("example", "scenario"), ANSWERS, ids=str)
def test_a_worked_example_comes_out_as_by_hand(example, scenario):
    value, contracts = ANSWERS[example, scenario]
    loaded = fabopt.load(FOLDER / example, scenario)
    assert check(loaded.network) == []
    result = loaded.solve(gap=0.0)
    assert result.objective == pytest.approx(value, abs=1e-7)
    table = result.table("contracts").set_index("contract")
    for contract, (*dates, taken, short, paid) in contracts.items():
        row = table.loc[contract]
        assert [row["signed"], row["exercised"], row["cancelled"]] == dates
        assert [row["taken"], row["short"], row["paid"]] == pytest.approx([taken, short, paid], abs=1e-7)


def test_every_scenario_of_an_example_has_an_answer():
    found = {
        (path.parent.name, s) for path in FOLDER.glob("*/instance.yaml") for s in fabopt.load(path.parent).scenarios
    }
    assert found | {(path.parent.name, None) for path in FOLDER.glob("*/instance.yaml")} == set(ANSWERS)


def test_the_answer_shows_contracts_where_there_are_any(capsys, tmp_path):
    assert main(["solve", str(FOLDER / "take-or-pay"), "--scenario", "processing", "--out", str(tmp_path / "r")]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("Contracts, over the whole horizon: taken; paid for and not taken; paid")
    assert lines[place + 2].split("  ")[1:2] == ["Stack agreement"]
    assert lines[place + 2].split()[-3:] == ["stacks", "20.0", "300"]
    assert max(len(line) for line in lines if not line.startswith("written to")) <= 100
    assert main(["solve", str(FOLDER.parent / "textbook" / "giapetto"), "--out", str(tmp_path / "g")]) == 0
    assert "Contracts" not in capsys.readouterr().out
