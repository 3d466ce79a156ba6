"""Whether a program says of a traceback that it has dealt with it: by the level that it gave the record, and by its words.

A traceback below an INFO line may be another's that was printed in between, so there the words have to say it as well;
in a structured record, which holds its traceback itself, the level says enough.
"""

from __future__ import annotations

import enum

from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head

INFO, WARNING = 20, 30
TRACEBACK = "Traceback (most recent"
# It goes on: it tries again, has something else in its place, or leaves it.
_GOES_ON = regex(
    rb"(?i)\b(?:retry(?:ing)?|retries|(?:try|tries|trying)[ \w]{0,20} again|again in \d|attempt #?\d{1,4}\b|fall(?:s|ing)?[ -]?back"
    rb"|fallback|ignor(?:ed|ing)|skip(?:ped|ping)|recover(?:ed|ing)|handled|swallow(?:ed|ing)|harmless|expected)\b"
)
# What takes that back.
_GIVES_UP = regex(
    rb"(?i)\b(?:un(?:expected|handled)|giv(?:es?|ing) up|gave up|no more|last attempt|exhausted|not (?:re|handl|expect))"
)
# Celery logs at INFO what a task has raised that is put back; what went wrong there went wrong.
_CELERY = regex(rb"Task \S{1,300} retry: ")


class Handled(enum.IntEnum):
    """How far a record's traceback is dealt with: `STRANGERS` where only what no signature knows may be left out."""

    NO = 0
    STRANGERS = 1
    ALL = 2


def is_debug(head: Head | None) -> bool:
    """Whether a program gave a record the level of what is only for its developers: it may well have gone on."""
    return head is not None and 0 < head.level < INFO and head.origin == "app" and head.warned is None


def handled(head: Head | None) -> Handled:
    """What the head of a record says of its traceback."""
    if head is None or not 0 < head.level <= WARNING or head.warned is not None or head.origin != "app":
        return Handled.NO
    quiet = head.level < WARNING
    record = head.record
    has_own = record is not None and bool(record.trace or record.sections)
    if record is not None and has_own and quiet and record.message and TRACEBACK not in record.message:
        return Handled.ALL
    if not _GOES_ON.search(head.message[:500]) or _GIVES_UP.search(head.message[:500]):
        return Handled.NO
    return Handled.ALL if quiet and not _CELERY.match(head.message) else Handled.STRANGERS
