"""Plans under several states: against brute force, against the plan of one state, and what is refused."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.analysis.states.measure import tail_mean
from fabopt.analysis.states.tree import leaves
from fabopt.cli import main
from fabopt.errors import UserError
from fabopt.io.problems import InstanceError
from fabopt.model.columns import decided
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.solve.formulate import formulate
from fabopt.solve.options import OptionError
from fabopt.solve.results.folder import ResultError
from fabopt.solve.stack import Branch, PastError, stacked

approx = pytest.approx
PROGRAMS = Path(__file__).parents[2] / "instances" / "stochastic"

NOW, LATER, WORTH = 3.0, 2.5, 4.0
"""Cost of a plant ordered in 2027 and in 2028, which stand a year later; worth of what a plant makes in a year."""
WANTED = {"low": 1, "mid": 3, "high": 6}
SHARES = {"low": 0.5, "mid": 0.3, "high": 0.2}


def plants(**more):
    """Whole plants for a demand that is known from 2028 on: ordered before, or dearer for what they still earn."""
    return {
        "horizon": {"start": 2027, "periods": 3, "period": "year"},
        "network": {
            "materials": {"goods": {"storable": False}},
            "resources": {"works": {}},
            "activities": {"make": {"outputs": {"goods": 1}, "uses": {"works": 1}}},
            "units": {"plant": {"lead": 1, "adds": {"works": 1}, "cost": [NOW, LATER, 0], "upper": [8, 8, 0]}},
            "demands": {"goods": {"quantity": {"steps": {"2027-01-01": 0, "2028-01-01": 3}}, "value": WORTH}},
        },
        "states": {
            name: {"probability": SHARES[name], "from": 2028, "set": {"network.demands.goods.quantity": wanted}}
            for name, wanted in WANTED.items()
        },
        **more,
    }


def written(folder, raw):
    folder.mkdir(exist_ok=True)
    (folder / "instance.yaml").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    return fabopt.load(folder)


def worth(now, wanted, fixed=0.0):
    """What the best plan earns in a state with so many plants ordered now; each period with orders costs ``fixed``."""
    later = max(WORTH * min(now + n, wanted) - LATER * n - fixed * (n > 0) for n in range(9))
    return WORTH * min(now, wanted) - NOW * now - fixed * (now > 0) + later


def worst_tail(shares, figures, level):
    """The mean of the worst share, by splitting the states into a thousand equal cases."""
    cases = sorted(itertools.chain.from_iterable([v] * round(1000 * p) for p, v in zip(shares, figures, strict=True)))
    return float(np.mean(cases[: round(1000 * (1 - level))]))


def by_brute_force(risk):
    """The best number of plants now, and the figure by which it is judged, over all numbers and states."""
    best = {name: max(worth(n, wanted) for n in range(9)) for name, wanted in WANTED.items()}
    shares = list(SHARES.values())

    def judged(now):
        figures = [worth(now, wanted) for wanted in WANTED.values()]
        mean, tail = float(np.dot(shares, figures)), worst_tail(shares, figures, 0.6)
        return {
            "expected": mean,
            "cvar 0.6": tail,
            "mean+cvar 0.6 0.25": 0.75 * mean + 0.25 * tail,
            "worst": min(figures),
            "regret": -max(best[n] - f for n, f in zip(WANTED, figures, strict=True)),
        }[risk]

    return max(range(9), key=judged), max(map(judged, range(9)))


@pytest.mark.parametrize("risk", ["expected", "cvar 0.6", "mean+cvar 0.6 0.25", "worst", "regret"])
def test_whole_plants_are_ordered_as_brute_force_over_all_numbers_and_states_says(tmp_path, risk):
    result = written(tmp_path / "plants", plants()).solve(states="all", risk=risk)
    now, figure = by_brute_force(risk)
    ordered = result.now.table("core/units")
    assert (ordered["period"].tolist(), ordered["ordered"].tolist()) == (["2027"], [now])
    assert result.objective == approx(-figure if risk == "regret" else figure)
    assert {name: one.objective for name, one in result.states.items()} == approx(
        {name: worth(now, wanted) for name, wanted in WANTED.items()}
    )
    assert result.status == "optimal"


def test_an_order_that_is_placed_or_not_is_placed_once_for_all_states(tmp_path):
    raw = plants()
    long = " ".join(f"word{n}" for n in range(40))
    raw["states"]["mid"]["description"] = long
    raw["network"]["units"]["plant"]["fixed_cost"] = 2.5
    result = written(tmp_path / "placed", raw).solve(states="all")
    mean = [sum(p * worth(n, WANTED[name], 2.5) for name, p in SHARES.items()) for n in range(9)]
    assert result.objective == approx(max(mean))
    assert result.now.table("core/units")["ordered"].tolist() == [int(np.argmax(mean))]
    told = "\n".join(result.answer.lines())
    assert all(word in told.split() for word in long.split())  # a long description is wrapped


def test_the_tail_of_a_few_states_is_that_of_many_equal_cases():
    shares, figures = (0.5, 0.3, 0.2), (7.0, -2.0, 3.0)
    for level in (0.0, 0.1, 0.5, 0.7, 0.75, 0.9):
        assert tail_mean(shares, figures, level) == approx(worst_tail(shares, figures, level))


def test_a_single_state_is_the_instance_itself_byte_for_byte(tmp_path):
    raw = plants(states={"only": {}})
    instance = written(tmp_path / "one", raw)
    alone, under = instance.solve(), instance.solve(states="all")
    assert under.objective == alone.objective
    (state,) = under.states.values()
    files, mine = alone.files(), state.files()
    tables = [name for name in files if name.endswith(".parquet")]
    assert len(tables) > 10
    assert [name for name in tables if files[name] != mine[name]] == []


def test_a_stack_of_one_state_is_its_program_number_for_number():
    net = fabopt.load(PROGRAMS.parent / "textbook" / "wagner-whitin").network
    program, stack = formulate(net).program, stacked([Branch("one", 1.0, (), model_tables(net))])
    assert (abs(program.a - stack.program.a)).nnz == 0
    for what in ("row_lower", "row_upper", "column_lower", "column_upper", "cost", "integer"):
        assert np.array_equal(getattr(program, what), getattr(stack.program, what)), what


def test_what_is_decided_before_is_one_column_at_every_node_of_the_tree():
    instance = fabopt.load(PROGRAMS / "financial-planning")
    found = leaves(instance._tree, instance.data)
    nets = [lower(leaf.data, leaf.name) for leaf in found]
    branches = [
        Branch(leaf.name, leaf.probability, leaf.known, model_tables(net))
        for leaf, net in zip(found, nets, strict=True)
    ]
    stack = stacked(branches)
    periods = decided(nets[0], branches[0].tables.columns)
    in_period = np.bincount(periods, minlength=4)
    assert stack.program.n_columns == sum(nodes * n for nodes, n in zip((1, 2, 4, 8), in_period, strict=True))
    row_period = np.concatenate([rows.period for rows in branches[0].tables.rows.values()])
    in_period = np.bincount(row_period, minlength=4)
    assert stack.program.n_rows == sum(nodes * n for nodes, n in zip((1, 2, 4, 8), in_period, strict=True))
    # Each state finds its own columns: those of 2027 are the same for all, those of 2028 for four, of 2029 for two.
    for t, several in enumerate((8, 4, 2, 1)):
        here = [frozenset(at[periods == t].tolist()) for at in stack.columns]
        assert all(here.count(mine) == several for mine in here), t
    result = instance.solve(states="all")
    assert [len(stage.states) for stage in result.stages] == [8, 4, 4, 2, 2, 2, 2, *[1] * 8]
    invested = [stage.table("core/activities").query("id == 'buy-stocks'")["level"].sum() for stage in result.stages]
    assert invested[:3] == approx([41.479, 65.095, 36.743], abs=1e-3)  # the book's table 7


def test_what_is_known_from_the_start_is_planned_for_each_state_alone(tmp_path):
    raw = plants()
    for state in raw["states"].values():
        state["from"] = 2027
    result = written(tmp_path / "known", raw).solve(states="all")
    best = {name: max(worth(n, wanted) for n in range(9)) for name, wanted in WANTED.items()}
    assert {name: one.objective for name, one in result.states.items()} == approx(best)
    assert result.objective == approx(sum(SHARES[name] * best[name] for name in best))
    assert result.now.periods == ()


def test_what_one_state_alone_has_cannot_be_decided_before_it_is_known(tmp_path):
    rival = {"lead": 1, "adds": {"works": 1}, "cost": [0.25, 0.5, 0], "upper": [8, 8, 0]}
    raw = plants(scenarios={"rival": {"merge": {"network": {"units": {"rival": rival}}}}})
    raw["states"]["high"]["scenario"] = "rival"
    result = written(tmp_path / "rival", raw).solve(states="all")
    orders = result.states["high"].table("core/units").query("ordered > 0")
    bought = {(id, period): n for id, period, n in zip(orders["id"], orders["period"], orders["ordered"], strict=True)}
    now = bought["plant", "2027"]
    # Before anybody knows, nobody orders what may never be there, cheap as it is; once it is known, all that is short.
    assert bought == {("plant", "2027"): now, ("rival", "2028"): WANTED["high"] - now}
    assert now == max(
        range(9),
        key=lambda n: (
            sum(SHARES[name] * worth(n, WANTED[name]) for name in ("low", "mid"))
            + SHARES["high"] * (2 * WORTH * min(n, 6) - NOW * n + (WORTH - 0.5) * max(6 - n, 0))
        ),
    )


def test_events_are_independent_and_make_all_combinations(tmp_path):
    goods = "network.demands.goods.quantity"
    events = {
        "demand": {"from": 2028, "outcomes": {"falls": {"probability": 0.25, "set": {goods: "*0.5"}}, "holds": {}}},
        "price": {"from": 2029, "outcomes": {"up": {"probability": 0.4, "set": {"network.demands.goods.value": 6}},
                                             "same": {"probability": 0.6}}},
    }  # fmt: skip
    instance = written(tmp_path / "events", plants(states={}, events=events))
    found = {leaf.name: leaf for leaf in instance.leaves()}
    assert {name: leaf.probability for name, leaf in found.items()} == approx(
        {"as-planned": 0.45, "falls": 0.15, "up": 0.3, "falls+up": 0.1}
    )
    quantity = {name: leaf.data.network.demands["goods"].quantity for name, leaf in found.items()}
    assert [float(quantity["falls+up"].at(day)) for day in _days(instance)] == [0, 1.5, 1.5]
    result = instance.solve(states="all")
    assert [(stage.periods, stage.states) for stage in result.stages[:3]] == [
        (("2027",), ("as-planned", "falls", "up", "falls+up")),
        (("2028",), ("as-planned", "up")),
        (("2028",), ("falls", "falls+up")),
    ]
    # What is not named does not come: its probability goes to the plan.
    assert {leaf.name: leaf.probability for leaf in instance.leaves(["falls"])} == {"as-planned": 0.75, "falls": 0.25}


def _days(instance):
    return [span.start for span in instance.data.horizon.calendar.spans]


def test_a_state_that_changes_the_past_is_refused_with_what_it_changes(tmp_path, capsys):
    raw = plants()
    raw["states"]["high"]["from"] = 2029
    raw["states"]["high"]["set"] = {"network.units.plant.lead": 0}
    instance = written(tmp_path / "past", raw)
    with pytest.raises(
        PastError, match=r"'high' changes the past: capacity of works in 2027 .*: network\.units\.plant\.lead"
    ):
        instance.solve(states="all")
    assert main(["solve", str(tmp_path / "past"), "--states", "all", "--out", str(tmp_path / "out")]) == 2
    assert "changes the past" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"low": {"probability": 0.4}}, "states.low.probability", "add up to 0.9 and not to one"),
        ({"low": {"probability": None}, "mid": {"probability": None}}, "states.mid", "'low' and 'mid' have no"),
        ({"low": {"probability": None}, "mid": {"probability": 0.9}}, "states.mid.probability", "more than one"),
        ({"high": {"parent": "low"}, "low": {"parent": "high"}}, "states.low.parent", "circle: low -> high -> low"),
        ({"high": {"parent": "lou"}}, "states.high.parent", "lou"),
        ({"high": {"from": 2031}}, "states.high.from", "no period begins on 2031-01-01 or later"),
        ({"high": {"from": 2020}}, "states.high.from", "before the decision date"),
        ({"high": {"from": None}}, "states.high", "has no date"),
        ({"low": {"from": 2029}, "high": {"parent": "low", "probability": 1}, "mid": {"probability": 0.5}},
         "states.high.from", "before 'low', which it follows"),
    ],
)  # fmt: skip
def test_faults_of_states_are_told_with_file_line_and_field(tmp_path, change, path, says):
    raw = plants()
    for name, fields in change.items():
        state = {**raw["states"][name], **fields}
        raw["states"][name] = {key: value for key, value in state.items() if value is not None}
    with pytest.raises(InstanceError) as caught:
        written(tmp_path / "faulty", raw)
    problem = next(problem for problem in caught.value.problems if says in problem.message)
    assert (problem.path, problem.file, problem.line is not None) == (path, "instance.yaml", True)


@pytest.mark.parametrize(
    ("sections", "path"),
    [
        ({"states": {"all": {}, "x": {"probability": 0.5, "from": 2028}}}, "states.all"),
        ({"events": {"all": {"from": 2028, "outcomes": {"x": {}}}}}, "events.all"),
        ({"events": {"e": {"from": 2028, "outcomes": {"all": {}}}}}, "events.e.outcomes.all"),
    ],
)
def test_nothing_is_called_by_the_word_for_all_of_them(tmp_path, sections, path):
    with pytest.raises(InstanceError, match="the name 'all' stands for every state and event as well") as caught:
        written(tmp_path / "all", plants(**{"states": {}, **sections}))
    assert [problem.path for problem in caught.value.problems] == [path]


def test_too_many_combinations_are_refused(tmp_path):
    outcomes = {f"o{i}": {"probability": 0.25} for i in range(4)}
    events = {f"e{n}": {"from": 2028, "outcomes": outcomes} for n in range(4)}
    with pytest.raises(InstanceError, match="make 768 combinations, and one tree has at most 200"):
        written(tmp_path / "many", plants(events=events))


def test_an_unknown_scenario_or_lever_is_told_where_it_is_written(tmp_path, capsys):
    raw = plants()
    raw["states"]["mid"]["scenario"] = "nowhere"
    raw["states"]["low"]["set"] = {"network.demands.godos.quantity": 2}
    folder = tmp_path / "unknown"
    instance = written(folder, raw)
    with pytest.raises(InstanceError, match=r"instance\.yaml:\d+: states\.mid\.scenario: there is no scenario"):
        instance.solve(states=["mid"])
    assert main(["validate", str(folder)]) == 2
    told = capsys.readouterr()
    assert "in state 'low'" in told.out + told.err
    assert "godos" in told.out + told.err
    with pytest.raises(UserError, match=r"no state or event 'hihg'.*'high'"):
        instance.solve(states=["hihg"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"risk": "cvar 90"}, "from 0 to below 1"),
        ({"risk": "cvar"}, "cvar LEVEL"),
        ({"risk": "cvr 0.9"}, "did you mean cvar"),
        ({"objective": "max_min"}, "one of a single state"),
        ({"objective": ["value:1%", "least_cost"]}, "gives up nothing for a later one"),
        ({"perspective": "owner:plant"}, "holds others to one plan"),
        ({"through_pyomo": True}, "leave out --through-pyomo"),
    ],
)
def test_options_that_no_plan_under_states_has_are_refused(tmp_path, options, says):
    with pytest.raises(OptionError, match=says):
        written(tmp_path / "plants", plants()).solve(states="all", **options)
    with pytest.raises(OptionError, match="give 'states' with it"):
        fabopt.load(tmp_path / "plants").solve(risk="worst")


def test_a_result_is_saved_and_read_and_each_of_its_states_answers_like_any_other(tmp_path, capsys):
    written(tmp_path / "plants", plants())
    out = tmp_path / "res"
    assert main(["solve", str(tmp_path / "plants"), "--states", "all", "--risk", "cvar 0.6", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("\nUnder 3 states the expected value is")
    assert "judged by cvar 0.6" in told
    again = fabopt.load_states(out)
    assert (again.run.risk, list(again.states)) == ("cvar 0.6", list(WANTED))
    assert again.objective == approx(by_brute_force("cvar 0.6")[1])
    assert main(["choke", str(out / "high")]) == 0
    assert main(["show", str(out)]) == 2
    refused = capsys.readouterr().err
    assert "a plan under several states" in refused
    assert str(out / "high") in refused
    (out / "high" / "solver.log").write_text("changed")
    with pytest.raises(ResultError, match="changed"):
        fabopt.load_states(out)


def test_no_plan_that_fits_all_states_is_told_apart_from_a_state_without_one(tmp_path):
    raw = plants()
    raw["network"]["demands"]["goods"]["required"] = True
    raw["network"]["units"]["plant"]["upper"] = [4, 8, 0]
    result = written(tmp_path / "short", raw).solve(states="all")
    assert (result.has_plan, result.status) == (False, "infeasible")
    assert any("In state 'high'" in conflict.sentence for conflict in result.conflicts)


def test_states_that_each_need_another_beginning_have_no_plan_together(tmp_path):
    raw = {
        "horizon": {"start": 2027, "periods": 2, "period": "year"},
        "network": {
            "materials": {"goods": {"disposal": False, "final": 0}},
            "activities": {"make": {"outputs": {"goods": 1}, "upper": [9, 0]}},
            "demands": {"goods": {"quantity": [0, 1], "required": True}},
        },
        "states": {
            "one": {},
            "two": {"probability": 0.5, "from": 2028, "set": {"network.demands.goods.quantity.1": 2}},
        },
    }
    instance = written(tmp_path / "apart", raw)
    assert [instance.in_state(leaf).solve().has_plan for leaf in instance.leaves()] == [True, True]
    (why,) = instance.solve(states="all").conflicts
    assert "none of these begins as one of every other state does" in why.sentence


def test_facts_of_an_earlier_plan_stand_where_the_numbers_of_now_would_have_made_less(tmp_path):
    raw = {
        "horizon": {"start": 2027, "periods": 2, "period": "year"},
        "network": {
            "materials": {"goods": {}},
            "activities": {"make": {"outputs": {"goods": 0.5}, "upper": [10, 0]}},
            "demands": {"goods": {"quantity": [0, 100], "value": 1}},
        },
        "pins": {
            "activities": {"make": {"2027": 10}},
            "stocks": {"goods": {"2027": 8}},
            "deliveries": {"goods": {"2027": 0}},
            "done_until": "2028",
        },
    }
    assert written(tmp_path / "facts", raw).solve().objective == approx(8)
    raw["pins"]["stocks"]["goods"]["2027"] = 4  # what was not kept was thrown away
    assert written(tmp_path / "less", raw).solve().objective == approx(4)
