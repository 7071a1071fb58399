"""When a delivery can be promised, at what cost, and what would bring it nearer: by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from waiting_cases import COST, MADE, site, solved, tree

import fabopt
from fabopt.cli import main
from fabopt.errors import StudyError

EACH = COST * 1e3
"""USD that making one costs; the site's power is taken, so that one more only lies idle."""


def test_what_must_be_made_is_promised_when_it_is_made_at_what_making_it_costs(tmp_path: Path) -> None:
    """All that is in stock ships in 2027 anyway; 50 thousand more are made within a year, for 10,000 USD each."""
    found = solved(tree(), tmp_path).promise("a", 50_000, lab="lab").records
    assert (found.earliest, found.impossible, found.before) == ("2028", "2027", "2027")
    assert found.could == pytest.approx(0.0, abs=1e-6)
    first = found.offers[0]
    assert (first.period, first.cost) == ("2028", pytest.approx(50 * COST))
    assert first.each == pytest.approx(EACH)
    assert first.next_one == pytest.approx(EACH)
    assert [(row.chip, row.then - row.now) for row in found.displaced] == [("Chip", pytest.approx(50.0))]
    gains = {row.party: row.gain for row in found.borne}
    assert gains["Lab"] == pytest.approx(-50 * 20.0)  # what it pays for them
    assert sum(gains.values()) == pytest.approx(-first.cost)


def test_a_full_fab_brings_it_nearer_by_what_it_can_make_more(tmp_path: Path) -> None:
    """Eight thousand wafers a year make the 80 thousand of 2028; ten per cent more bring eight thousand by then."""
    raw = tree()
    raw["fabs"]["fab"]["wafer_starts"] = MADE / 10 / 12
    found = solved(raw, tmp_path).promise("a", 40_000).records
    assert (found.earliest, found.impossible, found.before) == ("2029", "2028", "2028")
    (fab,) = found.nearer
    assert fab.owner == "Foundry"
    assert fab.brings == pytest.approx(8.0)
    assert fab.needed == pytest.approx(0.5)


def test_a_promise_to_one_lab_displaces_another(tmp_path: Path) -> None:
    """Two labs share what a full fab makes: what one gets more by 2028 the other loses."""
    raw = tree()
    raw["fabs"]["fab"]["wafer_starts"] = MADE / 10 / 12
    raw["labs"]["rival"] = {**raw["labs"]["lab"], "name": "Rival"}
    raw["sites"]["other"] = site(lab="rival", name="Other")
    result = solved(raw, tmp_path)
    shipped = result.shipments.query("period == '2028'").groupby("lab")["kaccelerator"].sum()
    buyer, other = ("lab", "rival") if shipped.get("rival", 0.0) >= 20 else ("rival", "lab")
    found = result.promise("a", 10_000, lab=buyer).records
    assert found.earliest <= "2028"
    changed = {row.lab: row.then - row.now for row in found.displaced}
    names = {"lab": "Lab", "rival": "Rival"}
    assert changed[names[buyer]] == pytest.approx(10.0)
    assert changed[names[other]] == pytest.approx(-10.0)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"chip": "falcn"}, "There is no chip 'falcn' in tutorial; did you mean 'falcon'"),
        ({"lab": "arora"}, "There is no lab 'arora' in tutorial; did you mean 'aurora'"),
        ({"quantity": -1.0}, "positive number of accelerators, not -1"),
        ({"chip": "osprey", "lab": "aurora"}, "No Osprey can be shipped to Aurora"),
    ],
)
def test_what_cannot_be_asked_is_refused(tutorial: fabopt.Result, asked: dict[str, object], says: str) -> None:
    chip, quantity, lab = ({"chip": "falcon", "quantity": 1e3, "lab": "aurora"} | asked).values()
    with pytest.raises(StudyError, match=says):
        tutorial.promise(chip, quantity, lab=lab)


def test_the_command_says_when_and_at_what_cost(tutorial_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promise", str(tutorial_folder), "--chip", "falcon", "--quantity", "20000", "--for", "aurora"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "20,000 more Falcon for Aurora can be there by the end of 2027Q1, which costs" in said
    assert "Whose deliveries change" in said
