"""The commands: thin over `fabopt.api`, one file a verb.

Typer alone is imported to start; everything heavy comes with the command that needs it, so that ``fabopt --help``
answers at once.

Exit codes: 0 a plan (or what was asked for), even if limited; 2 bad input; 3 infeasible; 4 a limit before any plan; 130
interrupted before any plan.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

import typer

from fabopt import __version__
from fabopt.cli.allocate import allocate
from fabopt.cli.alternatives import alternatives
from fabopt.cli.bill import bill
from fabopt.cli.calibrate import calibrate
from fabopt.cli.choke import choke
from fabopt.cli.common import Notes, complain, hushable
from fabopt.cli.companies import companies
from fabopt.cli.compare import compare
from fabopt.cli.defaults import DefaultsError, default_map, files, read_defaults
from fabopt.cli.disruptions import disruptions
from fabopt.cli.doctor import doctor
from fabopt.cli.draws import draws
from fabopt.cli.explain import explain
from fabopt.cli.export import export
from fabopt.cli.hedge import hedge
from fabopt.cli.import_ import import_
from fabopt.cli.limits import limits
from fabopt.cli.memo import memo
from fabopt.cli.new import new
from fabopt.cli.own_silicon import own_silicon
from fabopt.cli.page import page
from fabopt.cli.portfolio import portfolio
from fabopt.cli.promise import promise
from fabopt.cli.reconcile import reconcile
from fabopt.cli.roll import roll
from fabopt.cli.schema import schema
from fabopt.cli.show import show
from fabopt.cli.solve import solve
from fabopt.cli.states import states
from fabopt.cli.sweep import sweep
from fabopt.cli.target import target
from fabopt.cli.tornado import tornado
from fabopt.cli.validate import validate
from fabopt.cli.value import value
from fabopt.cli.watch import watch
from fabopt.cli.words import words
from fabopt.errors import BAD_INPUT, FaboptError
from fabopt.solve.work import RANKS

app = typer.Typer(
    help="fabopt: an optimiser of the AI-chip supply chain, from lithography tools to a lab's compute.",
    epilog="Exit codes: 0 a plan, even if limited; 2 bad input; 3 infeasible; 4 a limit before any plan; "
    "130 interrupted before any plan.",
    no_args_is_help=True,
    context_settings={"max_content_width": 100},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (
    solve, choke, target, tornado, draws, disruptions, value, alternatives, portfolio, promise, explain, sweep, compare,
    companies, roll, hedge, states, memo, page, validate, show, bill, reconcile, calibrate, allocate, limits,
    own_silicon, schema, new, export, doctor, watch, words,
):  # fmt: skip
    app.command()(hushable(verb))
app.command("import")(hushable(import_))

MOVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "tornado": {"value": ("--lever", "--against", "--low", "--high")},
    "show": {"alternatives": ("--alternatives", "--within", "--until")},
    "choke": {"target": ("--target", "--by", "--lever", "--cost")},
    "allocate": {"limits": ("--limits",), "own-silicon": ("--own-silicon",)},
}
"""Options that a command had and that are a command of their own, or belong to one, by command."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"fabopt {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Plan the AI-chip supply chain: an instance in, a plan out."""


def run(argv: Sequence[str] | None) -> int:
    """Run a command and return its exit code."""
    notes = logging.getLogger("fabopt")
    if not any(isinstance(handler, Notes) for handler in notes.handlers):
        notes.addHandler(Notes())
    given = sys.argv[1:] if argv is None else list(argv)
    for verb, options in MOVED.get(given[0] if given else "", {}).items():
        for option in (text.partition("=")[0] for text in given[1:]):
            if option in options:
                complain(f"fabopt {given[0]} has no {option}: it is for 'fabopt {verb}' (fabopt {verb} --help).")
                return BAD_INPUT
    if f"--scheduler={RANKS}" not in given and ("--scheduler", RANKS) not in pairwise(given):
        return _code(given)
    from fabopt.solve.work.ranks import led

    try:
        return led(partial(_code, given))
    except FaboptError as error:
        complain(str(error))
        return error.exit_code


def _code(given: Sequence[str]) -> int:
    try:
        found = {}
        if files():
            found = read_defaults(typer.main.get_command(app))
        app(args=given, prog_name="fabopt", default_map=default_map(found), obj=found)
    except DefaultsError as error:
        complain(str(error))
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else BAD_INPUT
    return 0
