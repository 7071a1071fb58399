"""Answers to one question about a plan: a record with a frame each."""
