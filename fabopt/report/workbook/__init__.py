"""A result as a workbook whose totals are formulas, so that whoever receives it can check them."""
