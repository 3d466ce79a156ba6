"""Reads heads that have no time, as their program leaves it to what carries its log: a logger's name and a level.

`app.db - ERROR - …`, `app.db:ERROR:…`, `app.db [ERROR] …`, `ERROR app.db …`, `ERROR - …`. A class of an exception is no
logger's name, nor is a path. And `Logger: app.db`, with which Home Assistant's page of its log begins each of its entries: where it
was logged, how often and when stand below it, and then the words, of which the page does not say the level.
"""

from __future__ import annotations

from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head, level_of, worker_of

# What is logged by libraries, and stands without time and level where no handler is set: each begins an event of its own.
BARE_MESSAGES = (
    b"Task was destroyed but it is pending!",
    b"Task exception was never retrieved",
    b"Future exception was never retrieved",
    b"Exception terminating connection ",
    b"Exception closing connection ",
    b"Exception during reset or similar",
    b"The garbage collector is trying to clean up ",
    b"Executing <",
    b"Exception in callback ",
    b"Exception ignored in",
    b"Unclosed connection",
    b"Fatal error on transport",
    b"socket.accept() out of system resource",
    b"--- Logging error in Loguru ",
    b"--- End of logging error",
    b"Fatal Python error: ",
)
_LEVELS = rb"(TRACE|DEBUG|INFO|SUCCESS|NOTICE|WARNING|WARN|ERROR|EXCEPTION|CRITICAL|FATAL)"
_NAME = rb"(?!\S{0,80}(?:Error|Exception|Warning)\b)([A-Za-z_][\w.]{0,80})"
_DOTTED = rb"(?!\S{1,100}\.(?:pyx?|so)\b)([A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,8})"
# A sentence that follows the level, but for what pytest says of a test that could not be set up.
_WORDS = rb"(?!at (?:setup|teardown)\b|collecting\b)[A-Za-z][a-z][\w'-]{0,30},? [\w'\"(<\[#/:-]"
# Behind a name the line or the function may stand, and so it may between two dashes.
_NAME_FIRST = regex(
    _NAME
    + rb"(?::\w{1,60}){0,2}(?: {0,8}- {1,4}\d{1,6})?"
    + rb"(?: {1,40}- {1,4}"
    + _LEVELS
    + rb" {0,8} - {1,4}| {1,40}\| {1,4}"
    + _LEVELS
    + rb" {0,8} \| {1,4}|:"
    + _LEVELS
    + rb":| {1,40}\["
    + _LEVELS
    + rb" {0,8}\]:? {1,4})"
)
_ENTRY = regex(rb"Logger: ([a-z_]\w{0,40}(?:\.\w{1,40}){1,8})\s*$")
_DOTTED_FIRST = regex(_DOTTED + rb" {1,8}" + _LEVELS + rb":? {1,8}")
_LEVEL_FIRST = regex(_LEVELS + rb"(?: {1,8}[-|] {1,4}| (?=[<(]\w|" + _DOTTED + rb"[ :]|" + _WORDS + rb"))")


def timeless(text: bytes) -> Head | None:
    """The head of a record without a time that begins with its logger's name, or with its level; None where it does not."""
    if text[:1].isupper() and (found := _LEVEL_FIRST.match(text)) is not None:
        return _head(text, found.end(), found[1], found[2] or b"")
    if text[:8] == b"Logger: " and (found := _ENTRY.match(text)) is not None:
        return Head(message=b"", level=-1, logger=found[1].decode("ascii", "replace"))
    found = _NAME_FIRST.match(text) or _DOTTED_FIRST.match(text)
    if found is None:
        return None
    level = next(group for group in found.groups()[1:] if group)
    return _head(text, found.end(), level, found[1])


def _head(text: bytes, at: int, level: bytes, name: bytes) -> Head:
    return Head(
        message=text[at:],
        level=level_of(level),
        logger=name.decode("ascii", "replace"),
        worker=worker_of(text[at : at + 40]),
    )
