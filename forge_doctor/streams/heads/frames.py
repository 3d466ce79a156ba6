"""A traceback as a record has it: its places and its exceptions."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass

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
