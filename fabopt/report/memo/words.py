"""Fixed words of the memo's records in the memo's language, and what names of limits mean there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from fabopt.domain.kinds import KINDS
from fabopt.domain.unit_words import unit_words
from fabopt.model.words import record_of

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}
"""Languages that memos are written in, by code."""

LISTS = (
    "result_status", "signature_kind", "confidence", "chip_standing", "limit_kind", "limit_status", "instrument",
    "verdict", "supplier_kind", "loss_note", "alternative", "mix_kind", "outlay", "measure", "analysis",
    "hedge_verdict", "option",
)  # fmt: skip
"""Lists of fixed words."""


@cache
def words(lang: str) -> Mapping[str, Mapping[str, str]]:
    """Return the lists of words of a language, each from the records' word to the memo's.

    The list ``text`` holds the phrases of the template, ``chart`` the words of the pictures.
    """
    import yaml

    text = resources.files("fabopt.report.memo").joinpath("templates", f"words.{lang}.yaml").read_text("utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return words


def word(lang: str, of: str, key: str) -> str:
    """Return a fixed word; one that the lists do not have (an instance may name its own instrument) as it stands.

    Who makes things of a kind that the lists do not know is called by the word of the kind.
    """
    known = words(lang)[of]
    if key not in known and of == "supplier_kind" and key in KINDS:
        return f"{KINDS[key].chinese}厂商" if lang == "zh" else f"{KINDS[key].one} maker"
    return known.get(key, key)


_SIZE = re.compile(r", size (\d+)")


@cache
def _glossary(lang: str) -> tuple[Mapping[str, str], Any]:
    entries = words(lang).get("glossary", {})
    longest = sorted(entries, key=len, reverse=True)
    ends = "|".join(re.escape(entry) for entry in longest)
    return entries, re.compile(rf"(?<![\w-])(?:{ends})(?![\w-])") if entries else None


def limit_name(lang: str, label: str) -> str:
    """Return the name of a limit in the memo's words, English ones replaced where the language has a glossary."""
    entries, pattern = _glossary(lang)
    found = ((said.fullmatch(label), meant) for said, meant in _told(lang, "limit"))
    label = next((meant.format(*parts.groups()) for parts, meant in found if parts), label)
    if pattern is None:
        return label
    said: str = pattern.sub(lambda match: entries[match.group()], label)
    return _SIZE.sub(r"（规模 \1）", said)


def per_unit(lang: str, family: str, unit: str) -> str:
    """Return what stands behind the price of a limit: ``per MW``, and what one of it is one of."""
    said, record = words(lang)["per"], record_of(family)
    return said["per"].format(
        said.get(record.per, record.per).format(unit=unit_name(lang, unit, one=True) or said["unit"])
    )


def unit_name(lang: str, unit: str, one: bool = False) -> str:
    """Return the name of a unit of the data; ``one`` where it stands behind "per"."""
    return words(lang).get("units", {}).get(unit) or (unit_words(unit, one) if lang == "en" else unit)


@cache
def _phrases(lang: str) -> tuple[Mapping[str, str], Any]:
    entries = words(lang).get("origins", {})
    whole = (
        re.escape(entry) + (r"(?![\w:-])" if entry[-1].isalpha() else "")
        for entry in sorted(entries, key=len, reverse=True)
    )
    return entries, re.compile("|".join(whole)) if entries else None


def origin_name(lang: str, origin: str) -> str:
    """Return where a number comes from, its English phrases replaced; names of tables and data stand as they are."""
    entries, pattern = _phrases(lang)
    return origin if pattern is None else pattern.sub(lambda match: entries[match.group()], origin)


_PLACE = re.compile(r"\\\{\d\\\}")


@cache
def _told(lang: str, of: str) -> tuple[tuple[Any, str], ...]:
    """Return the texts of a list as patterns, each with what is said for it; they are told as they stand in English."""
    entries = {said: said for one in LANGUAGES for said in words(one).get(of, {})} | dict(words(lang).get(of, {}))
    return tuple((re.compile(_PLACE.sub("(.*?)", re.escape(said))), meant) for said, meant in entries.items())


def _analysis(text: str) -> tuple[str, str]:
    """Return the analysis that left something out, empty where none is named, and what."""
    analysis, colon, what = text.partition(": ")
    return (analysis, what) if colon and analysis in words("en")["analysis"] else ("", text)


def undone(lang: str, text: str, names: Mapping[str, str] | None = None) -> str:
    """Return what was left out, ``ANALYSIS: WHAT``, in the words of a language, ids by their names."""
    analysis, what = _analysis(text)
    if analysis:
        return f"{word(lang, 'analysis', analysis)}{words(lang)['text']['colon']}{undone(lang, what, names)}"
    for said, meant in _told(lang, "undone"):
        if found := said.fullmatch(text):
            return meant.format(*(undone(lang, part, names) for part in found.groups()))
    kinds, name = words(lang)["mix_kind"], (names or {}).get(text, text)
    return kinds[text] if text in kinds else limit_name(lang, name) if " " in name else name  # an id stands as it is


def all_undone(lang: str, texts: Iterable[str], names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return all that was left out, in the order in which it would have come; several of one kind are counted."""
    kinds: dict[tuple[str, str], tuple[str, list[str], list[str]]] = {}
    for text in texts:
        analysis, what = _analysis(text)
        matches = ((pattern.fullmatch(what), meant) for pattern, meant in _told(lang, "many"))
        found, meant = next(((found, meant) for found, meant in matches if found), (None, text))
        _, whole, items = kinds.setdefault((analysis, meant), (meant, [], []))
        whole.append(text)
        items.append(undone(lang, found.group(1), names) if found else text)
    return tuple(_counted(lang, analysis, *kind, names) for (analysis, _), kind in kinds.items())


def _counted(
    lang: str, analysis: str, meant: str, texts: list[str], items: list[str], names: Mapping[str, str] | None
) -> str:
    """Return several texts of a kind as one, with how many there are and what they are about."""
    if len(texts) == 1:
        return undone(lang, texts[0], names)
    comma, colon = (words(lang)["text"][mark] for mark in ("comma", "colon"))
    said = meant.format(n=len(texts), items=comma.join(dict.fromkeys(items)))
    return f"{word(lang, 'analysis', analysis)}{colon}{said}" if analysis else said
