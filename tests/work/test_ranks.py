"""Ranks of MPI: rank 0 alone speaks, the answer is that of one process, and an error ends all of them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from operator import mul
from pathlib import Path
from types import SimpleNamespace

import pytest

from fabopt.cli import main
from fabopt.solve.work.executor import Job, answers
from fabopt.solve.work.ranks import Ranks, RanksError, _State
from fabopt.solve.work.where import executor_of

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
DAKOTA = ROOT / "instances" / "textbook" / "dakota"
FARMER = ROOT / "instances" / "stochastic" / "farmer"
BESIDE = Path(sys.executable).parent
MPIEXEC = shutil.which("mpiexec", path=f"{BESIDE}{os.pathsep}{os.environ.get('PATH', '')}")

with_mpi = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None or importlib.util.find_spec("mpisppy") is None,
    reason="needs mpiexec, mpi4py and mpi-sppy",
)


def on_ranks(n, *command):
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    for name in ("PRTE_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT"):
        env |= {name: "1", f"{name}_CONFIRM": "1"}
    return subprocess.run(
        [MPIEXEC, "-n", str(n), sys.executable, *command], env=env, capture_output=True, text=True, timeout=300
    )


def multiplier(factor):
    return partial(mul, factor)


@pytest.mark.slow
@with_mpi
@pytest.mark.parametrize(("method", "ranks", "gap"), [("hedging", 2, 1e-3), ("lshaped", 4, 0.0)])
def test_over_ranks_one_of_them_speaks_and_the_answer_is_that_of_one_process(method, ranks, gap, tmp_path, capsys):
    """The farmer's optimum is 108,390 (Birge and Louveaux); he has three states, and so work for three ranks."""
    asked = ["solve", str(FARMER), "--states", "all", "--method", method, "--json"]
    done = on_ranks(ranks, "-m", "fabopt", *asked, "--scheduler", "mpi", "--out", str(tmp_path / "ranks"))
    assert (done.returncode, done.stderr) == (0, "")
    assert main([*asked, "--out", str(tmp_path / "one")]) == 0
    there, here = json.loads(done.stdout), json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "ranks"]
    assert there["objective"] <= 108_390 + 1e-3
    assert there["bound"] >= 108_390 - 1e-3
    assert there["bound"] - there["objective"] <= gap * 108_390 + 1e-3
    assert (there["objective"], there["bound"]) == pytest.approx((here["objective"], here["bound"]), rel=1e-6)


@pytest.mark.slow
@with_mpi
def test_items_go_over_the_ranks_and_an_error_of_one_is_raised_on_rank_0_which_goes_on():
    done = on_ranks(2, str(HERE / "ranks_cases.py"), "items")
    assert done.stdout.splitlines() == [
        "[(0, 0), (7, 1), (14, 0), (21, 1), (28, 0)]", "Item -1 has no answer.", "[(10, 0), (20, 1)]", "[(56, 0)]",
    ]  # fmt: skip
    assert done.returncode == 3


@pytest.mark.slow
@with_mpi
@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_where_ranks_work_together_ends_all_with_its_message_and_exit_code(rank):
    done = on_ranks(2, str(HERE / "ranks_cases.py"), f"rank-{rank}")
    assert done.returncode == 2
    assert done.stderr.count(f"Rank {rank} has nothing to give.") == 1
    assert "Traceback" not in done.stderr


def test_crews_that_stand_at_a_time_have_each_their_own_plan(monkeypatch):
    alone = SimpleNamespace(rank=0, size=1, gather=lambda made: [made])
    monkeypatch.setattr("fabopt.solve.work.ranks.mpi", lambda: SimpleNamespace(COMM_WORLD=alone))
    monkeypatch.setattr("fabopt.solve.work.ranks._State.leads", True)
    outer, inner = (Job("item", multiplier, factor) for factor in (7, 10))
    with Ranks().crew(outer) as first:
        with Ranks().crew(inner) as second:
            assert [answers(crew, [1, 2]) for crew in (first, second, first)] == [[7, 14], [10, 20], [7, 14]]
        assert answers(first, [3]) == [21]
    assert not _State.does


def test_a_number_of_processes_goes_with_no_scheduler(capsys):
    command = ["choke", str(DAKOTA), "--workers", "2", "--scheduler", "tcp://10.0.0.5:8786"]
    assert main(command) == 2
    assert "leave out one of the two" in " ".join(capsys.readouterr().err.split())


def test_ranks_without_mpi4py_are_refused_with_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert main(["solve", str(FARMER), "--states", "all", "--method", "lshaped", "--scheduler", "mpi"]) == 2
    assert 'python -m pip install "fabopt[mpi]"' in capsys.readouterr().err


def test_ranks_that_no_command_leads_are_refused():
    with pytest.raises(RanksError, match="mpiexec -n 4 fabopt solve"):
        executor_of(scheduler="mpi")
