"""Claims about the choke point: read, decided by hand, and the capacity at which they come true."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fabopt import cli
from fabopt.analysis.choke.claim import _Decision, decide
from fabopt.analysis.choke.claim_text import read_claim
from fabopt.api import load
from fabopt.errors import StudyError
from fabopt.solve.budget import OutOfTimeError

near = pytest.approx

CHAIN = """
horizon: {start: 2027, periods: 3, period: year}
network:
  resources:
    mine: {name: Ore mine, capacity: [50, 50, 200], tags: {owner: digger}}
    mill: {name: Sheet mill, capacity: 100, tags: {owner: roller}}
    press: {name: Car press, capacity: [200, 200, 40], tags: {owner: roller}}
  materials: {ore: {storable: false}, sheet: {storable: false}, car: {storable: false}}
  activities:
    dig: {outputs: {ore: 1}, uses: {mine: 1}}
    roll: {inputs: {ore: 1}, outputs: {sheet: 1}, uses: {mill: 1}}
    form: {inputs: {sheet: 1}, outputs: {car: 1}, uses: {press: 1}}
  demands: {car: {quantity: 1000, value: 2}}
"""


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Cars a year: 50 by the mine, 50 by the mine, 40 by the press, each worth 2; the mill never holds."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "instance.yaml").write_text(CHAIN)
    return load(folder).solve()


def test_a_claim_is_read_with_subject_verb_party_and_periods():
    def parts(text):
        c = read_claim(text)
        return c.subject, c.verb, c.party, c.how, c.first, c.last

    assert parts("asml binds by 2029") == ("asml", "binds", "", "by", "2029", "")
    assert parts("HBM and interposers limit nvidia") == ("HBM and interposers", "limits", "nvidia", "", "", "")
    assert parts("n3 of tsmc is the choke point from 2026Q4 to 2028.") == (
        "n3 of tsmc", "is the choke point", "", "from", "2026Q4", "2028",
    )  # fmt: skip
    assert parts("asml is the single choke point")[1] == "is the only choke point"


def test_what_holds_the_plan_back_is_proved_in_the_years_in_which_it_does(chain):
    """10 % more ore is 5 cars in each of two years, worth 10 each; the press is worth 4 cars in the third."""
    mine = decide(chain.plan, "digger binds by 2028")
    assert (mine.verdict, mine.gain, mine.limits, mine.change) == ("proved", near(20), ("Ore mine",), None)
    assert decide(chain.plan, "ore mine binds in 2027").gain == near(10)
    assert decide(chain.plan, "press binds in 2029").gain == near(8)


def test_what_is_never_at_its_limit_is_refuted_and_comes_true_where_the_rest_lets_less_through(chain):
    """The mill rolls 50 of 100: at less than half it binds. The press forms 50 of 200 in 2027: at a quarter."""
    mill = decide(chain.plan, "sheet mills binds in 2027")
    assert (mill.verdict, mill.gain, mill.price, mill.relaxed_gain) == ("refuted", 0, 0, 0)
    assert mill.change.scale == near(0.5, abs=0.01)
    assert mill.change.scale <= 0.5
    press = decide(chain.plan, "car-press binds in 2027")
    assert (press.verdict, press.change.scale) == ("refuted", near(0.25, abs=0.01))
    assert decide(chain.plan, "mine binds in 2029").change.scale == near(0.2, abs=0.01)


def test_the_choke_point_is_what_adds_most(chain):
    """Over three years the mine adds 20 and the press 8; of the two of roller the press alone adds."""
    assert decide(chain.plan, "mine is the choke point").verdict == "proved"
    assert decide(chain.plan, "mine is the only choke point").verdict == "refuted"
    assert decide(chain.plan, "mine is the only choke point in 2027").verdict == "proved"
    press = decide(chain.plan, "roller is the choke point")
    assert (press.verdict, press.rival, press.rival_gain, press.gain) == ("refuted", "Ore mine", near(20), near(8))


def test_words_and_terms_name_limits_together_or_each(chain):
    assert decide(chain.plan, "mine and press binds").limits == ("Ore mine", "Car press")
    assert decide(chain.plan, "press of roller binds").limits == ("Car press",)
    assert decide(chain.plan, "roller binds").limits == ("Sheet mill", "Car press")
    with pytest.raises(StudyError, match="no limit is of 'mine' and of 'roller' at once"):
        decide(chain.plan, "mine of roller binds")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the mine is nice", "is no claim. A claim is SUBJECT binds"),
        ("rollr binds", "did you mean 'roller'"),
        ("xyz binds", "There is no limit 'xyz' in the plan, of which 'xyz binds' speaks; it has: "),
        ("shet mill binds", "did you mean 'Sheet mill'"),
        ("mine binds in 2031", "no period and no year of the horizon, which runs from 2027 to 2029"),
        ("mine limits nobody", "There is no party 'nobody'"),
        ("mine binds in 2027 to 2028", "only 'from' goes with 'to'"),
        ("mine binds from 2029 to 2027", "no period of it is reported"),
    ],
)
def test_what_is_no_claim_is_refused_with_what_would_be(chain, text, said):
    with pytest.raises(StudyError, match=said.replace("(", r"\(")):
        decide(chain.plan, text)


def test_a_gap_leaves_undecided_what_adds_less_than_it_without_a_price(tmp_path):
    """Lots of 25 from 110 of the input: 10 % more is 11, and with 121 there are still four; 15 would be a fifth."""
    (tmp_path / "instance.yaml").write_text(
        "horizon: {start: 2027, periods: 1, period: year}\n"
        "network:\n"
        "  resources: {input: {capacity: 110}}\n"
        "  materials: {good: {storable: false}}\n"
        "  activities: {make: {outputs: {good: 1}, uses: {input: 1}, lot: 25}}\n"
        "  demands: {good: {quantity: 1000, value: 10}}\n"
    )
    decided = decide(load(tmp_path).solve().plan, "input binds")
    assert (decided.verdict, decided.gain, decided.relaxed_gain) == ("undecided", 0, near(110))
    assert decided.change.scale == near(100 / 110, abs=0.01)


def judged(verb, relaxed=0.0):
    """A decision whose relaxation gains so much."""
    decision = object.__new__(_Decision)
    decision.claim, decision.subject = read_claim(f"mine {verb}"), ()
    decision.oracle = SimpleNamespace(relaxed_values=lambda reliefs: [0.0, relaxed], eps=1e-9)
    return decision


@pytest.mark.parametrize(
    ("gain", "relaxed", "doubt", "verdict"),
    [(4, 0, 3, "proved"), (2, 0, 3, "undecided"), (0, 2, 3, "refuted"), (0, 4, 3, "undecided")],
)
def test_what_has_no_price_is_judged_by_what_the_gap_leaves_open(gain, relaxed, doubt, verdict):
    assert judged("binds", relaxed)._binds(float(gain), 0.0, float(doubt))[0] == verdict


@pytest.mark.parametrize(
    ("verb", "rival", "verdict"),
    [
        ("is the choke point", 6, "proved"),
        ("is the choke point", 8, "undecided"),
        ("is the choke point", 12, "undecided"),
        ("is the choke point", 14, "refuted"),
        ("is the only choke point", 2, "proved"),
        ("is the only choke point", 4, "refuted"),
    ],
)
def test_the_gap_of_3_tells_a_gain_of_10_from_others_or_not(verb, rival, verdict):
    assert judged(verb)._verdict(10.0, 0.0, 3.0, float(rival))[0] == verdict


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--claim", "the mine is nice"], "is no claim"),
        (["--claim", "mine binds", "--table", "limits"], "has no table 'limits'; did you mean 'claims'?"),
        (["--table", "claims"], "has no table 'claims'; did you mean 'limits'?"),
    ],
)
def test_what_no_study_could_answer_is_refused_before_anything_is_read(tmp_path, capsys, asked, said):
    assert cli.main(["choke", str(tmp_path), *asked]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_command_says_each_claim_in_a_sentence_and_has_all_numbers(chain, tmp_path, capsys):
    chain.save(tmp_path / "result")
    claims = ["--claim", "digger binds in 2027", "--claim", "mill binds in 2027"]
    assert cli.main(["choke", str(tmp_path / "result"), *claims, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["claims"]
    assert [one["verdict"] for one in found] == ["proved", "refuted"]
    assert cli.main(["choke", str(tmp_path / "result"), *claims]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "'digger binds in 2027' is proved" in said
    assert "It would be true with 49" in said
    assert chain.claim("mill binds in 2027").frame["verdict"].tolist() == ["refuted"]
    assert cli.main(["choke", str(tmp_path / "result"), "--claim", "nobody binds"]) == 2
    assert cli.main(["choke", str(tmp_path / "result"), "--claim", "mill binds", "--period", "2027"]) == 2


def test_time_that_ends_while_the_smallest_change_is_looked_for_leaves_the_verdict(chain, monkeypatch):
    def ended(self):
        raise self.oracle.budget.out_of_time("a plan")

    whole = decide(chain.plan, "mill binds")
    monkeypatch.setattr(_Decision, "_change", ended)
    report = chain.claim("mill binds", "press binds in 2029")
    assert [(d.verdict, d.searched) for d in report.records] == [("refuted", False), ("proved", True)]
    assert replace(report.records[0], searched=True, change=whole.change) == whole
    assert "not found out in time" in report.said[0]
    assert "Time did not allow: the smallest change that makes 'mill binds' true." in report.notes


def test_claims_for_which_time_is_over_are_named_and_the_others_stand(chain, monkeypatch):
    first, asked = decide(chain.plan, "press binds in 2029"), iter([True, False, False])

    def answered(plan, text, *, budget, **_):
        if next(asked):
            return first
        raise budget.out_of_time("a plan")

    monkeypatch.setattr("fabopt.analysis.choke.claim.decide", answered)
    report = chain.claim("press binds in 2029", "mill binds")
    assert report.records == (first,)
    assert "Time did not allow: claim 'mill binds'." in report.notes
    with pytest.raises(OutOfTimeError, match="no answer to 'mill binds'"):
        chain.claim("mill binds")
