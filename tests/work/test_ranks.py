"""Ranks of MPI: rank 0 alone speaks, the answer is that of one process, and an error ends all of them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fabopt.cli import main
from fabopt.solve.work.ranks import RanksError
from fabopt.solve.work.where import executor_of

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
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
        "[(0, 0), (7, 1), (14, 0), (21, 1), (28, 0)]", "Item -1 has no answer.", "[(56, 0)]",
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


def test_ranks_without_mpi4py_are_refused_with_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert main(["solve", str(FARMER), "--states", "all", "--method", "lshaped", "--scheduler", "mpi"]) == 2
    assert 'python -m pip install "fabopt[mpi]"' in capsys.readouterr().err


def test_ranks_that_no_command_leads_are_refused():
    with pytest.raises(RanksError, match="mpiexec -n 4 fabopt solve"):
        executor_of(scheduler="mpi")
