"""What a user can meet: errors whose message is in full sentences, each with the exit code of the command line."""

from __future__ import annotations

BAD_INPUT, INFEASIBLE, LIMIT, INTERRUPTED = 2, 3, 4, 130


class FaboptError(Exception):
    """What a user can put right, or has to know; the message is in full sentences.

    Attributes
    ----------
    exit_code
        With what the command line ends: bad input, if a subclass says nothing else.
    """

    exit_code = BAD_INPUT


class UserError(FaboptError, ValueError):
    """A value that a user gave and that makes no sense, in a file, an option or a call."""


class StudyError(UserError):
    """A question that cannot be asked of this plan or instance, or not as it was put."""
