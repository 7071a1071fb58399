"""Instances and results as values: equal by content, told apart, pickled, and handed out as Pyomo models."""

import pickle

import pyomo.environ as pyo
import pytest

import fabopt
from fabopt.model.families import ModelError

TUTORIAL, GIAPETTO = "instances/tutorial", "instances/textbook/giapetto"


@pytest.fixture(scope="module")
def result():
    return fabopt.load(TUTORIAL).solve(threads=1)


def capped(m, model):
    m.more = pyo.Var(domain=pyo.NonNegativeReals, bounds=(0, 7))
    m.cap = pyo.Constraint(expr=m.more == 3)


def test_instances_are_equal_by_content(tmp_path):
    plain, again = fabopt.load(GIAPETTO), fabopt.load(GIAPETTO)
    assert plain == again
    assert len({plain, again}) == 1
    moved = plain.with_({"network.resources.finishing.capacity": 90})
    assert moved != plain
    assert moved.with_({"network.resources.finishing.capacity": 100}) == plain


def test_what_differs_is_told_by_lever():
    plain = fabopt.load(GIAPETTO)
    (row,) = plain.diff(plain.with_({"network.resources.finishing.capacity": 150})).to_dict("records")
    assert row["path"] == "network.resources.finishing.capacity"
    assert row["here"].startswith("100")
    assert row["there"].startswith("150")
    assert row["factor"] == pytest.approx(1.5)
    assert plain.diff(plain).empty


def test_a_result_knows_its_instance(result):
    assert result.instance == fabopt.load(TUTORIAL)
    assert fabopt.load(TUTORIAL, "hbm-squeeze").solve(threads=1).instance.scenario == "hbm-squeeze"


def test_fresh_and_loaded_results_survive_a_pickle(result, tmp_path):
    result.choke_points(budget=0.1, draws=0)  # a study has made what no pickle takes
    for one in (result, fabopt.load_result(result.save(tmp_path / "plan"))):
        again = pickle.loads(pickle.dumps(one))
        assert again.run == one.run
        assert again.table("orders").equals(one.table("orders"))
        assert again.plan.solved.objective == pytest.approx(one.objective)


def test_the_model_of_a_result_has_the_values_of_its_plan(result, tmp_path):
    model = result.model()
    (objective,) = model.pyomo.component_data_objects(pyo.Objective, active=True)
    assert pyo.value(objective) + result.run.constant_value == pytest.approx(result.objective, rel=1e-9)
    for row in model.pyomo.component_data_objects(pyo.Constraint, active=True):
        body = pyo.value(row.body)
        size = max(1.0, abs(body))
        assert row.lower is None or body >= pyo.value(row.lower) - 1e-6 * size, row.name
        assert row.upper is None or body <= pyo.value(row.upper) + 1e-6 * size, row.name
    model.to_file(tmp_path / "plan.lp")
    assert "capacity" in (tmp_path / "plan.lp").read_text()


def test_the_model_of_a_result_has_what_its_hooks_added():
    solved = fabopt.load(GIAPETTO).solve(extra=[capped])
    assert pyo.value(solved.model().pyomo.more) == pytest.approx(3)


def test_a_model_is_written_in_no_form_that_nobody_knows(tmp_path):
    with pytest.raises(ModelError, match=r"not as 'plan\.xyz'"):
        fabopt.load(GIAPETTO).model().to_file(tmp_path / "plan.xyz")
