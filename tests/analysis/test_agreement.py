"""Published outcomes against plans whose answers are worked out by hand."""

import shutil
from pathlib import Path

import pytest
import yaml

import fabopt
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.cli import main
from fabopt.errors import FaboptError, UserError

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
approx = pytest.approx


def _sure(value):
    return {"amount": {"value": value, "low": value, "high": value}}


def shop(tmp_path, low=10.0, high=14.0, periods=2, **outcomes):
    """A machine with 10 h a period; a takes an hour, b two; nobody wants either."""
    figures = {
        "some-a": {"of": "activities", "where": {"item": "a"}, "figure": {"value": 12, "low": 11, "high": 13}},
        "some-b": {"of": "activities", "where": {"item": "b"}, "figure": {"value": 6, "low": 5, "high": 7}},
    }
    raw = {
        "horizon": {"start": 2027, "periods": periods, "period": "year"},
        "network": {
            "materials": {"x": {}, "y": {}},
            "resources": {"machine": {"unit": "h", "capacity": {"value": 10, "low": low, "high": high}}},
            "activities": {
                "make-a": {"outputs": {"x": _sure(1)}, "uses": {"machine": _sure(1)}, "tags": {"item": "a"}},
                "make-b": {"outputs": {"y": _sure(1)}, "uses": {"machine": _sure(2)}, "tags": {"item": "b"}},
            },
        },
        "outcomes": {k: {"since": 2027, "until": 2028, **v} for k, v in (outcomes or figures).items()},
    }
    folder = tmp_path / "shop"
    folder.mkdir(exist_ok=True)
    (folder / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    return fabopt.load(folder)


def some(item, value, low, high, **more):
    return {"of": "activities", "where": {"item": item}, "figure": {"value": value, "low": low, "high": high}, **more}


def test_what_is_missed_least_clashes_with_the_machine_and_ends_with_more_of_it(tmp_path):
    # 11 a and 5 b take 21 h of the 20 h of two periods: an hour is missed, which is one a (1 half range) or half a b.
    study = shop(tmp_path).solve("agreement").feasible().records
    assert study.missed == approx(0.5)
    assert study.least == approx(0.5)
    assert study.relaxed == approx(0.5)
    (clash,) = study.clashes
    assert len(clash.figures) == 2
    assert clash.limits == ("machine",)
    assert clash.whole
    (move,) = study.moves
    assert move.path == "network.resources.machine.capacity"
    assert move.end == "high"
    assert move.to == approx(10.5, abs=4 / 2**6)  # to the last halving
    assert move.to >= 10.5
    assert move.left == approx(0.0, abs=1e-6)
    missed = {row.id: row.missed for row in study.rows}
    assert missed == {"some-a": approx(0.0), "some-b": approx(-0.5)}


def test_figures_that_fit_are_not_asked_about(tmp_path):
    # Two clash over the machine, as above; figures in whose wide ranges every plan lies add no question.
    two = {"one": some("a", 12, 11, 13), "two": some("b", 6, 5, 7)}
    alone = shop(tmp_path, periods=2, **two).solve("agreement").feasible().records
    fit = {f"fits-{n}": some("a", 10, 0, 20 + n) for n in range(8)}
    among = shop(tmp_path, periods=2, **two, **fit).solve("agreement").feasible().records
    assert [clash.figures for clash in among.clashes] == [clash.figures for clash in alone.clashes]
    assert among.clashes[0].limits == ("machine",)
    assert among.asked == alone.asked > 0


def test_a_large_program_ends_with_agreement_and_a_small_one_with_value(tmp_path, monkeypatch):
    instance = shop(tmp_path)
    assert [stage.name for stage in instance.solve("agreement").plan.run.stages] == ["agreement", "value"]
    monkeypatch.setattr("fabopt.solve.objectives.LARGE", 1)
    result = instance.solve("agreement")
    assert [stage.name for stage in result.plan.run.stages] == ["agreement"]
    assert result.objective == approx(0.5)


def test_a_limit_in_small_units_is_part_of_its_clash(tmp_path):
    # The machine runs for ten milliard units of time, and an a takes a milliard of them.
    folder = tmp_path / "shop"
    shop(tmp_path, one=some("a", 25, 24, 26))
    raw = yaml.safe_load((folder / "instance.yaml").read_text(encoding="utf-8"))
    raw["network"]["resources"]["machine"]["capacity"] = {"value": 1e10, "low": 1e10, "high": 1e10}
    raw["network"]["activities"]["make-a"]["uses"]["machine"] = {"amount": {"value": 1e9, "low": 1e9, "high": 1e9}}
    (folder / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    study = fabopt.load(folder).solve("agreement").feasible().records
    assert study.missed == approx(4.0)
    (clash,) = study.clashes
    assert clash.limits == ("machine",)
    assert len(clash.figures) == 1


def test_figures_of_one_name_are_told_apart(tmp_path):
    early, late = {"since": 2027, "until": 2027, "name": "A"}, {"since": 2028, "until": 2028, "name": "A"}
    instance = shop(tmp_path, 10.0, 11.0, one=some("a", 12, 12, 13, **early), two=some("a", 12, 12, 13, **late))
    assert len(instance.solve("agreement").feasible().records.clashes) == 2


def test_figures_that_fit_agree_and_nothing_clashes(tmp_path):
    study = shop(tmp_path, one=some("a", 12, 11, 13), two=some("b", 4, 4, 5)).solve("agreement").feasible().records
    assert study.agrees
    assert study.clashes == study.moves == ()
    assert all(row.inside for row in study.rows)


def test_two_clashes_apart_are_told_apart(tmp_path):
    # In each of the two periods by itself 12 h are asked of 10 h.
    early = {"since": 2027, "until": 2027}
    late = {"since": 2028, "until": 2028}
    instance = shop(tmp_path, 10.0, 11.0, one=some("a", 12, 12, 13, **early), two=some("a", 12, 12, 13, **late))
    study = instance.solve("agreement").feasible().records
    assert study.missed == approx(2 * 2 / 0.5)
    assert [len(clash.figures) for clash in study.clashes] == [1, 1]
    assert study.moves == ()  # 11 h are not enough
    assert study.tried >= 1
    assert "no move" in str(instance.solve("agreement").feasible())


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (
            {"one": (12, 12, 13)},
            "published outcome of shop cannot hold: the plan that misses least misses it by 4.00 half",
        ),
        ({"one": (12, 12, 13)}, "half ranges. It holds once 1 number moves within its range."),
        ({"one": (9, 8, 10)}, "The published outcome of shop can hold: a plan has it."),
        ({"one": (9, 8, 10), "two": (9, 8, 10)}, "All 2 published outcomes of shop can hold at once: a plan has all"),
    ],
)
def test_one_outcome_is_told_as_one_and_several_as_several(tmp_path, figures, says):
    stated = {name: some("a", *figure, since=2027, until=2027) for name, figure in figures.items()}
    report = shop(tmp_path, periods=1, **stated).solve("agreement").feasible()
    assert says in " ".join(str(report).split())


