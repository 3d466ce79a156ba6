"""Reads what `journalctl -o verbose` shows: a time and a cursor, below them each field of the entry on a line of its own.

Source: systemd's logs-show.c (252): the further lines of a field stand below the first one's value; a value that can't
be printed is replaced by `[12B blob data]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.journal_export import KEPT
from forge_doctor.streams.times.clock import STAMP

_HEAD = regex(rb"[^\s\[\]]{1,12} (" + STAMP + rb")[^\[\]\n]{0,12} \[s=[0-9a-f]{32};")
_FIELD = regex(rb"    ([A-Z0-9_]{1,64})=(.*)", re.DOTALL)
_BLOB = regex(rb"\[[\d.]{1,12}[BKMG]? blob data\]$")
_NOTE = regex(rb"-- [^\n]{1,300}\n")


def is_verbose(sample: bytes) -> bool:
    """Whether a stream is in this form; a line that says where the journal begins may stand before it."""
    note = _NOTE.match(sample)
    return _HEAD.match(sample, note.end() if note else 0) is not None


def entries_of(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The entries, of each the fields that are read."""
    entry: dict[str, Any] = {}
    name = ""
    for raw in lines:
        line = raw.rstrip(b"\r\n")
        if (head := _HEAD.match(line)) is not None:
            yield from _complete(entry)
            entry, name = {"__REALTIME_TIMESTAMP": head[1].decode()}, ""
        elif (found := _FIELD.match(line)) is not None:
            name = found[1].decode()
            if name in KEPT and not _BLOB.match(found[2]):
                entry[name] = found[2].decode("utf-8", "replace")
        elif name in entry:
            entry[name] += "\n" + line.decode("utf-8", "replace")[len(name) + 5 :]
    yield from _complete(entry)


def _complete(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if entry:
        yield entry
