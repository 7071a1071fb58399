"""Mutated instances: shipped small ones with a few changes that people, programs and bad days make to files.

Each mutant follows from its number alone. Its fate is one of `refused` (with errors of ours that say where), `solved`,
`no plan` (infeasible, unbounded, a limit), `given up` (the solver says so in a sentence), or a fault of the program: an
exception that a user would see as a traceback, or more seconds of processor time than are allowed.
"""

from __future__ import annotations

import random
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Any

import yaml

from fabopt.io.problems import Positions
from fabopt.io.tree import Tree, read_tree

ROOT = Path(__file__).parents[2]
LARGE = ("frontier", "gigawatt")
CHECK_SECONDS, SOLVE_SECONDS = 5.0, 2.0
"""Processor time for reading and checking a mutant, and for solving one."""
SLACK = 3.0
"""Processor time beyond the solver's limit for all that is not the solver."""
SILENT_SECONDS = 120.0
"""Wall time after which a worker that says nothing is taken to hang where no signal reaches it."""

GOOD = ("refused", "solved", "no plan", "given up")


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `kind`, and of a fault the end of the traceback."""

    number: int
    base: str
    kind: str
    text: str = ""


def bases() -> list[Path]:
    """Return the shipped instances that a mutant may come from; the tutorial, which has most sections, more often."""
    small = [p for p in sorted((ROOT / "instances").rglob("instance.yaml")) if p.parent.name not in LARGE]
    starter = ROOT / "fabopt" / "cli" / "starter.yaml"
    return [*small, *[ROOT / "instances" / "tutorial" / "instance.yaml"] * 15, *[starter] * 5]


# --- Mutations of a tree ----------------------------------------------------------------------------------------

NUMBERS = (0, -1, 1, 0.5, 1.5, 1e-9, 1e-30, 1e6, 1e9, 1e12, 1e15, 1e18, 1e30, 1e300, 10**18, -1e15, 2**53 + 1)
SPECIAL = (float("nan"), float("inf"), float("-inf"), 10**400, True, False, None)
UNITS = (
    "GB",
    "MW",
    "GW",
    "kwafer/month",
    "month",
    "year",
    "USD",
    "MUSD",
    "EUR",
    "%",
    "1",
    "mW",
    "mo",
    "USD/0",
    "*1",
    "h",
)
DATES = (
    "1900",
    "2200",
    "2199Q4",
    "2027W53",
    "2027-02-30",
    "end-2200",
    "2026-12-31",
    "2030",
    "2028Q2",
    "9999",
    "0000",
    2028,
)
TEXTS = (
    "",
    " ",
    "x",
    "NO",
    "null",
    "a" * 5000,
    "\x1b[31mred",
    "\u202egnp",
    "=1+1",
    "../../x",
    "\0",
    "\ud7ff한글",
    "{}",
    "1e3",
    "*2",
)


def mutated(raw: dict[str, Any], rng: random.Random, others: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a copy of a raw tree with one to four changes."""
    tree = deepcopy(raw)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 4))):
        places = list(_places(tree))
        if not places:
            break
        above, key = rng.choice(places)
        rng.choice(CHANGES)(rng, tree, above, key, others)
    return tree


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    stack = [node]
    while stack:
        here = stack.pop()
        pairs = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
        for key, value in pairs:
            yield here, key
            if isinstance(value, dict | list):
                stack.append(value)


def _delete(rng, tree, above, key, others):
    del above[key]


def _duplicate(rng, tree, above, key, others):
    if isinstance(above, dict):
        above[f"{key}{rng.choice(('-2', '2', 'x', ''))}"] = deepcopy(above[key])
    else:
        above.insert(key, deepcopy(above[key]))


def _rename(rng, tree, above, key, others):
    if isinstance(above, dict):
        above[_slip(rng, str(key))] = above.pop(key)


def _retype(rng, tree, above, key, others):
    value = above[key]
    above[key] = rng.choice(
        ([], {}, [value], {"value": value}, {"x": value}, [value] * 3, str(value)[:99], {"linear": {"2027": value}}, 7)
    )


def _extreme(rng, tree, above, key, others):
    value = above[key]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.5:
        above[key] = value * rng.choice((-1, 0, 1e-6, 1e-3, 1e3, 1e6, 1e9))
    elif isinstance(value, str) and value[:1].isdigit() and rng.random() < 0.7:
        number, _, unit = value.partition(" ")
        above[key] = f"{rng.choice(NUMBERS)} {unit}" if rng.random() < 0.6 else f"{number} {rng.choice(UNITS)}"
    else:
        above[key] = rng.choice(NUMBERS if rng.random() < 0.7 else SPECIAL)


