"""Pictures of a result: one module a kind of picture, one way to ask for any of them (`fabopt.report.charts.kinds`)."""
