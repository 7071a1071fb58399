"""What a chart holds as data."""


def values(chart, *columns):
    """Rows of all data sets of a chart that have these columns, as dictionaries."""
    sets = chart.to_dict()["datasets"].values()
    return [row for rows in sets for row in rows if set(columns) <= set(row)]