def _scale(rng, tree, above, key, others):
    """Scale a number somewhere, which most often leaves the instance valid."""
    numbers = [(there, name) for there, name in _places(tree) if _number(there[name]) is not None]
    if numbers:
        there, name = rng.choice(numbers)
        factor = rng.choice((0, 1e-6, 1e-3, 0.1, 0.5, 1.5, 2, 10, 1e3, 1e6, 1e9))
        number, unit = _number(there[name]) or (0.0, "")
        changed = number * factor
        whole = isinstance(there[name], int) and changed == int(changed)
        there[name] = f"{changed} {unit}" if unit else int(changed) if whole else changed


def _number(value: object) -> tuple[float, str] | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(max(-1e300, min(value, 1e300))), ""
    number, _, unit = value.partition(" ") if isinstance(value, str) else ("", "", "")
    return (float(number), unit) if unit and number.replace(".", "", 1).isdigit() else None


def _unit(rng, tree, above, key, others):
    above[key] = f"{rng.choice(NUMBERS)} {rng.choice(UNITS)}"


def _date(rng, tree, above, key, others):
    above[key] = rng.choice(DATES)


def _text(rng, tree, above, key, others):
    above[key] = rng.choice(TEXTS)


def _slipped(rng, tree, above, key, others):
    if isinstance(above[key], str):
        above[key] = _slip(rng, above[key])


def _nest(rng, tree, above, key, others):
    for _ in range(rng.choice((1, 2, 90))):
        above[key] = {"a": above[key]} if rng.random() < 0.5 else [above[key]]


def _swap(rng, tree, above, key, others):
    other, place = rng.choice(list(_places(tree)))
    first, second = deepcopy(above[key]), deepcopy(other[place])
    above[key] = second
    other[place] = first


def _cross(rng, tree, above, key, others):
    """Take what another instance has under the same key, or a section that this one has not."""
    donor = rng.choice(others)
    if rng.random() < 0.3:
        section = rng.choice(list(donor))
        tree[section] = deepcopy(donor[section])
        return
    found = [there[name] for there, name in _places(donor) if name == key]
    if found:
        above[key] = deepcopy(rng.choice(found))


def _circle(rng, tree, above, key, others):
    """Let a text refer to the entry that it stands in, or to another id."""
    ids = [name for section in tree.values() if isinstance(section, dict) for name in section]
    if ids:
        above[key] = rng.choice(ids)


def _many(rng, tree, above, key, others):
    if isinstance(above, list):
        above.extend(deepcopy(above[key]) for _ in range(rng.choice((1, 10, 700))))
    else:
        for index in range(rng.choice((1, 10, 60))):
            above[f"{key}-{index}"] = deepcopy(above[key])


def _horizon(rng, tree, above, key, others):
    horizon = tree.get("horizon")
    if isinstance(horizon, dict):
        horizon["periods"] = rng.choice((1, 2, 3, 12, 40))
        horizon["period"] = rng.choice(("week", "month", "quarter", "year"))
        if rng.random() < 0.5:
            horizon["start"] = rng.choice((2026, 2027, "2027-01-04", "2190", "1900", "2028Q3"))
        if rng.random() < 0.5:
            horizon.pop("reported_until", None)


CHANGES = (
    *[_scale] * 12, _delete, _delete, _duplicate, _rename, _retype, _extreme, _extreme, _extreme, _unit, _date, _text,
    _slipped, _nest, _swap, _cross, _cross, _circle, _many, _horizon,
)  # fmt: skip


def _slip(rng: random.Random, word: str) -> str:
    if not word:
        return "x"
    at = rng.randrange(len(word))
    return rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + "q" + word[at + 1 :]))


# --- Mutations of a text ----------------------------------------------------------------------------------------


