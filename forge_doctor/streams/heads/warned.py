"""Finds the Python warning that a record is, and the place it names; judges none."""

from __future__ import annotations

from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head

_WARNED = regex(rb"(?:<[\w. -]+>|[^\s:][^:]*|[A-Za-z]:\\[^:]+):(\d+): (\w*Warning): ")
# What a logger, or a prefix that was taken for the time of a record, leaves before the words of a warning.
_SIGNS = regex(rb"\s{0,8}(?:(?:in )?\[?py\.warnings\]?[ \t:|-]{1,8})?(?:[^\w\s/<.~\\]{1,3}\s{1,8}){0,4}")


def warned_head(text: bytes) -> Head | None:
    """The head of a warning that begins with its place; None where the line is none."""
    found = _WARNED.match(text)
    if found is None:
        return None
    return Head(message=text, level=30, warned=(_path(text[: found.start(1) - 1]), int(found.group(1)[:9])))


def with_warning(head: Head) -> Head:
    """The head, with the place of the Python warning that the record is: logged by `py.warnings`, or behind a time."""
    if b"Warning: " not in head.message or head.warned or head.origin != "app" or 0 <= head.level < 30:
        return head
    signs = _SIGNS.match(head.message)
    found = _WARNED.match(head.message, signs.end() if signs else 0)
    if found is not None:
        head.message, head.level = head.message[found.start() :], max(head.level, 30)
        head.warned = (_path(head.message[: found.start(1) - found.start() - 1]), int(found[1][:9]))
    return head


def _path(raw: bytes) -> str:
    """The path, without names of a prefix before it: files of code are named by whole paths, in which no blank is."""
    names, root, rest = raw.rpartition(b" /")
    return (root.lstrip() + rest if names and raw[:1] != b"/" else raw).decode("utf-8", "replace")
