"""Programs as files: what HiGHS reads from them is the program, and every name leads back to its record."""

from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases import workshop
from random_networks import random_network

import fabopt
from fabopt.cli import main
from fabopt.model.families import ModelError
from fabopt.network.tables import GroupLimit, Term
from fabopt.solve.export import WRITERS, Named, lp, mps, program_text
from fabopt.solve.formulate import formulate
from fabopt.solve.names import read, written
from fabopt.solve.options import OptionError, SolveOptions
from fabopt.solve.run import solve

INSTANCES = Path(__file__).parents[2] / "instances"
SMALL = sorted(
    path.parent
    for path in INSTANCES.glob("**/instance.yaml")
    if path.parent.name not in ("frontier", "gigawatt", "backcast")
)
ENDINGS = sorted(WRITERS)
approx = pytest.approx


def opened(text, ending, tmp_path):
    """HiGHS with the file as it reads it."""
    file = tmp_path / f"program{ending}"
    file.write_text(text, encoding="ascii")  # nothing but ASCII stands in it
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    return highs


def matrix_of(highs):
    """The rows of a HiGHS object by name: bounds, and coefficients by the name of the column."""
    lp = highs.getLp()
    found = {name: (lo, up, {}) for name, lo, up in zip(lp.row_names_, lp.row_lower_, lp.row_upper_, strict=True)}
    start, index, value = (np.array(part) for part in (lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_))
    for j, name in enumerate(lp.col_names_):
        for k in range(start[j], start[j + 1]):
            found[lp.row_names_[index[k]]][2][name] = value[k]
    return found


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("net", [random_network(2), random_network(7), fabopt.load(INSTANCES / "tutorial").network])
def test_what_highs_reads_is_the_program_to_the_last_bit_and_under_names_that_lead_back(net, ending, tmp_path):
    made = formulate(net)
    program = made.program
    highs = opened(program_text(net, ending, SolveOptions()), ending, tmp_path)
    lp = highs.getLp()
    keys = [(block.name, key) for block in made.tables.columns for key in block.keys]
    order = [keys.index(read(name)) for name in lp.col_names_]
    assert sorted(order) == list(range(len(keys)))
    assert list(lp.col_cost_) == program.cost[order].tolist()
    assert list(lp.col_lower_) == program.column_lower[order].tolist()
    assert list(lp.col_upper_) == program.column_upper[order].tolist()
    whole = [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] or [False] * len(order)
    assert whole == program.integer[order].tolist()
    assert lp.offset_ == net.constant_value
    expected = {}
    for i, label in enumerate(program.labels):
        row = program.a[[i], :].tocoo()
        body = {written(*keys[c]): v for c, v in zip(row.coords[1], row.data, strict=True)}
        expected[label] = (program.row_lower[i], program.row_upper[i], body)
    joined = {}
    for name, (low, high, body) in matrix_of(highs).items():
        before = joined.get(read(name), (-np.inf, np.inf, body))
        joined[read(name)] = (max(low, before[0]), min(high, before[1]), body)
    assert joined == expected


@pytest.mark.parametrize("folder", SMALL, ids=lambda f: f.name)
def test_the_optimum_of_the_file_is_that_of_the_instance(folder, tmp_path):
    instance = fabopt.load(folder)
    solved = instance.solve(gap=1e-9)
    for ending in ENDINGS:
        instance.export(tmp_path / f"it{ending}")
        highs = opened((tmp_path / f"it{ending}").read_text(), ending, tmp_path)
        highs.setOptionValue("mip_rel_gap", 1e-9)
        highs.run()
        assert highs.getInfo().objective_function_value == approx(solved.objective, rel=1e-6, abs=1e-6)


@pytest.mark.slow
def test_the_large_instance_is_read_back_with_all_its_names(tmp_path):
    net = fabopt.load(INSTANCES / "frontier").network
    made = formulate(net)
    for ending in ENDINGS:
        found = opened(program_text(net, ending, SolveOptions()), ending, tmp_path).getLp()
        keys = {(block.name, key) for block in made.tables.columns for key in block.keys}
        assert {read(name) for name in found.col_names_} == keys
        assert {read(name) for name in found.row_names_} == set(made.program.labels)
        assert len(found.col_names_) == len(keys) == made.program.n_columns
        assert sum(found.col_cost_) == approx(made.program.cost.sum())


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "compute"},
        {"objective": "least_cost"},
        {"objective": "max_min"},
        {"objective": "time_to_compute", "target": 20.0},
    ],
)
def test_another_objective_has_its_own_columns_rows_and_sense(options, tmp_path):
    net = fabopt.load(INSTANCES / "tutorial").network
    solution = solve(net, SolveOptions(**options, gap=1e-6))
    for ending in ENDINGS:
        highs = opened(program_text(net, ending, SolveOptions(**options)), ending, tmp_path)
        highs.setOptionValue("mip_rel_gap", 1e-9)
        highs.run()
        assert highs.getInfo().objective_function_value == approx(solution.stages[0].objective, rel=1e-5, abs=1e-5)


