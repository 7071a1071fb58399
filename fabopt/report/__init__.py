"""Words, tables and charts of a result: only this part formats, and it prints nothing itself."""
