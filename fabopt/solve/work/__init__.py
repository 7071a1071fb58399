"""Work that is made of many items: done in one process, over processes or on a cluster, and kept as it is finished."""

RANKS = "mpi"
"""What stands for the ranks of MPI where the address of a scheduler is asked for."""
