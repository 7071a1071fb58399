"""A chain with two makers of stacks, two designers and one lab, whose best plans are worked out by hand.

A GPU takes one stack and gives 1 of compute, worth 10, for ever; an ASIC costs 4 and gives 1. The good maker's stacks
cost 1 and the spare one's 3, in any number. At most 10 chips can be made in a quarter and 100 of compute are wanted.
"""

from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve


def chain(periods=3, opening=0, demand=100):
    """Return the raw instance."""
    tags = {"lab": "lab"}
    return {
        "horizon": {"start": "2027Q1", "periods": periods},
        "network": {
            "materials": {
                "stack": {"storable": False},
                "chip": {"storable": False},
                "gpus": {"storable": True, "opening": opening},
                "asics": {"storable": True},
                "compute": {"unit": "kH100e", "storable": False},
            },
            "resources": {"hall": {"capacity": 10, "tags": {"owner": "packer"}}},
            "activities": {
                "good": {
                    "outputs": {"stack": 1}, "cost": 1,
                    "tags": {"stage": "memory", "owner": "good", "site": "good", "region": "east"},
                },
                "spare": {
                    "outputs": {"stack": 1}, "cost": 3,
                    "tags": {"stage": "memory", "owner": "spare", "site": "spare", "region": "west"},
                },
                "pack": {
                    "inputs": {"stack": 1}, "outputs": {"chip": 1}, "uses": {"hall": 1}, "tags": {"stage": "packaging"},
                },
                "ship": {
                    "inputs": {"chip": 1}, "outputs": {"gpus": 1},
                    "tags": {"stage": "deployment", "owner": "merlin", "item": "merlin", **tags},
                },
                "build": {
                    "outputs": {"asics": 1}, "uses": {"hall": 1}, "cost": 4,
                    "tags": {"stage": "deployment", "owner": "cirrus", "item": "cirrus", **tags},
                },
                "run-gpus": {
                    "inputs": {"gpus": 1}, "outputs": {"compute": 1, "gpus": {"amount": 1, "lead": 1}},
                    "tags": {"stage": "compute", "item": "merlin", **tags},
                },
                "run-asics": {
                    "inputs": {"asics": 1}, "outputs": {"compute": 1, "asics": {"amount": 1, "lead": 1}},
                    "tags": {"stage": "compute", "item": "cirrus", **tags},
                },
            },
            "demands": {
                "work": {"material": "compute", "quantity": demand, "value": 10, "weight": 1, "tags": {"lab": "lab"}}
            },
        },
    }  # fmt: skip


def planned(raw=None, **sections):
    """Solve the chain with limits; it must be sound. Return its network and solution."""
    data = Instance.model_validate({**(raw or chain()), **sections})
    assert problems(data) == []
    net = lower(data)
    solution = solve(net, SolveOptions(gap=0.0))
    return net, solution


def levels(net, solution, activity):
    """Return the levels of an activity by period."""
    at = next(n for n, a in enumerate(net.activities) if a.id == activity)
    return solution.levels[at].round(6).tolist()


def faults(raw=None, **sections):
    """Return the faults of the chain with limits: field and message."""
    data = Instance.model_validate({**(raw or chain()), **sections})
    return [(".".join(map(str, fault.path)), fault.message) for fault in problems(data)]
