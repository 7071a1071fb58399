"""What a lab's compute stands on: its chips, why these and not others, its suppliers, and what it is exposed to."""
