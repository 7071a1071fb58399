"""Why a lab is short: maxima by hand and by another solver; the terms add up to them."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from portfolio_cases import loaded, tree
from scipy.optimize import linprog

import fabopt
from fabopt.cli import main
from fabopt.model.tables import model_tables
from fabopt.solve.matrices import program_of
from fabopt.solve.perturbation import held


@pytest.fixture(scope="module")
def tutorial(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


def terms(found):
    """Term, share and owner by name."""
    return {part.name: (part.term, part.share, part.owner) for part in found.records.limits}


def two_labs():
    """A fab for 120 thousand dies a year; the other lab has cheaper power, so it gets its 40 first."""
    raw = tree(power=100.0)
    raw["fabs"]["fab"]["wafer_starts"] = 1  # thousand a month, of ten dies each
    raw["labs"]["other"] = {**copy.deepcopy(raw["labs"]["lab"]), "name": "Other lab"}
    raw["sites"]["site"]["energy_price"] = 50
    raw["sites"]["second"] = {**raw["sites"]["site"], "lab": "other", "power": 40, "energy_price": 0}
    return raw


def test_power_alone_is_all_that_a_lab_is_short_of(tmp_path):
    found = loaded(tree(power=50.0), tmp_path).solve().explain(why_short="lab", period="2027")
    assert (found.records.wanted, found.records.delivered, found.records.most) == pytest.approx((1000.0, 50.0, 50.0))
    [peg] = found.records.pegs
    assert (peg.owner, peg.stage, peg.kind) == ("lab", "power", "physical")
    assert (peg.price, peg.amount, peg.share) == pytest.approx((1.0, 50.0, 1.0))  # a kilowatt an accelerator
    assert found.sentence.startswith("Lab gets 50.0 of 1,000 thousand H100e wanted in 2027, and no more can reach it")


def test_two_limits_share_the_most_by_what_each_allows(tmp_path):
    """50 on 50 MW and 30 under a contract."""
    raw = tree(power=50.0)
    rent = {"goods": {"compute": ["work"]}, "signed": 2027, "maximum": 30, "price": 0.5}
    raw["contracts"] = {"rent": {"buyer": "lab", "supplier": "cloud", **rent}}
    found = loaded(raw, tmp_path).solve().explain(why_short="lab", period="2027")
    assert found.records.most == pytest.approx(80.0)
    assert sorted(round(share, 6) for _, share, _ in terms(found).values()) == [0.375, 0.625]
    assert {owner: round(term, 6) for term, _, owner in terms(found).values()} == {"lab": 50.0, "cloud": 30.0}


def test_what_is_held_for_others_takes_away(tmp_path):
    """120 from the fab, 40 of them the other lab's."""
    found = loaded(two_labs(), tmp_path).solve().explain(why_short="lab", period="2027")
    assert (found.records.delivered, found.records.most) == pytest.approx((80.0, 80.0))
    by_kind = {part.kind: (part.owner, part.term, part.share) for part in found.records.owners}
    assert by_kind["physical"] == ("foundry", pytest.approx(120.0), pytest.approx(1.0))
    assert by_kind["held"] == ("other", pytest.approx(-40.0), pytest.approx(-1 / 3))
    assert found.records.allowed == pytest.approx(120.0)
    assert (
        "That most is 67 % of what the limits allow, which is due to Fab wafer starts (100 %); 33 % of"
        in found.sentence
    )
    last = [row[0::4] for row in found.tables[0].rows[-3:]]
    assert last == [("all that is allowed", "120"), ("held for others, net of theirs", "-40.0"), ("the most", "80.0")]


def test_a_lab_that_gets_all_it_wants_is_not_short(tmp_path):
    raw = tree(power=100.0)
    raw["labs"]["lab"]["demand"]["total"] = 60
    found = loaded(raw, tmp_path).solve().explain(why_short="lab", period="2027")
    assert found.sentence == "Lab gets 60.0 of 60.0 thousand H100e wanted in 2027: it is not short."
    assert [part.kind for part in found.records.limits] == ["demand"]


@pytest.mark.parametrize("lab", ["aurora", "borealis"])
@pytest.mark.parametrize("period", ["2027Q1", "2027Q4", "2028Q4"])
def test_shares_of_what_the_limits_allow_add_up_and_none_is_more_than_all(tutorial, lab, period):
    record = tutorial.explain(why_short=lab, period=period).records
    other = {"aurora": "borealis", "borealis": "aurora"}[lab]
    assert sum(part.share for part in record.due) == pytest.approx(1.0)
    assert all(0.0 < part.share <= 1.0 for part in record.due)
    assert sum(part.term for part in record.due) == pytest.approx(record.allowed)
    assert record.allowed + sum(part.term for part in record.away) == pytest.approx(record.most, rel=1e-9)
    theirs = [peg.term for peg in record.pegs if peg.kind == "held" or peg.owner == other]
    netted = [part.term for part in (*record.due, *record.away) if part.kind == "held"]
    assert sum(netted) == pytest.approx(sum(theirs))
    rest = [peg.term for peg in record.pegs if peg.kind != "held" and peg.owner != other]
    assert sum(theirs) + sum(rest) == pytest.approx(record.most, rel=1e-9)


