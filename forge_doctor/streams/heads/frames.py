"""A traceback as a record has it: its places and its exceptions."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex

# Where the driver's own frames come first, the innermost does: nothing else is called by a driver.
_DRIVER = regex(r"(?:^|[/\\])(?:sqlalchemy|asyncpg|psycopg\w*|aiosqlite|asyncmy|pymysql|MySQLdb|django[/\\]db)[/\\]")
HIDDEN = "<hidden>"
"""The file of a frame that stands for those that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place in a traceback; `code` is the quoted source line, where there is one."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One exception of a chain or group with its frames, outermost first.

    `exception` is the class as printed (empty for a bare call stack), `message` all its lines,
    notes included; `branch` names the leaf of an exception group it belongs to (`1.2`);
    `endpoint` is the route function FastAPI names after a validation error, its `code` the route.
    """

    exception: str
    message: str = ""
    frames: tuple[Frame, ...] = ()
    branch: str = ""
    endpoint: Frame | None = None


def outermost_first(frames: list[Frame], before: int) -> list[Frame]:
    """The frames of a list that has them below their exception, as Sentry shows them; what stands above it went deeper."""
    below = frames[before:]
    return [*(below[::-1] if _is_upside_down(below) else below), *frames[:before]]


def _is_upside_down(frames: list[Frame]) -> bool:
    """Whether frames below their exception begin with the innermost."""
    return bool(frames) and bool(_DRIVER.search(frames[0].file)) and not _DRIVER.search(frames[-1].file)
