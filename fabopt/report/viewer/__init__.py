"""A result as one page to look into: views that are filtered in the browser, from the tables that the plan has."""