def test_a_row_with_two_sides_or_without_variables_and_a_fixed_free_or_empty_column_are_read_back(tmp_path):
    # 10 can be made, of which between 2 and 7 are to be made; another limit says 0 <= 1 whatever is decided.
    net = workshop(1, (10,), (10,))
    one = np.ones(1)
    start = (Term("activity", "make", one),)
    groups = (
        GroupLimit("floor", "Floor", "unit", ">=", ((0,),), 2 * one, start),
        GroupLimit("cap", "Cap", "unit", "<=", ((0,),), 7 * one, start),
        GroupLimit("nothing", "Nothing", "unit", "<=", ((0,),), one, ()),
    )
    net = replace(net, groups=groups)
    for ending in ENDINGS:
        highs = opened(program_text(net, ending, SolveOptions()), ending, tmp_path)
        highs.run()
        assert highs.getInfo().objective_function_value == approx(solve(net).objective)
        assert {read(name)[1][0] for name in highs.getLp().row_names_} >= {"floor", "cap", "nothing"}


def test_two_sides_of_one_row_lead_back_to_it(tmp_path):
    program = formulate(workshop(1, (10,), (10,))).program
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    lower[0], upper[0] = -3.0, 4.5
    program = replace(program, row_lower=lower, row_upper=upper)
    columns = tuple(f"x{j}" for j in range(program.n_columns))
    rows = tuple(written(*label) for label in program.labels)
    named = Named("two", program, columns, rows, program.cost.tolist(), 2.5, 1.0)
    for write, ending in ((mps, ".mps"), (lp, ".lp")):
        highs = opened("\n".join(write(named)) + "\n", ending, tmp_path)
        sides = [row[:2] for name, row in matrix_of(highs).items() if read(name) == program.labels[0]]
        assert (max(low for low, _ in sides), min(high for _, high in sides)) == (-3.0, 4.5)
        assert highs.getLp().offset_ == 2.5


@given(st.text("abcXYZ", min_size=1), st.lists(st.text(max_size=12), max_size=4))
def test_every_name_is_read_back_and_holds_nothing_that_a_file_does_not_allow(name, parts):
    made = written(name, tuple(parts))
    assert read(made) == (name, tuple(parts))
    assert read(made + "~lo") == read(made + "~up") == (name, tuple(parts))
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@~")


def test_names_are_readable():
    assert written("capacity", ("starts:tsmc-n3", "2027Q1")) == "capacity.starts@tsmc_n3.2027Q1"
    assert written("budget", ("a b", "2027Q1..2027Q4")) == "budget.a~20b.2027Q1~2e~2e2027Q4"


def test_a_name_that_no_file_takes_and_a_perspective_are_refused():
    net = workshop(1, (10,), (10,))
    long = replace(net, groups=(GroupLimit("x" * 260, "", "", "<=", ((0,),), np.ones(1), ()),))
    with pytest.raises(ModelError, match=r"has \d+ characters; files of this kind take 255"):
        program_text(long, ".lp", SolveOptions())
    with pytest.raises(OptionError, match="a file holds the program of the whole system"):
        program_text(net, ".mps", SolveOptions(perspective="lab:aurora"))


# -- the command line --------------------------------------------------------------------------------------------------


def test_export_writes_both_files_of_an_instance_and_of_its_result(tmp_path, capsys):
    files = {ending: tmp_path / f"plain{ending}" for ending in ENDINGS}
    source = INSTANCES / "textbook" / "giapetto"
    assert main(["export", str(source), "--mps", str(files[".mps"]), "--lp", str(files[".lp"])]) == 0
    assert capsys.readouterr().out == "".join(f"program written to {files[e]}\n" for e in (".mps", ".lp"))
    solved = tmp_path / "solved"
    assert main(["solve", str(source), "--objective", "max_min", "--out", str(solved)]) == 0
    again = tmp_path / "again.mps"
    assert main(["export", str(solved), "--mps", str(again)]) == 0
    assert "least_share" not in files[".mps"].read_text()
    assert "least_share" in again.read_text()  # the program of the objective that the result was solved for


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to write: --xlsx FILE, --mps FILE or --lp FILE"),
        (["--mps", "a.lp"], "a.lp is no name of a program: it ends in .mps"),
        (["--lp", "nowhere/a.lp"], "No such file or directory"),
    ],
)
def test_export_refuses_what_it_cannot_write(arguments, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(INSTANCES / "textbook" / "giapetto"), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "a.mps"
    file.write_text("what stood there")

    def breaks(*_):
        yield "NAME x"
        raise RuntimeError("in the middle")

    monkeypatch.setitem(WRITERS, ".mps", breaks)
    with pytest.raises(RuntimeError, match="in the middle"):
        fabopt.load(INSTANCES / "textbook" / "giapetto").export(file)
    assert file.read_text() == "what stood there"
    assert list(tmp_path.iterdir()) == [file]
