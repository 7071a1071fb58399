"""Records that name things of one kind or more by id: one field for each kind that may stand there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field
from pydantic.fields import FieldInfo

from fabopt.domain.base import Record, Slug


class Things(Record):
    """Things by id; which kinds may stand here is said by the registry of kinds."""

    keys: ClassVar[tuple[str, ...]] = ()
    """Fields that name things."""

    @classmethod
    def of(cls, kind: str, names: tuple[str, ...]) -> Self:
        """Return things of one kind."""
        return cls.model_validate({kind: names})

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of things that are named."""
        return tuple(key for key in self.keys if getattr(self, key))

    @property
    def kind(self) -> str:
        """The first kind of thing that is named."""
        return self.kinds[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The things that are named."""
        return tuple(name for kind in self.kinds for name in getattr(self, kind))

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Kind and id of everything that is named."""
        return tuple((kind, name) for kind in self.kinds for name in getattr(self, kind))


def name_things(record: type[Things], says: Mapping[str, str]) -> None:
    """Give a record of things one field for each kind, with what it is, in the place of those it had."""
    fields = record.model_fields
    for key in record.keys:
        del fields[key]
    for key, meaning in says.items():
        fields[key] = FieldInfo.from_annotated_attribute(tuple[Slug, ...], Field(default=(), description=meaning))
    record.keys = tuple(says)
