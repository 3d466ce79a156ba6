"""The mark on every statement that forge-doctor sends, by which what a server writes of it is told from the application's.

>>> is_own("/* forge-doctor */ SELECT 1"), is_own("SELECT 1")
(True, False)
"""

from __future__ import annotations

MARK = "/* forge-doctor */"


def marked(statement: str) -> str:
    """The statement as it is sent."""
    return f"{MARK} {statement}"


def is_own(statement: str) -> bool:
    """Whether forge-doctor sent it."""
    return MARK in statement
