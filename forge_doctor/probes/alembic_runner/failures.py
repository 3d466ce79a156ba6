"""An exception of the application as plain data: what, with which SQLSTATE, at which lines; runs in the child."""

from __future__ import annotations

import traceback
from typing import Any

from .asked import missing_fields

LONGEST = 600
MOST_FRAMES = 200


def failure_of(error: BaseException) -> dict[str, Any]:
    """What is told of it: the innermost exception that the database or the code raised, and where."""
    causes = list(_chain(error))
    state, message = _sqlstate(causes)
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": (message or str(error)).strip()[:LONGEST],
        "sqlstate": state,
        "frames": [
            [frame.filename, frame.lineno, frame.name]
            for one in causes
            for frame in traceback.extract_tb(one.__traceback__)[-MOST_FRAMES:]
        ],
        "missing": sorted({name for one in causes for name in missing_fields(one)}),
    }
    if isinstance(error, SyntaxError):
        told["frames"].append([error.filename, error.lineno, "<module>"])
    return told


def _chain(error: BaseException) -> Any:
    seen: set[int] = set()
    current: Any = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _sqlstate(causes: list[BaseException]) -> tuple[str, str]:
    for one in causes:
        for holder in (one, getattr(one, "orig", None)):
            state = getattr(holder, "sqlstate", None) or getattr(holder, "pgcode", None)
            if isinstance(state, str) and len(state) == 5:
                return state, _first_line(holder)
    return "", ""


def _first_line(error: Any) -> str:
    """The server's sentence; SQLAlchemy puts the driver's class before it."""
    text = str(error).strip().splitlines()
    line = text[0] if text else ""
    return line.split(">: ", 1)[-1] if line.startswith("<class") else line
