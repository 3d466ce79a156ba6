"""What is put round single lines: a learned prefix, a JSON record a line; each gives told lines for raw ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from forge_doctor.redaction import redact
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_records import JsonRecords
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.line_format import ANSI
from forge_doctor.streams.carriers.prefixes.prefix import Prefix, learn
from forge_doctor.streams.carriers.prefixes.prefix_evidence import FRAME, HEADER, Knowledge
from forge_doctor.streams.carriers.told_line import MARK

MOST_PREFIXES = 12
SURE, SELDOM = 64, 8
_TOLD = regex(rb"[^\x1e\n]{0,40}\x1e[^\x1e\n]*\x1e")


class LineCarrier(Protocol):
    """Something round each line of a stream."""

    @property
    def said(self) -> str:
        """What it is, for the report."""

    @property
    def unread(self) -> str:
        """What of it could not be read, empty where nothing was."""

    @property
    def learned(self) -> int:
        """Another number whenever the same lines may be told otherwise than before."""

    def translate(self, data: bytes) -> bytes:
        """Whole raw lines as told lines."""

    def look(self, data: bytes) -> bytes:
        """The same, and nothing is learned or counted."""

    def pass_over(self, lines: int) -> None:
        """So many lines were counted that need no translation."""


class Prefixed:
    """Lines behind prefixes that were learned; one that turns up later is learned then."""

    unread = ""

    def __init__(self, first: Prefix, knowledge: Knowledge) -> None:
        self._prefixes = [first]
        self._knowledge = knowledge
        self._tries = MOST_PREFIXES
        self._asked = 0

    @property
    def said(self) -> str:
        """The first prefix."""
        more = f" and {len(self._prefixes) - 1} more" if len(self._prefixes) > 1 else ""
        return self._prefixes[0].said + more

    def translate(self, data: bytes) -> bytes:
        """The lines without their prefixes."""
        plain = ANSI.sub(b"", data) if b"\x1b" in data else data
        found = self._stripped(plain)
        self._asked += 1
        # What has come right so often is looked at now and then.
        looked = self._tries and (self._asked <= SURE or not self._asked % SELDOM)
        if looked and (left := strange_lines(found, self._knowledge)):
            self._tries -= 1
            another = learn(left, self._knowledge)
            if another is not None and all(another.pattern.pattern != one.pattern.pattern for one in self._prefixes):
                self._prefixes.append(another)
                found = self._stripped(plain)
        return found

    @property
    def learned(self) -> int:
        """How many prefixes are known."""
        return len(self._prefixes)

    def look(self, data: bytes) -> bytes:
        """The lines without the prefixes that are known."""
        return self._stripped(ANSI.sub(b"", data) if b"\x1b" in data else data)

    def pass_over(self, lines: int) -> None:
        """Nothing is counted."""

    def _stripped(self, data: bytes) -> bytes:
        for prefix in self._prefixes:
            data = prefix.strip(data)
        return data


class JsonLines:
    """A JSON record a line; lines between them stay as they are."""

    def __init__(self, records: JsonRecords) -> None:
        self._records = records
        self._broken, self._first_broken = 0, b""

    @property
    def said(self) -> str:
        """Which field has the lines."""
        field = self._records.found_in
        return f"JSON records, the program's lines in {field}" if field else "JSON records"

    @property
    def unread(self) -> str:
        """Records without a message, and those that are none although a traceback is in them."""
        told = unread_records(self._records)
        if self._broken:
            quoted = redact(self._first_broken[:200].decode("utf-8", "replace"))
            told = "; ".join(filter(None, (told, f"{self._broken} JSON records with tracebacks are cut: {quoted!r}")))
        return told

    @property
    def learned(self) -> int:
        """Whether the records are known to have single lines."""
        return int(self._records.line_by_line)

    def look(self, data: bytes) -> bytes:
        """What the records say, which are counted when they are translated."""
        kept, records = (self._broken, self._first_broken), self._records
        read, without, first = records.read, records.without, records.first_without
        told = self.translate(data)
        self._broken, self._first_broken = kept
        records.read, records.without, records.first_without = read, without, first
        return told

    def pass_over(self, lines: int) -> None:
        """They had messages."""
        self._records.read += lines

    def translate(self, data: bytes) -> bytes:
        """What the records say."""
        raw = data.split(b"\n")
        entries = [loads(line) if line.lstrip()[:1] == b"{" else None for line in raw]
        if not self._records.line_by_line:
            self._records.learn(entry for entry in entries if entry is not None)
        out = []
        for line, entry in zip(raw, entries, strict=True):
            if entry is None:
                out.append(line + b"\n" if line else b"")
                if line[:2] == b'{"' and HEADER in line:
                    self._broken, self._first_broken = self._broken + 1, self._first_broken or line
            else:
                as_it_is = not self._records.within
                out += [line + b"\n" if one.own and as_it_is else one.line for one in self._records.told(entry)]
        return b"".join(out)


class Stripped:
    """Lines without what a person's expression matches at their beginning."""

    unread, learned = "", 0

    def __init__(self, expression: str) -> None:
        self._pattern = re.compile(b"^(?:" + expression.encode() + b")", re.MULTILINE)
        self.said = f"without --strip {expression}"

    def translate(self, data: bytes) -> bytes:
        """The rest of each line."""
        return self._pattern.sub(b"", ANSI.sub(b"", data))

    look = translate

    def pass_over(self, lines: int) -> None:
        """Nothing is counted."""


def strange_lines(data: bytes, knowledge: Knowledge) -> Sequence[bytes]:
    """The lines among which a frame or a traceback's head stands where Python does not put it; none if all is well."""
    if FRAME.search(data) is None:
        return ()
    lines = [line for line in data.split(b"\n") if MARK not in line[:48] or not _TOLD.match(line)]
    framed = [line for line in lines if b'", line ' in line and FRAME.search(line)]
    odd = [line for line in framed[:20] if not knowledge.plain(line).lstrip(b" |>+").startswith(b'File "')]
    return lines if odd else ()


def unread_records(records: JsonRecords) -> str:
    """That many records have no message, where hardly any has one."""
    if not records.without or 2 * records.without < records.read:
        return ""
    return f"{records.without} of {records.read} JSON records have no message that is known: {redact(records.first_without)}"


def may_have_prefix(data: bytes) -> bool:
    """Whether there is something in the lines from which a prefix could be learned."""
    return HEADER in data or b'", line ' in data