def test_what_others_have_is_set_against_what_is_held_for_them():
    """The room of the other lab's campus is scarce: alone, it would allow more than all that can reach this one."""
    scarce = fabopt.load("instances/tutorial", set=["sites.coast.expansion.max_total=400 MW"]).solve()
    found = scarce.explain(why_short="aurora", period="2028Q4")
    theirs = [part for part in found.records.limits if part.kind == "held" or part.owner == "borealis"]
    assert any(part.term > found.records.most for part in theirs)  # the other lab's campus alone, gross
    net = -sum(part.share for part in theirs)
    assert found.sentence.endswith(f"{100 * net:.0f} % of it is held for others beyond their own limits.")
    assert "Coast campus" not in "\n".join(found.lines())


def test_the_tables_add_up_to_the_most(tutorial):
    found = tutorial.explain(why_short="aurora", period="2028Q4")
    for table in found.tables:
        numbers = [(row[0], float(row[-2].replace(",", "")), float(row[-1].removesuffix(" %"))) for row in table.rows]
        parts = [row for row in numbers if row[0] not in ("all that is allowed", "the most")]
        allowed = sum(term for name, term, _ in parts if not name.startswith("held"))
        assert allowed == pytest.approx(found.records.allowed, rel=2e-3)  # as rounded as the cells
        assert sum(term for _, term, _ in parts) == pytest.approx(found.records.most, rel=2e-3)
        assert numbers[-1][2] == pytest.approx(100 * found.records.most / found.records.allowed, abs=0.5)
        assert max(share for _, _, share in numbers) == 100


def test_where_nothing_can_reach_the_lab_the_limit_is_named(tmp_path):
    found = loaded(tree(power=0.0), tmp_path).solve().explain(why_short="lab", period="2027")
    assert found.records.most == pytest.approx(0.0, abs=1e-9)
    assert "nothing can reach it then" in found.sentence


@pytest.mark.parametrize("lab", ["aurora", "borealis"])
@pytest.mark.parametrize("period", ["2027Q1", "2027Q4", "2028Q4"])
def test_the_most_is_that_of_another_solver_and_the_terms_add_up_to_it(tutorial, lab, period):
    found = tutorial.explain(why_short=lab, period=period).records
    assert sum(peg.term for peg in found.pegs) == pytest.approx(found.most, rel=1e-9)
    assert sum(peg.share for peg in found.pegs) == pytest.approx(found.most / found.allowed)
    assert found.most == pytest.approx(independent(tutorial, lab, period), rel=1e-7)
    assert found.delivered < found.most <= found.wanted
    own = all(peg.owner == lab and peg.stage == "compute" for peg in found.pegs)
    assert own == (found.most == pytest.approx(found.wanted))  # its own demand alone where all of it could be met


def independent(result, lab, period):
    """The most by scipy: the model's program with integers and the deliveries to others held."""
    net, plan = result.plan.net, result.plan.solved
    tables = model_tables(net)
    program = held(program_of(tables), plan.x)
    low, high, cost = program.column_lower.copy(), program.column_upper.copy(), np.zeros(program.n_columns)
    t = [p.label for p in net.periods].index(period)
    for (j, _, at), column in np.ndenumerate(tables.columns["deliver"].index):
        if column >= 0 and net.demands[j].tags.lab != lab:
            low[column] = high[column] = plan.x[column]
        elif column >= 0 and at == t:
            cost[column] = net.demands[j].weight
    a = program.a.tocsr()
    top, bottom = np.isfinite(program.row_upper), np.isfinite(program.row_lower)
    rows = np.vstack([a[top].toarray(), -a[bottom].toarray()])
    sides = np.concatenate([program.row_upper[top], -program.row_lower[bottom]])
    return -linprog(-cost, A_ub=rows, b_ub=sides, bounds=np.column_stack([low, high]), method="highs-ipm").fun


def test_the_page_fits_and_json_is_one_object(tutorial, tmp_path, capsys):
    folder = tutorial.save(tmp_path / "result")
    asked = ["explain", str(folder), "--why-short", "aurora", "--period", "2028Q4"]
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "By owner and stage" in out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unit"] == "kH100e"


def test_a_plan_of_one_party_is_refused(tmp_path):
    seen = loaded(tree(), tmp_path).solve(perspective="lab:lab")
    with pytest.raises(ValueError, match=r"seen by .* \(lab:lab\)"):
        seen.explain(why_short="lab", period="2027")
