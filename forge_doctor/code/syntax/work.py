"""How much may still be asked of syntax for one file: counted in questions, so that it is the same on any machine.

One count for the process: rules ask about nodes, and no node knows for whose sake.
"""

from __future__ import annotations

import sys

from forge_doctor.errors import CannotInspect

ANY_NUMBER = sys.maxsize


class Work:
    """What is left of the questions; `left` is counted down by the nodes themselves."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = ANY_NUMBER

    def allow(self, questions: int) -> None:
        """From here on so many may be asked."""
        self.left = questions

    def refuse(self) -> None:
        """Ends whatever is being worked out."""
        raise CannotInspect("more questions about a file than are allowed")


WORK = Work()
