"""What can be wrong with a memo or a template, as full sentences for the user."""

from __future__ import annotations

from fabopt.errors import FaboptError
from fabopt.io.seal import SavedError


class MemoError(SavedError):
    """A memo that cannot be read or written; the message is a full sentence for the user."""


class TemplateError(FaboptError):
    """A template that cannot be used; the message names file and line and is a full sentence for the user."""