def test_more_than_was_published_is_missed_above(tmp_path):
    # Both cannot be: what lies above its range counts as what lies below.
    instance = shop(tmp_path, one=some("a", 5, 4, 6), two=some("a", 9, 8, 10))
    study = instance.solve("agreement").feasible().records
    assert study.missed == approx(2.0)
    assert sum(row.missed for row in study.rows if row.missed > 0) - sum(
        row.missed for row in study.rows if row.missed < 0
    ) == approx(2.0)
    (clash,) = study.clashes
    assert len(clash.figures) == 2
    assert clash.limits == ()


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outcomes") / "tutorial"
    shutil.copytree(TUTORIAL, folder)

    def figure(**more):
        return {"since": "2027-02-15", "until": "2027-12-31", **more}

    own = {
        "sum": figure(of="shipments", where={"chip": "falcon"}, figure="300 kaccelerator"),
        "rate": figure(of="shipments", where={"chip": "falcon"}, figure="300 kaccelerator/year"),
        "level": figure(of="power", where={"lab": "aurora"}, figure="0.6 GW"),
    }
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    before, after = text[: text.index("\noutcomes:")], text[text.index("\nsources:") :]
    file.write_text(f"{before}\n{yaml.safe_dump({'outcomes': own})}{after}", encoding="utf-8")
    return fabopt.load(folder), folder


def test_a_plan_is_held_against_amounts_rates_and_levels_over_parts_of_periods(tutorial):
    instance, _ = tutorial
    result = instance.solve()
    rows = {row.id: row for row in result.reconcile().records.rows}
    shipped = result.table("shipments")
    falcon = shipped[shipped["chip"] == "falcon"].groupby("period")["kaccelerator"].sum()
    part = 45 / 90  # of the first quarter, from 15 February to the end of March
    total = part * falcon.get("2027Q1", 0.0) + sum(falcon.get(f"2027Q{q}", 0.0) for q in (2, 3, 4))
    assert rows["sum"].planned == approx(total, rel=1e-6)
    assert rows["rate"].planned * 12 == approx(total / (0.25 * part + 0.75), rel=1e-6)
    assert rows["sum"].since == "2027Q1"
    assert rows["sum"].until == "2027Q4"
    power = result.table("power")
    mine = power[power["site"] == "plains"].set_index("period")["used"]
    mean = (part * mine["2027Q1"] + sum(mine[f"2027Q{q}"] for q in (2, 3, 4))) / (part + 3)
    assert rows["level"].planned == approx(mean, rel=1e-6)


