"""Counts blocks that came before, but for their times, where they stand behind what a carrier puts round each line.

A block's first line is translated each time; of the others only the bytes are held against those seen before, the
places left out where two blocks of the same words differed: the digits of times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.lane import Lane
from forge_doctor.logs.records.line_kind import says_again
from forge_doctor.logs.records.tracebacks.traceback_bodies import Stamps, begins_alike
from forge_doctor.logs.repeats.carried_body import Alike, Body
from forge_doctor.logs.repeats.known_block import Found
from forge_doctor.logs.repeats.repeat import Repeats
from forge_doctor.logs.scan.reach import FRAME_MARKERS
from forge_doctor.logs.scan.region import BEFORE_BYTES
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.line import Line

LONGEST_FIRST = 2_000
LONGEST_BODY = 64 << 10
MOST_ALIKE = 64
MOST_KNOWN = 500
MOST_TRIES = 256
# So many lines of other streams may stand between a block and the next record of its own.
LOOKED_AHEAD = 8

# Raw lines as told lines, without counting them.
Translate = Callable[[bytes], bytes]
Key = tuple[str, str, str, bool, bytes]


class First(NamedTuple):
    """A block's first line: as a told line, what it is, what of it is no time, and what stands before its text."""

    told: bytes
    line: Line
    at: float | None
    key: Key
    before: bytes


class Behind(NamedTuple):
    """A known block between two places of a window."""

    begin: int
    after: int
    first: First
    body: Body

    def told(self, place: int, text: Callable[[], bytes]) -> Found:
        """The same for a reader of told lines, which has only those before that place."""
        return Found(place, place, self.body.repeat, self.first.told, self.first.at, Stamps.NONE, text=text)


