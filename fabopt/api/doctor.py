"""Whether fabopt can work here: versions, packages, machine, fonts, and the solver on a program with a known answer."""

from __future__ import annotations

import copy
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any, Literal

from fabopt import __version__
from fabopt.api.places import RESULTS
from fabopt.domain.tolerances import CLOSE
from fabopt.errors import EXTRAS, MissingExtraError, require
from fabopt.solve.work.versions import ABSENT, version_of

KNOWN_WORTH = 9.0
PROGRAM: dict[str, Any] = {
    "horizon": {"start": 2027, "periods": 1, "period": "year"},
    "network": {
        "materials": {"bread": {}, "cake": {}},
        "resources": {"oven": {"capacity": 5}},
        "activities": {
            "bake-bread": {"outputs": {"bread": 1}, "uses": {"oven": 2}, "lot": 1},
            "bake-cake": {"outputs": {"cake": 1}, "uses": {"oven": 3}, "lot": 1},
        },
        "demands": {"bread": {"quantity": 9, "value": 4}, "cake": {"quantity": 9, "value": 5}},
    },
}
"""One bread at 4 and one cake at 5 fill the oven: worth 9. Parts of breads would be worth 10."""

Verdict = Literal["ok", "note", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and whether fabopt can work with it (``note``: most of it can)."""

    what: str
    says: str
    verdict: Verdict = "ok"


def findings() -> Iterator[Finding]:
    """Look at one thing after the other; nothing is written but a folder that is taken away again."""
    yield Finding("fabopt", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("Python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", f"{platform.platform()}, {threads()} of {os.cpu_count() or 1} processors, {memory()}")
    yield from _packages()
    for what, look in (("solver", _solved), ("Pyomo", _through_pyomo), ("fonts", _fonts), ("results", _results)):
        yield _looked(what, look)


def threads() -> int:
    """Return on how many processors this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> str:
    """Return how much memory there is, and free of it, in words."""
    try:
        page = os.sysconf("SC_PAGE_SIZE") / 2**30
        total, free = os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page
    except (AttributeError, OSError, ValueError):
        return "memory not known"
    return f"{total:.1f} GiB of memory, {free:.1f} free"


def _packages() -> Iterator[Finding]:
    """Say which packages fabopt works with, and which are missing or too old, also those of its extras."""
    try:
        stated = requires("fabopt") or []
    except PackageNotFoundError:
        yield Finding("packages", "fabopt is not installed, so what it needs is not known", "note")
        return
    needed: dict[str, list[tuple[str, str]]] = {}
    for text in stated:
        name, least, extra = _requirement(text)
        needed.setdefault(extra, []).append((name, least))
    there, missing = _sorted_out(needed.pop("", []))
    yield Finding("packages", ", ".join(there))
    if missing:
        yield Finding("packages", f"missing or too old: {', '.join(missing)}; pip install --upgrade fabopt", "fault")
    for extra, (use, _) in EXTRAS.items():
        missing = _sorted_out(needed.get(extra, []))[1]
        if missing:
            yield Finding(f"[{extra}]", f'{use} {", ".join(missing)}: python -m pip install "fabopt[{extra}]"', "note")


def _requirement(text: str) -> tuple[str, str, str]:
    """Return the name, the least version and the extra of a requirement; empty where there is none."""
    name = re.match(r"[\w.-]+", text)
    least = re.search(r">=\s*([\d.]+)", text.partition(";")[0])
    extra = re.search(r"extra\s*==\s*[\"']([\w-]+)", text)
    return (name[0] if name else text), (least[1] if least else ""), (extra[1] if extra else "")


def _sorted_out(packages: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return those that are there, with their versions, and those that are missing or too old."""
    there: list[str] = []
    missing: list[str] = []
    for name, least in packages:
        found = version_of(name)
        if found == ABSENT:
            missing.append(name)
            continue
        there.append(f"{name} {found}")
        if _numbers(found) < _numbers(least):
            missing.append(f"{name} {found} (at least {least})")
    return there, missing


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: those of 2.1.0rc1 are 2, 1, 0."""
    return tuple(int(part) for part in re.match(r"(\d+(\.\d+)*)?", version)[0].split(".") if part)  # type: ignore[index]


def _looked(what: str, look: Callable[[], Finding]) -> Finding:
    """Look at a thing; whatever it raises is the finding, and no fault where it is an extra that is missing."""
    try:
        return look()
    except MissingExtraError as error:
        return Finding(what, str(error), "note")
    except Exception as error:
        return Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())}", "fault")


def _solved(through_pyomo: bool = False) -> Finding:
    """Solve the known program."""
    from fabopt.api.instance import Instance
    from fabopt.io.problems import Positions
    from fabopt.io.tree import Tree

    began = time.perf_counter()
    made = Instance(Tree(Path(), copy.deepcopy(PROGRAM), Positions(), {}, {}), "doctor")
    worth = made.solve(through_pyomo=through_pyomo).objective
    took = time.perf_counter() - began
    what, by = (
        ("Pyomo", "through Pyomo") if through_pyomo else ("solver", f"by HiGHS (highspy {version_of('highspy')})")
    )
    if worth is None or abs(worth - KNOWN_WORTH) > CLOSE * KNOWN_WORTH:
        return Finding(what, f"a plan that is worth {KNOWN_WORTH:g} is worth {worth} {by}", "fault")
    return Finding(what, f"a small plan with whole numbers is right {by}, in {took:.1f} s")


def _through_pyomo() -> Finding:
    return _solved(through_pyomo=True)


def _fonts() -> Finding:
    from fabopt.report.memo.figures import EXTRA_FONTS, FONT, font_folders

    require("memo")
    folders = font_folders()
    files = [file for folder in folders for file in Path(folder).rglob("*") if file.suffix in (".ttf", ".otf", ".ttc")]
    korean = "" if len(folders) > len(EXTRA_FONTS) else "; no Korean letters"
    if not files:
        return Finding("fonts", f"no font file in {', '.join(folders)}", "fault")
    return Finding("fonts", f"{FONT} for memos, Latin and Chinese letters, {len(files)} files{korean}")


def _results() -> Finding:
    from fabopt.io.files import check_place

    try:
        check_place(RESULTS / "doctor")
    except OSError as error:
        says = f"{RESULTS}/ cannot be written here: {error.strerror or error}; name another folder with --out"
        return Finding("results", says, "fault")
    return Finding("results", f"{RESULTS.absolute()} can be written")
