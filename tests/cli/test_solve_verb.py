"""``fabopt solve``: answer, files, exit codes, Ctrl-C."""

import json
import os
import random
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "instances" / "tutorial"
QUICK = ("--gap", "0.005")


def run(capsys, *argv):
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def plain(folder, network):
    """An instance of a plain network with four quarters."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(
        f"horizon: {{start: 2027Q1, periods: 4}}\nnetwork:\n{network}", encoding="utf-8"
    )
    return folder


MAKE_AND_SELL = """
  materials: {{bread: {{}}}}
  activities: {{bake: {{outputs: {{bread: 1}}, uses: {{oven: 1}}}}}}
  resources: {{oven: {{capacity: 5}}}}
  demands: {{want: {{material: bread, quantity: {quantity}, value: {value}, required: {required}}}}}
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Output of one solve of the tutorial in a process of its own, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("work")
    command = [sys.executable, "-m", "fabopt", "solve", str(TUTORIAL), *QUICK]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=dict(os.environ))
    return done, folder / "results" / "tutorial"


def test_the_plan_goes_to_stdout_and_the_steps_to_stderr(solved):
    done, folder = solved
    assert done.returncode == 0
    for step in ("read", "check", "solve"):
        assert any(line.lstrip().startswith(step) for line in done.stderr.splitlines())
    assert folder.is_dir()
    assert "\x1b" not in done.stdout + done.stderr  # no colours where no terminal is


