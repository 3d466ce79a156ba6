"""A program's line with what a carrier said of it, in the one notation that every carrier is translated into.

`2026-03-09T02:14:07.430Z <RS>stream<RS>the line`: the time is left out where there is none, the stream where there is
one only, and all of it where nothing is left to say.
"""

from __future__ import annotations

from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import STAMP, iso

MARK = b"\x1e"
TOLD = regex(rb"(?:" + STAMP + rb" )?\x1e([^\x1e\n]*)\x1e")


def told(text: bytes, at: float | None = None, stream: bytes = b"") -> bytes:
    """The lines of a text, each with its time and stream."""
    lines = text.rstrip(b"\r\n").replace(b"\r\n", b"\n").split(b"\n")
    prefix = prefix_of(iso(at), stream)
    return b"".join(b"%b%b\n" % (prefix, line) for line in lines)


def prefix_of(at: str | None, stream: bytes) -> bytes:
    """What stands before each line."""
    if at is None and not stream:
        return b""
    named = stream.replace(MARK, b" ").replace(b"\n", b" ")
    return (at.encode() + b" " if at else b"") + MARK + named + MARK
