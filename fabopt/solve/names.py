"""Names of rows and columns in files of other programs, and the way back to the record.

Files of the kinds MPS and LP know no blanks, brackets, hyphens or colons in a name. A name here is the family or block
and the parts of the key, joined by points: ``capacity.starts@tsmc_n3.2027Q1``. Within a part a hyphen becomes an
underscore and a colon an ``@``; anything else that is neither letter nor digit becomes ``~`` and two hexadecimal digits
a byte of UTF-8. So names are unique where keys are, and are read back without a table.
"""

from __future__ import annotations

import re

LONGEST = 255
"""Characters of a name that the common readers take."""

LOWER, UPPER = "~lo", "~up"
"""What ends the names of the two rows that a row with two sides becomes in a file of the kind LP."""

_WRITTEN = re.compile(r"[^A-Za-z0-9:-]")
_SWAPPED = str.maketrans("-:", "_@")
_BACK = str.maketrans("_@", "-:")
_READ = re.compile(r"(?:~[0-9a-f]{2})+")


def written(name: str, key: tuple[str, ...]) -> str:
    """Return the name of a row or column in a file.

    Parameters
    ----------
    name
        Family of the row, or block of the column.
    key
        Its key, as in the tables.
    """
    return ".".join((name, *(_WRITTEN.sub(_escaped, part).translate(_SWAPPED) for part in key)))


def read(text: str) -> tuple[str, tuple[str, ...]]:
    """Return family or block, and key, of a name in a file: what :func:`written` was given."""
    name, *parts = text.removesuffix(LOWER).removesuffix(UPPER).split(".")
    return name, tuple(_READ.sub(_unescaped, part.translate(_BACK)) for part in parts)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"~{byte:02x}" for byte in match[0].encode())


def _unescaped(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("~", "")).decode()
