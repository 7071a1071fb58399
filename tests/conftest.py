"""What all tests share."""

from hypothesis import settings

# The same examples every time, and no stopwatch: a busy machine is no fault.
settings.register_profile("fabopt", deadline=None, derandomize=True)
settings.load_profile("fabopt")
