"""Limits that hold a plan back, over all periods in which they do."""

import pandas as pd

from fabopt.analysis.plan_tables import Holding, holding


def limits(*rows):
    """A table of limits of the id, period, price and limit of each row; one of 0 is a rule."""
    return pd.DataFrame(
        [
            {
                "family": "capacity", "id": one, "side": "upper", "name": one.upper(), "owner": f"owner of {one}",
                "kind": "policy" if limit == 0.0 else "physical", "unit": "t", "period": period, "reported": True,
                "price": price, "limit": limit,
            }
            for one, period, price, limit in rows
        ]
    )  # fmt: skip


def test_the_periods_of_a_limit_are_joined_wherever_their_rows_stand():
    found = holding(
        limits(("a", "P1", 2.0, 100.0), ("b", "P1", 8.0, 100.0), ("b", "P2", 4.0, 50.0), ("a", "P3", 4.0, 200.0)), 8
    )
    assert found == [
        Holding("capacity", "A", "owner of a", "physical", "t", "P1", "P3", 6.0, 10.0),
        Holding("capacity", "B", "owner of b", "physical", "t", "P1", "P2", 12.0, 10.0),
    ]


def test_a_rule_whose_limit_is_zero_has_a_price_and_no_gain():
    found = holding(limits(("a", "P1", 2.0, 100.0), ("share", "P1", 5.0, 0.0), ("share", "P2", 7.0, 0.0)), 8)
    assert [(one.name, one.price, one.gain, one.when) for one in found] == [
        ("A", 2.0, 2.0, "P1"),
        ("SHARE", 12.0, None, "P1 to P2"),
    ]
