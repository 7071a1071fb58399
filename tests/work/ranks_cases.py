"""What ranks of MPI do in tests, each a command of its own: ``mpiexec -n 2 python ranks_cases.py NAME``."""

from __future__ import annotations

import sys

from mpi4py import MPI

from fabopt.errors import UserError
from fabopt.solve.outcome import SolverError
from fabopt.solve.work.executor import Job, answers
from fabopt.solve.work.ranks import Ranks, led


def begin(factor: int):
    def do(item: int) -> tuple[int, int]:
        if item < 0:
            raise SolverError(f"Item {item} has no answer.")
        return factor * item, MPI.COMM_WORLD.rank

    return do


def items() -> int:
    with Ranks().crew(Job("item", begin, 7)) as crew:
        print(answers(crew, [0, 1, 2, 3, 4]))
        try:
            answers(crew, [5, -1, 6])
        except SolverError as error:
            print(error)
        with Ranks().crew(Job("item", begin, 10)) as other:
            print(answers(other, [1, 2]))
        print(answers(crew, [8]))
    return 3


def fails_on_rank_1() -> None:
    if MPI.COMM_WORLD.rank == 1:
        raise UserError("Rank 1 has nothing to give.")
    MPI.COMM_WORLD.recv(source=1)


def fails_on_rank_0() -> None:
    if MPI.COMM_WORLD.rank == 0:
        raise UserError("Rank 0 has nothing to give.")
    MPI.COMM_WORLD.recv(source=0, tag=7)


def told(function) -> int:
    try:
        Ranks().together(function)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


CASES = {"items": items, "rank-1": lambda: told(fails_on_rank_1), "rank-0": lambda: told(fails_on_rank_0)}

if __name__ == "__main__":
    import ranks_cases  # functions go by the names of their module

    sys.exit(led(ranks_cases.CASES[sys.argv[1]]))
