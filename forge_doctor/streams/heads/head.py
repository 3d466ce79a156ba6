"""What the first line of a program's log record says: time, level, logger, process, message."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.heads.localised_phrases import CALLED, SEVERITIES
from forge_doctor.streams.heads.structured import Record

LEVELS = {
    "trace": 5,
    "debug": 10,
    "info": 20,
    "information": 20,
    "verbose": 10,
    "success": 25,
    "notice": 20,
    "log": 20,
    "default": 20,
    "statement": 0,
    "warning": 30,
    "warn": 30,
    "error": 40,
    "err": 40,
    "exception": 40,
    "critical": 50,
    "crit": 50,
    "fatal": 50,
    "panic": 50,
    "alert": 50,
    "emergency": 50,
    "severe": 40,
    "detail": 0,
    "hint": 0,
    "context": 0,
    "query": 0,
    "location": 0,
}
# PostgreSQL's words in other languages, in which nobody else writes severities in the same way.
LEVELS |= {word.lower(): LEVELS[english.lower()] for word, english in (SEVERITIES | CALLED).items()}
LEAST_LEVEL = 5
_OF_SYSLOG = (50, 50, 50, 40, 30, 20, 20, 10)
_PID = regex(rb"\[(\d{1,10})(?:[-:][\d-]+)?\]|\bpid[=: ](\d{1,10})|\b(?:process|worker)[=: -](\d{1,10})")


@dataclass(slots=True)
class Head:
    """What the first line of a log record says; `level` as Python counts them, -1 unknown.

    `origin` is `app`, `postgresql` or `pgbouncer`; `record` holds the rest where the line is
    structured (JSON, csvlog); `statement` is what the server was asked for, where such a line
    names it, with a line break behind it where it goes on; `warned` is (file, line) of a Python warning; `yearless` is
    a time as syslog writes it, of which no year is told.
    """

    message: bytes
    level: int = -1
    at: float | None = None
    logger: str = ""
    worker: str = ""
    origin: str = "app"
    sqlstate: str = ""
    record: Record | None = None
    statement: str = ""
    yearless: bytes = b""
    warned: tuple[str, int] | None = None


def level_of(word: bytes) -> int:
    """The level that a word means, as Python counts them."""
    return LEVELS.get(word.decode("utf-8", "replace").lower().rstrip("12345"), -1)


def numeric_level(word: str, *, of_syslog: bool = False) -> int:
    """The level that digits mean: Python's, or syslog's, whose most severe is 0; what is below Python's lowest tells nothing."""
    number = int(word[:9]) if word.isascii() else LEAST_LEVEL - 1
    if of_syslog:
        return _OF_SYSLOG[number] if number < len(_OF_SYSLOG) else -1
    return min(50, number) if number >= LEAST_LEVEL else -1


def worker_of(text: bytes) -> str:
    """The process that a head names."""
    found = _PID.search(text)
    return next(group.decode() for group in found.groups() if group) if found else ""
