"""Text that may be shown: without signs that steer a terminal or turn the order of letters round."""

from __future__ import annotations

import unicodedata

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing: what is read is then not what stands there."""


def printable(text: str, keep: str = "") -> str:
    """Return text with every sign that is no visible letter replaced by a question mark, but for those to be kept."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() or ch in keep else "?" for ch in text)


def steering(text: str) -> str:
    """Return the name of the first sign in a text that steers instead of being read, or an empty text.

    These are control characters other than the ends of lines and tabs, halves of surrogate pairs, and signs that turn
    the direction of writing.
    """
    if text.isprintable():
        return ""
    for ch in text:
        if (unicodedata.category(ch) in ("Cc", "Cs") and ch not in "\n\t\r") or ch in _TURNING:
            return f"U+{ord(ch):04X}"
    return ""
