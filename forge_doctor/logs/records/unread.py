"""The safety net that knows no format: what a log holds of tracebacks and faults, held against what was made of it.

A rest is told with its first line. What ends with the log, and what somebody only quotes, is no rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.contexts.quoted import is_quiet, without_quotes
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.block_text import lines_of
from forge_doctor.logs.records.line_kind import is_class_name
from forge_doctor.logs.records.tracebacks.traceback_text import parse_traces
from forge_doctor.redaction import redact
from forge_doctor.regex import regex

LONGEST_LINE = 200
# With what follows it in a traceback, and not in a sentence about one, or in a title that gives its first words.
_HEADER = regex(
    rb"Traceback \(most recent call last\):"
    rb"(?:[\"'\\}\],]{0,4}\s*$|\s{0,8}\\{1,4}n(?!\s{0,8}(?:\.\.\.|File [^\n]{1,200}?\.py\\{0,3}\"['\"]))"
    rb"|[^\"\\\n]{1,16}File \")",
    re.MULTILINE,
)
_FRAME = regex(rb'File \\{0,3}"[^"\n]{1,1000}", line \d')


@dataclass(slots=True)
class Unread:
    """What could not be made out in one log: tracebacks, and lines that name a fault in a log without records.

    `records` counts those that begin as a program's do.
    """

    tracebacks: int = 0
    first: bytes = b""
    named: int = 0
    first_named: bytes = b""
    records: int = 0

    def check(self, block: Block, *, told: bool, ending: bool, names: Callable[[bytes], bool]) -> None:
        """Look at a block that came to nothing, or (`told`) to an event without a place in the code."""
        own = without_quotes(block.head, block.lines)
        # What a quiet record has in the midst of its own line is a part of what it says.
        texts = own if block.head is None or is_quiet(block.head) else [block.line.text, *own]
        headers = sum(len(_HEADER.findall(text)) for text in texts if b"Traceback" in text)
        if headers:
            self._traceback(block, texts, headers, ending=ending)
        elif not told and block.head is None:
            named = [text for text in texts if names(text)]
            self.named += len(named)
            self.first_named = self.first_named or (named[0] if named else b"")

    def _traceback(self, block: Block, texts: Sequence[bytes], headers: int, *, ending: bool) -> None:
        record = block.head.record if block.head is not None else None
        if record is not None and record.sections:
            return
        sections = [section for trace in parse_traces(lines_of(block.head, block.lines)) for section in trace]
        framed = any(_FRAME.search(text) for text in texts)
        if any(is_class_name(section.exception) and (section.frames or not framed) for section in sections):
            return
        if ending and any(section.frames for section in sections):
            return
        self.tracebacks += headers
        self.first = self.first or next(text for text in texts if b"Traceback" in text)

    def said(self, name: str) -> str:
        """What to tell of it; empty where nothing is left."""
        if self.tracebacks:
            count = f"{self.tracebacks} traceback{'s' * (self.tracebacks != 1)}"
            return _told(name, f"{count} could not be made out, the first", self.first)
        if self.named and not self.records:
            count = f"{self.named} line{'s' * (self.named != 1)}"
            return _told(
                name, f"no record of a known form, and {count} that may name a fault, the first", self.first_named
            )
        return ""


def _told(name: str, what: str, line: bytes) -> str:
    quoted = redact(line.decode("utf-8", "replace").strip())[:LONGEST_LINE]
    return f"{name}: {what}: {quoted!r}. Take off what stands before the program's lines with --strip REGEX"
