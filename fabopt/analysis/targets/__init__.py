"""Targets run backwards: what would have to be true for a target to be reached."""
