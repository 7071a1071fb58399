"""``fabopt allocate``: who gets what under the policies, what the policies cost, and the game of orders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption, complain, guarded, say
from fabopt.cli.planned import EXIT_WITHOUT_PLAN
from fabopt.errors import BAD_INPUT, LIMIT

if TYPE_CHECKING:
    from fabopt.report.base import Report

_Game = typer.Option("--game", help="Play the game of orders instead: what customers order under the rule.")
_Limits = typer.Option("--limits", help="Price limits instead: on diversity, resilience and exports, each alone.")
_OwnSilicon = typer.Option("--own-silicon", help="Say what a lab's own chip is worth instead.", show_default=False)
_TwoStage = typer.Option("--two-stage", help="Let the rules allot what is there first; then plan, each lab too.")
_Each = typer.Option("--each", help="Price each policy alone too, with one more plan each.")
_Json = typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
_Gap = typer.Option(
    help="Relative gap at which a plan is good enough; else the instance's own, else by size, as for solve.",
    show_default=False,
)
_Limit = typer.Option("--time-limit", help="Seconds for each plan; else the instance's own.", show_default=False)


@guarded
def allocate(
    path: Annotated[Path, InstancePath],
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    game: Annotated[bool, _Game] = False,
    limits: Annotated[bool, _Limits] = False,
    own_silicon: Annotated[str | None, _OwnSilicon] = None,
    two_stage: Annotated[bool, _TwoStage] = False,
    each: Annotated[bool, _Each] = False,
    gap: Annotated[float | None, _Gap] = None,
    time_limit: Annotated[float | None, _Limit] = None,
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """Show who gets what under the allocation policies, and what the policies cost."""
    from fabopt import api
    from fabopt.report.allocation import game_data, game_lines

    _one_question(
        {"--game": game, "--limits": limits, "--own-silicon": own_silicon is not None},
        {"--two-stage": two_stage, "--each": each},
    )
    instance = api.load(path, scenario, set_ or ())
    head = {"instance": instance.name, "scenario": instance.scenario, "sets": list(instance.sets)}
    if game:
        games = instance.games()
        if as_json:
            typer.echo(json.dumps({**head, "games": [game_data(one) for one in games]}, allow_nan=False))
        for place, one in enumerate(() if as_json else games):
            say([*([""] if place else []), *game_lines(one)])
        return
    options: dict[str, Any] = {n: v for n, v in (("gap", gap), ("time_limit", time_limit)) if v is not None}
    if own_silicon is not None:
        _tell(instance.own_silicon(own_silicon, **options), head, as_json)
        return
    if limits:
        priced = instance.price_limits(**options)
        _tell(priced, head, as_json)
        if priced.study.value.low is None:
            _without_plan("limits", priced.study.value.status, priced.study.why)
        return
    report = instance.allocate(two_stage, each, **options)
    _tell(report, head, as_json)
    if report.study.value.low is None:
        _without_plan("policies", report.study.value.status, report.study.why)


def _one_question(questions: Mapping[str, bool], details: Mapping[str, bool]) -> None:
    """Refuse several questions at once, and details of the study of policies beside another question."""
    asked = [name for name, is_set in questions.items() if is_set]
    more = [name for name, is_set in details.items() if is_set]
    if len(asked) > 1 or (asked and more):
        complain(f"{' and '.join([*asked, *more])} do not go together: ask one after the other")
        raise typer.Exit(BAD_INPUT)


def _tell(report: Report, head: dict[str, Any], as_json: bool) -> None:
    say([json.dumps({**head, **report.records()}, allow_nan=False)] if as_json else report.lines())


def _without_plan(under: str, status: str, why: tuple[str, ...]) -> NoReturn:
    for sentence in why:
        complain(sentence)
    complain(f"no plan under the {under}: {status}")
    raise typer.Exit(EXIT_WITHOUT_PLAN.get(status, LIMIT))