def test_outcomes_change_no_plan(tutorial):
    instance, _ = tutorial
    assert instance.solve().objective == approx(fabopt.load(TUTORIAL).solve().objective, rel=1e-9)


def test_the_verb_prints_what_python_returns(tutorial, tmp_path, capsys):
    instance, folder = tutorial
    result = instance.solve()
    result.save(tmp_path / "plan")
    assert main(["reconcile", str(tmp_path / "plan")]) == 0
    assert str(result.reconcile()) in capsys.readouterr().out
    assert main(["reconcile", str(folder)]) == 0
    assert str(result.reconcile()) in capsys.readouterr().out
    assert main(["reconcile", str(tmp_path / "plan"), "--feasible"]) == 2
    assert "give the folder of the instance" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (some("c", 1, 0, 2), "nothing has the item 'c'"),
        (some("a", 1, 0, 2, since=2040, until=2041), "after the end of the horizon"),
        ({"of": "shipments", "figure": 3}, "no record counts"),
        ({"of": "spending", "figure": 3, "party": "me"}, "no party 'me'"),
        (some("a", 1, 0, 2, since=2028, until=2027), "before it begins"),
    ],
)
def test_a_figure_of_what_the_chain_cannot_make_is_refused(tmp_path, outcome, says):
    with pytest.raises(UserError, match=says):
        shop(tmp_path, wrong=outcome).solve("agreement")


def test_without_outcomes_there_is_nothing_to_agree_with():
    instance = fabopt.load(TUTORIAL.parent / "textbook" / "giapetto")
    with pytest.raises(FaboptError, match="states no published outcomes"):
        instance.solve("agreement")
    with pytest.raises(UserError, match="objective agreement"):
        instance.solve().feasible()


def test_a_figure_is_one_number(tmp_path):
    outcome = {"of": "activities", "where": {"item": "a"}, "figure": {"steps": {2027: 3, 2028: 5}}}
    with pytest.raises(FaboptError) as caught:
        shop(tmp_path, one=outcome)
    assert "cannot vary over time" in str(caught.value)


def test_a_move_that_the_rules_of_the_instance_refuse_is_no_way_out(tmp_path, monkeypatch):
    instance = shop(tmp_path)
    assert instance.solve("agreement").feasible().records.ended
    monkeypatch.setattr(Numbers, "moved", lambda self, moves: "refused by a rule")
    study = instance.solve("agreement").feasible().records
    assert study.moves == ()
    assert study.tried >= 1


def test_a_relaxed_plan_agrees_without_its_integers_and_its_moves_are_without_them_too(tmp_path):
    # An hour is missing in two periods. There is room for a quarter of a second machine of 1 h, which is none with
    # integers; with fractions it gives half of that hour, and room for half a machine gives all of it.
    shop(tmp_path, 10.0, 10.0)
    path = tmp_path / "shop" / "instance.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["network"]["resources"]["room"] = {"capacity": {"value": 0.25, "low": 0.25, "high": 0.75}}
    raw["network"]["units"] = {"second": {"adds": {"machine": _sure(1)}, "occupies": {"room": _sure(1)}}}
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    instance = fabopt.load(path.parent)
    assert instance.solve("agreement").objective == approx(0.5)
    relaxed = instance.solve("agreement", relaxed=True).feasible().records
    assert (relaxed.missed, relaxed.least) == (approx(0.25), approx(0.25))
    (move,) = relaxed.moves
    assert move.path == "network.resources.room.capacity"
    assert 0.5 <= move.to <= 0.5 + 0.5 / 2**6  # to the last halving
    assert move.left == approx(0.0, abs=1e-6)


def test_of_a_large_program_fractions_for_integers_answer_and_it_says_so(tmp_path, monkeypatch, capsys):
    shop(tmp_path)
    path = tmp_path / "shop" / "instance.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["network"]["resources"]["room"] = {"capacity": 0.75}
    raw["network"]["units"] = {"second": {"adds": {"machine": _sure(1)}, "occupies": {"room": _sure(1)}}}
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    assert main(["reconcile", str(path.parent), "--feasible"]) == 0
    assert "can hold at once" not in capsys.readouterr().out
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 1)
    assert main(["reconcile", str(path.parent), "--feasible"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "can hold at once: a plan with fractions for integers has all of them" in said
