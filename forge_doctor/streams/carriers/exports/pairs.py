"""Takes a program's lines out of `key="value"` pairs, of which a relay writes one record a line: its own level is the relay's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_records import is_piece
from forge_doctor.streams.carriers.prefixes.prefix_evidence import HEADER
from forge_doctor.streams.carriers.told_line import told
from forge_doctor.streams.times.moments import moment

LEAST_LINES, MOST_LINES = 3, 400
_QUOTED = rb'"((?:[^"\\\n]|\\.)*)"'
_PAIR = regex(rb"(?:^|(?<=\s))([A-Za-z_][\w.-]{0,60})=" + _QUOTED)
_TIME = regex(rb"(?:^|(?<=\s))(?:time|ts|timestamp|t|at)=[\"']?([^\"'\s]{10,40})")
_STREAM = regex(rb"(?:^|(?<=\s))(?:pod|container|service|app|unit|host)=[\"']?([^\"'\s]{1,100})")
_ESCAPED = regex(rb"\\(.)")
_SIGNS = {b"n": b"\n", b"t": b"\t", b"r": b""}


class Pairs:
    """The value of one key is a line of the program; the other pairs say when it was written, and by which stream."""

    unread, learned = "", 0

    def __init__(self, key: bytes, zone_s: float, reference: float | None) -> None:
        self._value = re.compile(rb"(?:^|(?<=\s))" + re.escape(key) + rb"=(?:" + _QUOTED + rb"|(\S*))")
        self._zone_s, self._reference = zone_s, reference
        self.said = f"pairs, the program's lines in {key.decode()}"

    def translate(self, data: bytes) -> bytes:
        """What the pairs say."""
        return b"".join(map(self._told, data.splitlines(keepends=True)))

    look = translate

    def pass_over(self, lines: int) -> None:
        """Nothing is counted."""

    def _told(self, line: bytes) -> bytes:
        found = self._value.search(line)
        if found is None:
            return line
        when = _TIME.search(line)
        at = moment(when[1], self._zone_s, self._reference) if when else None
        return told(_plain(found[1] or found[2] or b""), at, b" ".join(dict.fromkeys(_STREAM.findall(line))))


def learn_pairs(lines: Sequence[bytes], zone_s: float, reference: float | None) -> Pairs | None:
    """The key that has lines of tracebacks, one a record; None where none has."""
    keys: Counter[bytes] = Counter()
    for line in lines[:MOST_LINES]:
        if b'=" ' in line or b'="Traceback' in line:
            keys.update(one[1] for one in _PAIR.finditer(line) if _is_piece(_plain(one[2])))
    for key, _ in keys.most_common(1):
        written = [line for line in lines[:MOST_LINES] if line.strip()]
        having = sum(b" %b=" % key in line for line in written)
        return Pairs(key, zone_s, reference) if having >= LEAST_LINES and 2 * having > len(written) else None
    return None


def _is_piece(text: bytes) -> bool:
    return b"\n" not in text and (HEADER in text or b'File "' in text) and is_piece(text.decode("utf-8", "replace"))


def _plain(value: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), value)
