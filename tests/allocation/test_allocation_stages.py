"""Two stages on a chain: the rules allot, then each lab plans for itself. Answers by hand, in millions of dollars.

The instance is `instances/perspective/price-and-cost`: with its step 180 thousand chips, of which alpha can use 100 and
beta 80. A thousand earns alpha 8.766 and beta 7.8894, for 1 (server) and 5 (price; in the scenario `dear` 7.5). Of all
chips shipped 60 % are alpha's right and 40 % beta's. To ship 72 to beta, 108 have to be shipped to alpha: the plan that
is best for all does so, since the 8 that alpha cannot use cost 1.5 each to make and let 5 1/3 more go to beta.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.errors import StudyError

PATH = Path(__file__).parents[2] / "instances" / "perspective" / "price-and-cost"
SPLIT = {
    "policies": {
        "split": {
            "splits": {"chips": ["chip"]},
            "rule": "shares",
            "customers": {"alpha": {"share": 0.6}, "beta": {"share": 0.4}},
        }
    }
}


def study(scenario=None, **more):
    return fabopt.load(PATH, scenario=scenario).with_(SPLIT).allocate(**more).records


def test_a_lab_does_not_take_for_itself_what_it_only_takes_for_others():
    """Alpha leaves the 8 at 6 each that it cannot use; beta has its right, 2/3 of alpha's 108, in both plans."""
    alpha, beta = study(two_stage=True).labs
    assert [one.lab for one in (alpha, beta)] == ["alpha", "beta"]
    assert alpha.joint == pytest.approx(100 * 8.766 - 108 * 6, rel=1e-6)
    assert alpha.value == pytest.approx(100 * (8.766 - 6), rel=1e-6)
    assert beta.value == pytest.approx(72 * (7.8894 - 6), rel=1e-6)
    assert beta.joint == pytest.approx(beta.value, rel=1e-6)


def test_what_holds_a_lab_back_is_worth_to_it_what_it_gains_by_it():
    """A thousand more that alpha could use are there, and earn it 8.766 for 6: 1 % of its demand is worth 2.766."""
    alpha, _ = study(two_stage=True).labs
    demand = alpha.holds[0]
    assert (demand.name, demand.when, demand.unit) == ("Training of Alpha", "2027", "kH100e")
    assert demand.price == pytest.approx(2.766, rel=1e-6)
    assert demand.gain == pytest.approx(0.01 * 100 * 2.766, rel=1e-6)


def test_a_share_of_what_is_shipped_has_a_price_and_one_per_cent_is_of_all_of_it():
    """Beta may take 0.4 of what is shipped: one more in the right is 1 / 0.6 more chips at 1.8894.

    Of 180 that are shipped beta has 72: of them 0.6 stand against 0.4 of alpha's 108, which is 43.2.
    """
    _, beta = study(two_stage=True).labs
    (right,) = beta.holds
    price = (7.8894 - 6) / 0.6
    assert right.kind == "policy"
    assert right.price == pytest.approx(price, rel=1e-6)
    assert right.gain == pytest.approx(0.01 * 0.4 * 108 * price, rel=1e-6)


def test_a_lab_leaves_in_its_own_plan_what_it_would_lose_by():
    """At 7.5 a chip costs beta more than it earns: in the plan for all it loses 0.6106 on each, alone it takes none."""
    alpha, beta = study("dear", two_stage=True).labs
    assert alpha.value == pytest.approx(100 * (8.766 - 8.5), rel=1e-6)
    assert beta.joint == pytest.approx(72 * (7.8894 - 8.5), rel=1e-6)
    assert beta.value == pytest.approx(0.0, abs=1e-6)


def test_policies_as_constraints_have_no_second_stage():
    assert study().labs == ()


def test_chips_that_have_still_to_be_made_are_not_allotted_yet():
    entries = study().entries
    assert [entry.allotted for entry in entries] == [None, None]
    assert [entry.right for entry in entries] == pytest.approx([108, 72], rel=1e-6)


def test_the_command_tells_each_labs_plan(tmp_path):
    ran = CliRunner().invoke(app, ["allocate", str(tmp_path)])
    assert ran.exit_code == 2
    (tmp_path / "instance.yaml").write_text(
        (PATH / "instance.yaml").read_text() + "\n" + json.dumps(SPLIT)[1:-1] + "\n", encoding="utf-8"
    )
    ran = CliRunner().invoke(app, ["allocate", str(tmp_path), "--two-stage", "--scenario", "dear"])
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    head = lines.index("Each lab's own plan, the others held to the joint one: value less cost and payments, M USD")
    assert [line.split() for line in lines[head + 2 : head + 4]] == [
        ["Alpha", "26.6", "-41.4", "optimal"],
        ["Beta", "0", "-44.0", "optimal"],
    ]
    assert max(map(len, lines)) <= 100
    ran = CliRunner().invoke(app, ["allocate", str(tmp_path), "--two-stage", "--json"])
    assert [one["lab"] for one in json.loads(ran.stdout)["labs"]] == ["alpha", "beta"]


@pytest.mark.parametrize(
    "options",
    [["--game", "--each"], ["--game", "--two-stage"], ["--game", "--gap", "0"], ["--game", "--time-limit", "9"]],
)
def test_questions_that_do_not_go_together_are_refused(options):
    ran = CliRunner().invoke(app, ["allocate", str(PATH), *options])
    assert ran.exit_code == 2
    assert "does not go with it" in ran.stderr


def test_there_is_no_game_about_chips_that_have_still_to_be_made():
    orders = {"alpha": {"order": 5}, "beta": {"order": 5}}
    split = {"splits": {"chips": ["chip"]}, "rule": "proportional", "customers": orders}
    with pytest.raises(StudyError, match="chips must be made first"):
        fabopt.load(PATH).with_({"policies": {"split": split}}).games()
