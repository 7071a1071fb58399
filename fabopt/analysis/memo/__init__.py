"""The procurement memo of a lab: what it rests on, as records; `fabopt.report.memo` writes them down."""
