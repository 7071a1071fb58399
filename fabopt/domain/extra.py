"""Kinds of things that are added to a program that runs: an instance then has a section for them.

``add_kind`` puts a kind into the registry and opens the schema to it: its section in an instance, and its ids where
policies split, contracts trade and contracts unlock things. How it is lowered stands in a table of the network
(`fabopt.network.lowering.kinds.LOWERING`). ``drop_kind`` takes it away again. Instances that were read before keep the
sections they had.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo

from fabopt.domain.base import Named
from fabopt.domain.contracts import Contract, Goods, Unlocks, name_goods
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS, Kind
from fabopt.domain.policies import Policy, Splits, name_splits


def add_kind(kind: Kind) -> None:
    """Add a kind of thing to the registry and to the schema of an instance.

    Parameters
    ----------
    kind
        The kind; it has a schema.

    Raises
    ------
    ValueError
        If a kind or a section of that name is there, or it has no schema.
    """
    if kind.name in KINDS or kind.section in Instance.model_fields or kind.schema is None:
        raise ValueError(f"a kind needs a schema, and a name and a section of its own: {kind.name}, {kind.section}")
    KINDS[kind.name] = kind
    named: Any = Named
    section: Any = Field(default_factory=dict, description=f"{kind.many.capitalize()}.")
    Instance.model_fields[kind.section] = FieldInfo.from_annotated_attribute(named[kind.schema], section)
    _rebuild()


def drop_kind(name: str) -> None:
    """Take a kind that was added out of the registry and of the schema again."""
    del Instance.model_fields[KINDS.pop(name).section]
    _rebuild()


def _rebuild() -> None:
    """Name the things of all kinds where rules speak of them, and build what validates an instance anew."""
    name_splits()
    name_goods()
    for record in (Splits, Goods, Unlocks, Policy, Contract, Instance):
        record.model_rebuild(force=True)
