"""Instances as Excel workbooks: written to be filled in, and read back with faults placed by sheet and cell."""
