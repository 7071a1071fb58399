"""Premiums with which a plan ships what was observed."""
