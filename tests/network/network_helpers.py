"""Periods and plain networks for tests, from YAML text."""

from datetime import date

import yaml

from fabopt.domain.calendar import Calendar
from fabopt.domain.plain import PlainNetwork
from fabopt.network.plain import lower_plain
from fabopt.network.tables import Network, Period


def quarters(count: int) -> tuple[Period, ...]:
    """So many quarters from 2026Q4, without discounting."""
    calendar = Calendar(date(2026, 10, 1), ((count, "quarter"),))
    return tuple(Period(s.index, s.label, s.start, s.end, s.years, 1.0) for s in calendar.spans)


def plain(text: str) -> PlainNetwork:
    """A plain section from YAML."""
    return PlainNetwork.model_validate(yaml.safe_load(text))


def lowered(text: str, periods: int) -> Network:
    """A plain section from YAML, lowered over quarters from 2026Q4."""
    return lower_plain(plain(text), quarters(periods))