class CarriedRepeats:
    """The blocks seen behind a carrier, by their first lines."""

    def __init__(self, repeats: Repeats, translate: Translate) -> None:
        self._repeats = repeats
        self._translate = translate
        self._known: dict[Key, Alike] = {}
        self._texts: dict[tuple[Key, bytes], Body] = {}
        self._tries = MOST_TRIES

    def find(self, window: bytearray, hit: int, lowest: int, end: int) -> Behind | None:
        """The known block whose first line, not before `lowest`, has a literal at `hit`, and that is over before `end`."""
        begin = window.rfind(b"\n", lowest, hit) + 1 or lowest
        body_begin = window.find(b"\n", hit, end) + 1
        if not begin < body_begin <= begin + LONGEST_FIRST or not (self._known or self._tries):
            return None
        first = self._first(bytes(window[begin:body_begin]))
        if first is None:
            return None
        known = self._known.get(first.key)
        for body in () if known is None else known.at(window, body_begin):
            if body.is_at(window, body_begin, end):
                after = body_begin + len(body.raw)
                if self._goes_before_record(body, first, window, after, end) or self._is_over(
                    first.line, window, after, end
                ):
                    self._tries = min(MOST_TRIES, self._tries + 1)
                    return Behind(begin, after, first, body)
        if self._tries:
            self._tries -= 1
            self._look(first, window, body_begin, min(end, begin + LONGEST_BODY))
        return None

    def texts(self, raw: bytes) -> bytes:
        """What the program wrote in raw lines."""
        lines = self._translate(raw).splitlines(keepends=True)
        return b"".join(self._repeats.unwrapper.line(line).text + b"\n" for line in lines)

    def _first(self, raw: bytes) -> First | None:
        """The line, if a record begins with it that can be told by its first line."""
        told = self._translate(raw)
        line = self._line(told)
        if line is None:
            return None
        own = self._repeats.heads.stamp(line.text)
        at, rest = own or (None, line.text)
        key = (line.service, line.stream, line.worker, own is None, rest)
        # Of what begins with a time the rest decides; but for a field of CSV.
        if (own is None or rest[:1] == b'"' or key not in self._known) and not self._is_first(line, at):
            return None
        before = raw[: -len(line.text) - 1] if raw.endswith(line.text + b"\n") else b""
        return First(told, line, line.at if at is None else at, key, before)

    def _is_first(self, line: Line, at: float | None) -> bool:
        """Whether a program's record begins with the line that is all in it, at that time."""
        head = self._head(line)
        if head is None or head.record is not None or head.warned is not None:
            return False
        return head.origin == "app" and at == head.at

    def _line(self, told: bytes) -> Line | None:
        """One told line; None where it is several, or not all of one."""
        line = self._repeats.unwrapper.line(told) if told.count(b"\n") == 1 else None
        return None if line is None or line.partial else line

    def _head(self, line: Line) -> Head | None:
        head = self._repeats.heads.read(line.text)
        return None if head is not None and head.level == 0 and head.origin == "postgresql" else head

    def _goes_before_record(self, body: Body, first: First, window: bytearray, after: int, end: int) -> bool:
        """Whether the line behind a block is told for its stream's next record by its bytes."""
        begin = after + len(first.before)
        stop = window.find(b"\n", begin, end)
        return (
            stop > begin > after
            and begins_alike(first.line.text, window, begin)
            and body.is_before(window, after, first.before)
            and window.find(b":  ", begin, stop) < 0
        )

    def _is_over(self, first: Line, window: bytearray, after: int, end: int) -> bool:
        """Whether the next line of the block's stream begins a record."""
        above = bytes(window[window.rfind(b"\n", 0, after - 1) + 1 : after])
        for _ in range(LOOKED_AHEAD):
            stop = window.find(b"\n", after, end) + 1
            line = self._line(self._translate(bytes(window[after:stop]))) if stop else None
            if line is None:
                return False
            if _stream(line) == _stream(first):
                # Of what begins alike only a server's line may go on with a record.
                alike = begins_alike(first.text, line.text) and b":  " not in line.text
                return alike or (self._head(line) is not None and not says_again(line.text, above))
            after = stop
        return False

    def _look(self, first: First, window: bytearray, begin: int, end: int) -> None:
        """Remember the block that begins there, or what differs in it from one of the same words."""
        lines: list[Line] = []
        texts: list[bytes] = []
        at, marked = begin, begin
        while (stop := window.find(b"\n", at, end) + 1) > 0:
            raw = bytes(window[at:stop])
            told = self._translate(raw)
            line = self._line(told)
            if line is None:
                return
            begun = self._repeats.heads.read(line.text) is not None
            if _stream(line) != _stream(first.line) or (
                begun and not (lines and says_again(line.text, lines[-1].text))
            ):
                if lines and at - marked <= BEFORE_BYTES // 2 and self._is_over(first.line, window, at, end):
                    self._learn(first, lines, bytes(window[begin:at]), b"".join(texts))
                return
            if max(map(raw.find, FRAME_MARKERS)) >= 0:
                marked = stop
            elif stop - marked > BEFORE_BYTES:
                return
            lines.append(line)
            texts.append(told)
            at = stop

    def _learn(self, first: First, lines: list[Line], raw: bytes, told: bytes) -> None:
        name = (first.key, b"\n".join(line.text for line in lines))
        known = self._texts.get(name)
        alike = self._known.get(first.key)
        if known is not None:
            if known.learn(raw):
                self._known.setdefault(first.key, Alike()).add(known)
        elif len(self._texts) < MOST_KNOWN and (alike is None or len(alike.known) < MOST_ALIKE):
            block = _block(first, self._head(first.line), lines)
            repeat = None if block is None else self._repeats.repeat_of(block)
            if repeat is not None:
                self._texts[name] = Body(raw=raw, told=told, repeat=repeat)


def _stream(line: Line) -> tuple[str, str, str]:
    return line.service, line.stream, line.worker


def _block(first: First, head: Head | None, lines: list[Line]) -> Block | None:
    """The block of these lines; None where they are not one that is complete."""
    lane = Lane()
    block = Block(line=first.line, head=head, offset=0, touched=0, literal=True)
    done = list(lane.begin(block))
    for number, line in enumerate(lines, 1):
        done += lane.go_on(line, 0, number)
    whole = not lane.unfinished and not lane.waiting
    return block if whole and [*done, *lane.close()] == [block] else None
