"""Parts of a memo's record as data frames."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fabopt.analysis.memo.records import Amount, Memo, Signature
from fabopt.report.memo.errors import MemoError
from fabopt.report.memo.people import People, step_of
from fabopt.report.memo.words import word, words
from fabopt.report.text import Table

if TYPE_CHECKING:
    import pandas as pd


def parts(memo: Memo) -> tuple[str, ...]:
    """Return the names of the parts of a memo that are rows of records."""
    return tuple(f.name for f in fields(memo) if isinstance(getattr(memo, f.name), tuple))


def frame(memo: Memo, part: str) -> pd.DataFrame:
    """Return a part as a table: an amount is its value, with its unit in a column of its own.

    Raises
    ------
    MemoError
        When the memo has no such part.
    """
    import pandas as pd

    known = parts(memo)
    if part not in known:
        near = difflib.get_close_matches(part, known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise MemoError(f"A memo has no table '{part}'; {hint}There are {', '.join(known)}.")
    return pd.DataFrame([_row(record) for record in getattr(memo, part)])


def _row(record: Any) -> Mapping[str, Any]:
    row: dict[str, Any] = {}
    for name in (f.name for f in fields(record)):
        value = getattr(record, name)
        if isinstance(value, Amount):
            row |= {name: value.value, f"{name} unit": value.unit_text if value.unit == "as written" else value.unit}
        elif hasattr(value, "__dataclass_fields__"):
            row |= {f"{name} {key}": item for key, item in _row(value).items()}
        else:
            row[name] = value
    return row


def signature_table(memo: Memo) -> Table:
    """Return what is advised to sign, and of what enough is needed from any, for a terminal: each row an order."""
    people = People("en", step_of([memo.until]))
    without = words("en")["text"]["no plan without"]

    def row(s: Signature, by: str, loss: Amount | None) -> tuple[object, ...]:
        lost = without if loss is None else people.amount(loss)
        return _what(s, people), _from(s, memo), people.amount(s.amount, noun=False), people.period(by), lost

    rows: list[tuple[object, ...]] = [row(s, s.decide_by, s.without) for s in memo.advice]
    for some, members in memo.some_of:
        rows.append((f"Of {word('en', 'outlay', some.goods)}, enough from any; the loss is that without any of them",))
        rows += [row(s, some.decide_by, some.without) for s in members]
    return Table("What to sign", ("what", "from", "how much", "sign by", "if never, loses"), rows, 2)


def _what(signature: Signature, people: People) -> str:
    said = words("en")["text"]
    power = said["site power"] if signature.kind == "power" else ""
    when = said["one order"].format(when=people.short_period(signature.planned)) if signature.one_of_several else ""
    return f"{signature.what}{power}{when}"


def _from(signature: Signature, memo: Memo) -> str:
    if signature.supplier != memo.name:
        return signature.supplier
    said, others = words("en")["text"], len(signature.part_suppliers)
    parts = said["parts from"].format(count=others) if others else ""
    return said["own build"].format(lab=memo.name) + parts
