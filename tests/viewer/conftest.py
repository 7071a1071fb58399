"""Results of which pages are made."""

import json
from dataclasses import replace

import pytest

import fabopt

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def result(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


@pytest.fixture(scope="module")
def hostile(result):
    """The plan of the tutorial under a name, and with the name of a site, that would be a program if it were HTML."""
    plan = result.plan
    raw = plan.instance.replace("Plains campus", json.dumps(HOSTILE)[1:-1])
    assert raw != plan.instance
    return fabopt.Result(type(plan)(replace(plan.run, instance=HOSTILE), plan.table, raw), "")
