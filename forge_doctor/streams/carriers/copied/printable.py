"""Reads the text of mails and saved pages in quoted-printable: signs as `=3D`, lines broken with `=` at their ends."""

from __future__ import annotations

import quopri
from collections.abc import Iterable, Iterator

from forge_doctor.regex import regex

LONGEST_LINE = 4 << 20
_DECLARED = regex(rb"(?im)^content-transfer-encoding:[ \t]{0,20}quoted-printable[ \t\r]{0,20}$")
DECLARED_WITHIN = 8 << 10


def is_printable(sample: bytes) -> bool:
    """Whether a head that says so stands at the beginning."""
    return _DECLARED.search(sample[:DECLARED_WITHIN]) is not None


def lines_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as they were before they were sent."""
    begun: list[bytes] = []
    for line in lines:
        text = line.rstrip(b"\r\n")
        if _DECLARED.match(text):
            continue
        if text[-1:] == b"=" and sum(map(len, begun)) < LONGEST_LINE:
            begun.append(text[:-1])
            continue
        yield quopri.decodestring(b"".join((*begun, text))).rstrip(b"\n") + b"\n"
        begun = []
    if begun:
        yield quopri.decodestring(b"".join(begun)).rstrip(b"\n") + b"\n"
