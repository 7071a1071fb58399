"""What must hold of expansions, wherever an instance has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from fabopt.domain.base import Fault, Path, Record, by_fields
from fabopt.domain.expansion import Conversion, Expansion
from fabopt.domain.instance import Instance
from fabopt.domain.references import nearest


def expansion_faults(instance: Instance) -> Iterator[Fault]:
    """Yield what does not fit together in each expansion of an instance."""
    for path, expansion in expansions(instance):
        yield from (fault.under(*path) for fault in expansion.faults())
        for name in expansion.needs:
            if name not in instance.components:
                message = f"there is no component '{name}'"
                yield Fault((*path, "needs", name), message, nearest(name, instance.components))
        if isinstance(expansion, Conversion):
            section, here = str(path[0]), path[1]
            others = [name for name in getattr(instance, section) if name != here]
            if expansion.to not in others:
                message = f"'{expansion.to}' is none of the other {section.replace('_', ' ')}"
                yield Fault((*path, "to"), message, nearest(expansion.to, others))


def expansions(instance: Instance) -> Iterator[tuple[Path, Expansion[Any]]]:
    """Yield each expansion of an instance with its path."""
    return _inside((), instance)


def _inside(path: Path, part: object) -> Iterator[tuple[Path, Expansion[Any]]]:
    if isinstance(part, Expansion):
        yield path, part
    elif isinstance(part, Record):
        for name in _leading(type(part)):
            yield from _inside((*path, name), getattr(part, name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _inside((*path, key), value)


@by_fields
def _leading(record: type[Record]) -> tuple[str, ...]:
    """Return the fields of a record in which an expansion can stand."""
    return tuple(name for name, field in record.model_fields.items() if _leads(field.annotation))


def _leads(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return issubclass(annotation, Expansion) or bool(_leading(annotation))
    return any(_leads(inner) for inner in get_args(annotation))
