"""Learns a layout of heads that is not known from the lines of a stream, and writes each such head as all readers know it.

A record's time and level are what they were, and its message; where a stream's heads are known, nothing is learned. Lines
that all stand behind somebody's prefix have to be taken out of it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.line_format import ANSI
from forge_doctor.streams.carriers.prefixes.prefix_evidence import FRAME, HEADER, Knowledge, is_known
from forge_doctor.streams.heads.learned import levels
from forge_doctor.streams.heads.learned.shape import LONGEST_HEAD, Shape, shape_of
from forge_doctor.streams.heads.line_head import read_head
from forge_doctor.streams.times import calendar
from forge_doctor.streams.times.clock import iso

SEEN, FIRST = 400, 60
MOST_KNOWN = 0.9
LEAST_ADDED = 0.2
MOST_MOMENTS = 4096
_MAY_BE_TIMED = regex(rb"\d:\d\d(?!\d)|\d{6}|\d\d\.\d\d\.\d\d")
_LOGGER = regex(rb"(?<![\w./])(?:[A-Za-z_]\w*(?:\.\w+)+|root|asyncio)(?![\w/])")
_FILE = (b".py", b".go", b".rs", b".js", b".ts", b".rb", b".java")
_PROCESS = regex(rb"\[\d{1,10}\]|\bpid[=:] ?\d{1,10}")
_OF_COMPILERS = (b"note", b"fine")
_PROGRESS = (b"=== ", b"=====", b"____")
_NO_HEAD = (b" ", b"\t", b'{"', b"{'", b"{ ")
# What stands between and behind tracebacks, and has words in it that name levels.
_OF_TRACEBACK = (
    b"The above exception ",
    b"During handling of ",
    b"(Background on this error",
    b"[SQL: ",
    b"[parameters: ",
)
# A level that is filled up with blanks on its left.
_RIGHT_ALIGNED = regex(rb" {1,4}(?:" + levels.WORD + rb")")


@dataclass(slots=True)
class LearnedHeads:
    """`order` is that of a day's numbers, where they need one."""

    shape: Shape
    order: str
    zone_s: float
    reference: float | None
    _moments: dict[bytes, bytes] = field(default_factory=dict)

    def lines_of(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines, those of the shape with a head as all readers know it."""
        for line in lines:
            plain = ANSI.sub(b"", line) if b"\x1b" in line else line
            found = self.shape.pattern.match(plain)
            yield line if found is None else self._head(plain, found) + _said(plain, found)

    def adds_to(self, line: bytes) -> bool:
        """Whether more is told of a record by this than by its own head as all readers know it."""
        found = self.shape.pattern.match(line)
        if found is None:
            return False
        own, told = read_head(line), read_head(self._head(line, found) + line[found.end() :])
        if own is None or told is None:
            return told is not None
        return (told.level >= 0 and told.level != own.level) or (told.at is not None and own.at is None)

    def _head(self, line: bytes, found: re.Match[bytes]) -> bytes:
        groups = found.groupdict()
        time = groups.get("time") or b"%b %b" % (groups.get("day") or b"", groups.get("clock") or b"")
        if time not in self._moments:
            if len(self._moments) >= MOST_MOMENTS:
                self._moments.clear()
            self._moments[time] = self._stamp(time)
        return _head(self._moments[time], groups.get("level"), self.shape.kind, _names(line, found))

    def _stamp(self, time: bytes) -> bytes:
        at = calendar.seconds_of(time.strip(), self.order, self.zone_s, self.reference)
        written = iso(at)
        return b"" if written is None else written.replace("T", " ").encode()


def _said(line: bytes, found: re.Match[bytes]) -> bytes:
    """What stands behind a head; where nothing does, what stands in it beside its time and its level."""
    rest = line[found.end() :]
    if rest.strip():
        return rest
    taken = sorted(span for name in found.groupdict() if (span := found.span(name))[0] >= 0)
    begins = [0, *(end for _, end in taken)]
    ends = [*(begin for begin, _ in taken), found.end()]
    return b" ".join(line[begin:end].strip() for begin, end in zip(begins, ends, strict=True)).strip() + rest


def learn_heads(lines: Sequence[bytes], knowledge: Knowledge) -> LearnedHeads | None:
    """What these lines begin with, where that is a layout of heads which is not known; None where it is, or is none."""
    unknown = _unknown(lines, knowledge)
    shape = shape_of(unknown) if unknown else None
    if shape is None:
        return None
    matched = [found for line in unknown if (found := shape.pattern.match(line))]
    if not shape.timed and not _is_log(matched, shape, lines):
        return None
    times = [groups.get("day") or groups.get("time") or b"" for groups in (found.groupdict() for found in matched)]
    halved = any(
        calendar.is_halved(found.groupdict().get("clock") or time) for found, time in zip(matched, times, strict=True)
    )
    order = calendar.order_of([calendar.day_in(time) for time in times], halved, knowledge.reference)
    learned = LearnedHeads(shape=shape, order=order, zone_s=knowledge.zone_s, reference=knowledge.reference)
    told = matched[:FIRST]
    return learned if sum(learned.adds_to(found.string) for found in told) > LEAST_ADDED * len(told) else None


def _unknown(lines: Sequence[bytes], knowledge: Knowledge) -> list[bytes]:
    """The lines that may begin records and of which the head is not known; none where those of nearly all are, and where
    all stand behind a prefix."""
    framed = [line for line in lines if b'", line ' in line and FRAME.search(line)]
    if any(not is_known(ANSI.sub(b"", line)) for line in framed):
        return []
    found: list[bytes] = []
    known = behind = 0
    for asked, line in enumerate(_begun(lines[:SEEN]), 1):
        if _is_read(line):
            known += 1
        else:
            found.append(line)
            behind += knowledge.plain(line) != line
        if asked == FIRST and known > MOST_KNOWN * asked:
            return []
    # What stands before records and not before frames is a part of the records' heads.
    return [] if behind and not framed else found


def _is_read(line: bytes) -> bool:
    head = read_head(line)
    if head is None:
        return False
    timed = head.at is not None or bool(head.yearless) or _MAY_BE_TIMED.search(line, 0, LONGEST_HEAD) is None
    return head.record is not None or head.warned is not None or (head.level >= 0 and timed)


def _begun(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Lines that are no part of a traceback, and have no JSON in them, without their colours."""
    inside = False
    for raw in lines:
        line = (ANSI.sub(b"", raw) if b"\x1b" in raw else raw).rstrip(b"\r")
        if line.startswith(HEADER):
            inside = True
        elif inside and line[:1] not in (b" ", b"\t", b""):
            inside = False
        elif (
            line
            and not inside
            and b'{"' not in line
            and not line.startswith(_OF_TRACEBACK)
            and (not line.startswith(_NO_HEAD) or _RIGHT_ALIGNED.match(line))
        ):
            yield line


def _is_log(matched: Sequence[re.Match[bytes]], shape: Shape, lines: Sequence[bytes]) -> bool:
    """Whether levels without a time are those of a log, and not of a compiler or of a report on tests."""
    named = {
        levels.level_named(found["level"], shape.kind)
        for found in matched
        if found["level"].lower() not in _OF_COMPILERS
    }
    return len(named) > 1 and min(named) < 30 and not any(line.startswith(_PROGRESS) for line in lines[:SEEN])


def _names(line: bytes, found: re.Match[bytes]) -> bytes:
    """The logger and the process that a head names."""
    head = line[: found.end()]
    logger = next((one[0] for one in _LOGGER.finditer(head) if not one[0].endswith(_FILE)), b"")
    process = _PROCESS.search(head)
    return b" ".join(filter(None, (process[0] if process else b"", logger)))


def _head(stamp: bytes, level: bytes | None, kind: str, names: bytes) -> bytes:
    if level is None:
        return stamp + b" " if stamp else b""
    word = levels.TOLD.get(levels.level_named(level, kind), b"INFO")
    if stamp:
        return b" ".join(filter(None, (stamp, names, word))) + b" "
    return b"[%b] " % word