def mutated_text(text: str, rng: random.Random) -> str:
    """Return the text of a file with one to three changes of lines or signs."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        lines = text.splitlines(keepends=True) or ["\n"]
        at = rng.randrange(len(lines))
        choice = rng.randrange(8)
        if choice == 0:
            del lines[at]
        elif choice == 1:
            lines.insert(at, lines[at])
        elif choice == 2:
            lines[at] = rng.choice(("  ", "\t", "- ", "", "? ")) + lines[at].lstrip()
        elif choice == 3:
            lines = lines[: at + 1]
        elif choice == 4:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            sign = rng.choice("{}[]:,#&*!|>'\"%@`0-=\t\x00\x1bé\u2028\ufeff\ud7ff")
            where = rng.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:where] + sign + lines[at][where + rng.randrange(2) :]
        text = "".join(lines)
    return text


# --- The fate of one --------------------------------------------------------------------------------------------


class TooLong(BaseException):
    """More processor time than a mutant may take; no handler of the program catches it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `TooLong` when the body takes more processor time (another program's load does not count)."""

    def ring(signum: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Mutants:
    """The mutants of a seed, by number."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.paths = bases()
        self.texts = [path.read_text(encoding="utf-8") for path in self.paths]
        self.raws = [read_tree(path).raw for path in self.paths]

    def tree(self, number: int) -> tuple[str, Tree | str]:
        """Return the base of a mutant and the mutant: a raw tree, or the text of an instance file."""
        rng = random.Random(f"{self.seed}-{number}")
        which = rng.randrange(len(self.paths))
        name = self.paths[which].parent.name
        if rng.random() < 0.2:
            return name, mutated_text(self.texts[which], rng)
        return name, Tree(Path(), mutated(self.raws[which], rng, self.raws), Positions(), {}, {})

    def fate(self, number: int) -> Fate:
        """Read, check and solve a mutant."""
        from fabopt.api.instance import Instance, load
        from fabopt.errors import LIMIT, FaboptError

        base, mutant = self.tree(number)
        try:
            with within(CHECK_SECONDS):
                if isinstance(mutant, str):
                    with tempfile.TemporaryDirectory() as folder:
                        (Path(folder) / "instance.yaml").write_bytes(mutant.encode("utf-8", "surrogatepass"))
                        instance = load(folder)
                else:
                    instance = Instance(mutant, "mutant")
                instance.validate()
            with within(SOLVE_SECONDS + SLACK):
                result = instance.solve(time_limit=SOLVE_SECONDS)
            return Fate(number, base, "solved" if result.has_plan else "no plan", result.status)
        except FaboptError as error:
            if error.exit_code == LIMIT:
                return Fate(number, base, "given up", str(error))
            return Fate(number, base, "refused" if str(error).strip() else "silent", type(error).__name__)
        except TooLong:
            return Fate(number, base, "too long", _where(traceback.format_exc()))
        except (Exception, KeyboardInterrupt) as error:
            return Fate(number, base, type(error).__name__, _where(traceback.format_exc()))


def _where(text: str) -> str:
    return "\n".join(text.splitlines()[-9:])


def shown(mutants: Mutants, number: int) -> str:
    """Return a mutant as text, to look at."""
    base, mutant = mutants.tree(number)
    return mutant if isinstance(mutant, str) else f"# {base}\n" + yaml.safe_dump(mutant.raw, sort_keys=False)


# --- Many -------------------------------------------------------------------------------------------------------


def _work(seed: int, numbers: range, into: Any) -> None:
    mutants = Mutants(seed)
    for number in numbers:
        into.send(mutants.fate(number))
    into.close()


def fates(seed: int, numbers: range, workers: int) -> Iterator[Fate]:
    """Yield the fates of mutants as they come; a worker that falls silent or dies is replaced, and its mutant told."""
    context = get_context("spawn")
    open_: dict[Any, tuple[Any, range, float]] = {}

    def begin(rest: range) -> None:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(seed, rest, theirs), daemon=True)
        process.start()
        theirs.close()
        open_[ours] = (process, rest, monotonic())

    for worker in range(workers):
        begin(numbers[worker::workers])
    while open_:
        for pipe, (process, rest, since) in list(open_.items()):
            try:
                if pipe.poll(0.02):
                    fate = pipe.recv()
                    open_[pipe] = (process, rest[rest.index(fate.number) + 1 :], monotonic())
                    yield fate
                    continue
                if monotonic() - since < SILENT_SECONDS:
                    continue
                why = "hangs"
            except EOFError:
                why = "process ended"
            del open_[pipe]
            process.kill()
            process.join()
            if rest:
                yield Fate(rest[0], "?", why, f"exit code {process.exitcode}")
                if len(rest) > 1:
                    begin(rest[1:])


def summary(found: list[Fate]) -> list[str]:
    """Return the counts of fates, as lines."""
    counts = Counter(fate.kind for fate in found)
    plans = Counter(fate.text for fate in found if fate.kind in ("solved", "no plan"))
    lines = [f"{len(found):,} mutated instances: " + ", ".join(f"{n:,} {kind}" for kind, n in counts.most_common())]
    lines.append("with and without a plan: " + ", ".join(f"{n:,} {status}" for status, n in plans.most_common()))
    return lines
