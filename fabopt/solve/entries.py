"""Entries of a sparse matrix by their places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.network.tables import Array


def places(a: sparse.csc_array) -> IntArray:
    """Return ``row + rows * column`` of every entry [nnz], ascending where the indices are sorted."""
    columns = np.repeat(np.arange(a.shape[1], dtype=np.int64), np.diff(a.indptr))
    return a.indices + a.shape[0] * columns


def find(a: sparse.csc_array, at: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Return where the entries of places stand in the data of a matrix, and whether there is one [places]."""
    there = places(a)
    if not len(there):
        return np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=bool)
    order = np.argsort(there, kind="stable")
    spots = order[np.minimum(np.searchsorted(there, at, sorter=order), len(order) - 1)]
    return spots, there[spots] == at


def with_entries(a: sparse.csc_array, at: IntArray, new: Array) -> sparse.csc_array:
    """Return a matrix with new values at places; what is zero is left out."""
    if not len(at):
        return a
    there, value = places(a), a.data
    keep = ~np.isin(there, at)
    place, value = np.concatenate([there[keep], at]), np.concatenate([value[keep], new])
    column, row = np.divmod(place, a.shape[0])
    given = value != 0
    changed = sparse.csc_array((value[given], (row[given], column[given])), shape=a.shape)
    changed.sort_indices()
    return changed