def test_the_last_lines_are_the_answer(solved):
    done, _ = solved
    text = done.stdout
    order = ["By 2028Q4 the labs run", "What reaches whom", "Chip mix", "What holds it back most", "objective value"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "gap 0." in text
    assert "fabopt show" in text.splitlines()[-1]
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_answer_agrees_with_the_tables(solved):
    done, folder = solved
    result = fabopt.load_result(folder)
    fleet = result.fleet.query("period == '2028Q4'")
    assert f"run {fleet['running'].sum():,.0f} thousand accelerators" in done.stdout
    assert f"{fleet['facility_mw'].sum() / 1000:.2f} GW" in done.stdout


def test_show_prints_the_same_answer_again_and_a_table_as_csv(solved, capsys):
    done, folder = solved
    code, out, _ = run(capsys, "show", folder)
    assert code == 0
    assert out.strip() in done.stdout
    code, out, _ = run(capsys, "show", folder, "--table", "orders")
    assert code == 0
    assert (
        out.splitlines()[0]
        == "period,reported,id,name,stage,owner,customer,instrument,unit,ordered,retired,effective,cost"
    )
    assert len(out.splitlines()) == 1 + len(fabopt.load_result(folder).orders)
    assert run(capsys, "show", folder, "--table", "ordrs")[0] == 2


def test_a_chart_is_a_picture_in_the_format_asked_for(solved, capsys, tmp_path):
    _, folder = solved
    assert run(capsys, "show", folder, "--chart", tmp_path / "c.svg")[0] == 0
    svg = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Facility power in use, GW" in svg
    assert "aurora" in svg
    assert run(capsys, "show", folder, "--chart", tmp_path / "c.png")[0] == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = run(capsys, "show", folder, "--chart", tmp_path / "c.gif")
    assert code == 2
    assert ".svg, .png or .html" in err


def tags(html):
    """Tags of a page, but for those that only hold others; scripts and styles are no markup."""
    found = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.add(tag if not {"src", "href"} & dict(attrs).keys() else "link")
    parser.feed(html)
    return found - {"html", "head", "body", "title", "div"}


def test_a_kind_of_chart_is_drawn_as_asked_and_as_a_page_of_its_own(solved, capsys, tmp_path):
    _, folder = solved
    page = tmp_path / "flow.html"
    assert run(capsys, "show", folder, "--chart", page, "--kind", "flow", "--period", "2027Q4")[0] == 0
    html = page.read_text(encoding="utf-8")
    assert "Flow through the chain in 2027Q4" in html
    assert tags(html) == {"script", "meta", "style"}  # nothing that fetches, whatever stands in scripts
    picture = tmp_path / "mix.svg"
    assert run(capsys, "show", folder, "--chart", picture, "--kind", "mix", "--for", "borealis")[0] == 0
    assert "Chip mix: tutorial, Borealis" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--chart", "c.svg", "--kind", "flwo"), "did you mean 'flow'"),
        (("--chart", "c.svg", "--kind", "use", "--period", "2027Q4"), "takes no period"),
        (("--chart", "no/c.svg"), "There is no folder no to write c.svg into"),
        (("--kind", "flow"), "name the file with --chart"),
        (("--chart", "c.svg", "--kind", "value", "--lever", "sites.plains.pwer"), "sites.plains.power"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_bad_input(solved, capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "show", solved[1].resolve(), *words)
    assert code == 2
    assert says in err
    assert not (tmp_path / "c.svg").exists()


def test_json_is_one_object_and_nothing_else_on_stdout(capsys, tmp_path):
    code, out, err = run(capsys, "solve", TUTORIAL, *QUICK, "--json", "--out", tmp_path / "r")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert {"status", "objective", "bound", "gap", "seconds"} <= set(found)
    assert found["objective"] <= found["bound"]
    assert found["gap"] <= 0.005
    assert found["result"] == str(tmp_path / "r")


def test_a_scenario_has_a_folder_of_its_own_and_a_lever_is_set(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    more = "packaging_lines.bridgeworks.capacity=*2"
    code, _, _ = run(capsys, "solve", TUTORIAL, *QUICK, "--scenario", "hbm-squeeze", "--set", more)
    assert code == 0
    found = fabopt.load_result("results/tutorial-hbm-squeeze").run
    assert found.scenario == "hbm-squeeze"
    assert found.sets == ("scenario hbm-squeeze", more)


def test_a_folder_that_is_no_result_is_refused_before_anything_is_solved(capsys, knapsack, tmp_path):
    (tmp_path / "notes.txt").write_text("keep", encoding="utf-8")
    code, _, err = run(capsys, "solve", knapsack, "--gap", "0", "--out", tmp_path)  # would run for minutes
    assert code == 2
    assert "does not replace it" in err


def test_an_infeasible_instance_exits_3_and_names_what_is_missing(capsys, tmp_path):
    # 5 a quarter at most, from the first; 40 wanted in all by the fourth, and bread keeps: 20 at most, 20 short.
    folder = plain(tmp_path / "i", MAKE_AND_SELL.format(quantity="[0, 0, 0, 40]", value=1, required="true"))
    code, _, err = run(capsys, "solve", folder, "--out", tmp_path / "r")
    assert code == 3
    assert "want" in err
    assert "Traceback" not in err
    assert not (tmp_path / "r").exists()


def test_json_of_an_infeasible_instance_says_so_too(capsys, tmp_path):
    folder = plain(tmp_path / "i", MAKE_AND_SELL.format(quantity="[0, 0, 0, 40]", value=1, required="true"))
    code, out, _ = run(capsys, "solve", folder, "--json")
    found = json.loads(out)
    assert code == 3
    assert found["status"] == "infeasible"
    assert found["objective"] is None
    assert found["conflicts"]


def test_an_unbounded_instance_is_bad_input(capsys, tmp_path):
    folder = plain(
        tmp_path / "i",
        "  materials: {gold: {}}\n  activities: {conjure: {outputs: {gold: 1}, cost: -1}}\n",
    )
    code, _, err = run(capsys, "solve", folder, "--out", tmp_path / "r")
    assert code == 2
    assert "Traceback" not in err


def test_a_limit_before_any_plan_exits_4(capsys, tmp_path):
    code, _, err = run(capsys, "solve", TUTORIAL, "--time-limit", "1e-9", "--out", tmp_path / "r")
    assert code == 4
    assert "no plan" in err


@pytest.fixture(scope="module")
def knapsack(tmp_path_factory):
    """100 things to take or leave, 10 limits with much the same room: plans come at once, the proof takes minutes."""
    draw = random.Random(1)
    limits = range(10)
    lines = ["  resources:"] + [f"    r{k}: {{capacity: [12500, 0, 0, 0]}}" for k in limits] + ["  activities:"]
    for n in range(100):
        uses = ", ".join(f"r{k}: {draw.randint(200, 300)}" for k in limits)
        lines.append(f"    a{n}: {{uses: {{{uses}}}, cost: -{draw.randint(200, 300)}, lot: 1, upper: [1, 0, 0, 0]}}")
    return plain(tmp_path_factory.mktemp("hard") / "knapsack", "\n".join(lines) + "\n")


def test_a_limit_after_a_plan_exits_0_and_says_its_gap(capsys, knapsack, tmp_path):
    code, out, _ = run(capsys, "solve", knapsack, "--time-limit", "2", "--gap", "0", "--out", tmp_path / "r")
    assert code == 0
    found = fabopt.load_result(tmp_path / "r").run
    assert found.status == "time_limit"
    assert found.gap > 0.0
    assert f"gap {100 * found.gap:.2f} %" in out
    assert "best found when time was up" in out


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_keeps_the_best_plan_found(knapsack, tmp_path):
    command = [sys.executable, "-m", "fabopt", "solve", str(knapsack), "--gap", "0", "--out", str(tmp_path / "r")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "plan" in line and "none yet" not in line:  # the first line of progress that has a plan
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert fabopt.load_result(tmp_path / "r").status == "interrupted"
    assert "best found when interrupted" in out


def test_ctrl_c_before_any_plan_exits_130(capsys, monkeypatch):
    def interrupted(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("fabopt.api.load", interrupted)
    assert run(capsys, "solve", TUTORIAL)[0] == 130


def test_a_solver_that_gives_up_is_told_in_a_sentence_and_exits_4(capsys, monkeypatch):
    from fabopt.solve.outcome import SolverError

    def fails(*_args, **_more):
        raise SolverError("HiGHS failed with the status 'Solve error'.")

    monkeypatch.setattr("fabopt.solve.run.solve", fails)
    code, _, err = run(capsys, "solve", TUTORIAL)
    assert code == 4
    assert "HiGHS failed" in err
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_on_a_large_instance_still_gives_an_exact_plan_with_prices():
    # Large enough that HiGHS asks whether to stop while the prices of the plan are worked out, after the interrupt.
    def stop(_stage, progress):
        if progress.incumbent is not None:
            os.kill(os.getpid(), signal.SIGINT)

    result = fabopt.load(ROOT / "instances" / "frontier").solve(gap=0.0, progress=stop)
    assert result.status == "interrupted"
    assert (result.limits["price"] > 0.0).any()


def test_names_from_an_instance_cannot_steer_the_terminal(capsys, tmp_path):
    text = MAKE_AND_SELL.format(quantity="[1, 1, 1, 1]", value=1, required="false").replace(
        "bread: {}", 'bread: {name: "[red]bread[/red]", unit: "<b>loaf</b>"}'
    )
    folder = plain(tmp_path / "i", text)
    code, out, _ = run(capsys, "solve", folder, "--out", tmp_path / "r")
    assert code == 0
    assert "4.00 of 4.00 <b>loaf</b>" in out
    html = fabopt.load_result(tmp_path / "r")._repr_html_()
    assert "<b>loaf" not in html
    assert "&lt;b&gt;loaf" in html
