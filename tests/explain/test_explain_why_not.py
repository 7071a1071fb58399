"""Why a chip is not bought: sums by hand, and the errors of a question."""

from __future__ import annotations

import json

import pytest
from portfolio_cases import WORTH, chip, loaded, tree

from fabopt.cli import main


def test_a_chip_that_costs_too_much_enters_below_the_price_worked_out_by_hand(tmp_path):
    """A kilowatt earns 7,532 USD with chip `a`; `b` does 1.5 of its work for 24,000, so it enters at 18,766."""
    found = loaded(tree(b=chip(24_000, 28_000, 1.5)), tmp_path).solve().explain(why_not="b", lab="lab")
    row = found.frame.iloc[0]
    assert row["below"] == pytest.approx(28_000 * (0.5 * WORTH + 10_000) / 24_000)
    assert found.sentence.endswith("It enters if its price falls below 21,894 USD (28,000 now).")
    sums = [float(cells[1].replace(",", "")) for cells in found.tables[0].rows]
    assert sums[0] + sums[1] + sums[2] + sums[3] - sums[4] == pytest.approx(sums[5], abs=3)


def test_a_chip_that_is_bought_is_said_to_be(tmp_path):
    found = loaded(tree(), tmp_path).solve().explain(why_not="a", lab="lab")
    assert found.sentence.startswith("Lab does buy Chip: 100 thousand accelerators;")


def test_a_rule_keeps_a_chip_out_whatever_it_costs(tutorial_folder, capsys):
    assert main(["explain", str(tutorial_folder), "--why-not", "osprey", "--for", "aurora"]) == 0
    assert capsys.readouterr().out == "Aurora does not buy Osprey: Aurora cannot use chips of Cirrus.\n"


def test_json_is_one_object(tutorial_folder, capsys):
    assert main(["explain", str(tutorial_folder), "--why-not", "slate", "--for", "borealis", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["case"]["standing"] == "designer"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "Ask one question: --why-not CHIP --for LAB"),
        (["--why-not", "osprey"], "--why-not CHIP needs --for LAB."),
        (["--for", "aurora"], "Ask one question"),
        (["--why-not", "osprey", "--why-short", "aurora"], "Ask one question"),
        (["--why-short", "aurora"], "--why-short LAB needs --period P."),
        (["--why-short", "aurora", "--period", "2028Q4", "--for", "aurora"], "--for LAB does not go with --why-short"),
        (["--next-unit", "x", "--for", "aurora"], "--for LAB does not go with --next-unit LIMIT."),
        (
            ["--next-unit", "Bridgework"],
            "There is no limit 'Bridgework' in tutorial; did you mean 'Bridgeworks interpos",
        ),
        (
            ["--next-unit", "Plains campus facility power", "--period", "x"],
            "There is no period 'x' in tutorial; it has",
        ),
        (["--from", "falcn", "--period", "2028Q2"], "There is no chip 'falcn' in tutorial; did you mean 'falcon'?"),
        (["--from", "falcon"], "--from CHIP needs --period P."),
        (["--from", "falcon", "--period", "28Q2"], "There is no period '28Q2' in tutorial; did you mean '2028Q2'"),
        (["--why-short", "aurra", "--period", "2028Q4"], "There is no lab 'aurra' in tutorial; did you mean 'aurora'?"),
        (["--why-short", "aurora", "--period", "2028"], "There is no period '2028' in tutorial; did you mean '2028Q"),
        (["--why-not", "ospry", "--for", "aurora"], "There is no chip 'ospry' in tutorial; did you mean 'osprey'?"),
        (["--why-not", "osprey", "--for", "Auroa"], "There is no lab 'Auroa' in tutorial; did you mean 'aurora'?"),
        (["--why-not", "osprey", "--for", "zzz"], "There is no lab 'zzz' in tutorial; it has: aurora, borealis."),
    ],
)
def test_a_bad_question_exits_2_with_a_sentence(tutorial_folder, capsys, asked, says):
    assert main(["explain", str(tutorial_folder), *asked]) == 2
    assert says in capsys.readouterr().err
