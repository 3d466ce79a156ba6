"""Counts whole blocks that came before, but for their times, without reading them again."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from forge_doctor.logs.block import Block
from forge_doctor.logs.clock import parse_stamp
from forge_doctor.logs.event import Event, Sighting
from forge_doctor.logs.head import Head, Heads
from forge_doctor.logs.line_format import Unwrapper
from forge_doctor.logs.memo import (
    JSON_LOG,
    JSON_TIME,
    MOST_BODIES,
    MOST_LOOKS,
    Body,
    Stamps,
    begins_alike,
    match_any,
)
from forge_doctor.logs.redact import redact
from forge_doctor.logs.tally import KILLS, Tally
from forge_doctor.logs.window import Window

JSON_STREAM = b',"stream":'


@dataclass(frozen=True, slots=True)
class Repeat:
    """A block that is nothing but a head and a known body, and what it comes to."""

    body: Body
    head: Head
    block: Block
    events: tuple[Event, ...]


class Repeats:
    """The blocks seen, by what their first line has besides its times."""

    def __init__(self, heads: Heads, tally: Tally, unwrapper: Unwrapper) -> None:
        self._heads = heads
        self._tally = tally
        self._unwrapper = unwrapper
        self._known: dict[bytes, dict[Body, Repeat]] = {}

    def count(self, window: Window, target: int, begin: int) -> int:
        """Count a whole block that was read before but for its times; where it ends, or 0."""
        data = window.data
        begin = window.line_of(target, begin)
        end = data.find(b"\n", target) + 1
        raw = data[begin:end]
        stamps = Stamps.JSON if raw.startswith(JSON_LOG) else Stamps.NONE
        at, key = self._stamp(raw, stamps)
        known = self._known.get(key)
        found = match_any(known, data, end, stamps) if known else None
        if not known or found is None or not self.is_over(raw, stamps, data, found[1]):
            return 0
        repeat, after = known[found[0]], found[1]
        block, head, offset = repeat.block, repeat.head, window.offset + begin
        block.before, block.marked = window.before(offset), offset
        seen = Sighting(self._tally.source, offset, at, head.worker, "", head.sqlstate, head.origin)
        seen.route = self._tally.surroundings.route(block)
        self._tally.count(repeat.events, seen, functools.partial(self._example, data, begin, after, stamps))
        window.jump()
        return after

    def learn(self, block: Block, raw: bytes, body: Body, stamps: Stamps) -> None:
        """Remember a block that was all head and known body, to count its repeats at once."""
        head, line = block.head, block.line
        if head is None or head.record is not None or not block.literal or len(self._known) >= MOST_BODIES:
            return
        at, key = self._stamp(raw, stamps)
        if (
            not key
            or at is None
            or at != (line.at if head.at is None else head.at)
            or not self._is_whole(block, raw, stamps)
        ):
            return
        events = self._tally.events(block)
        known = self._known.setdefault(key, {})
        if len(known) < MOST_LOOKS and all(not event.once and event.signature not in KILLS for event in events):
            known.setdefault(body, Repeat(body=body, head=head, block=block, events=events))

    def is_over(self, raw: bytes, stamps: Stamps, data: bytes, end: int) -> bool:
        """Whether the block that began with the line `raw` ends before the line at `end`: that is the next head."""
        if stamps is Stamps.NONE:
            return begins_alike(raw, data[end : end + 32])
        following = data[end : data.find(b"\n", end) + 1]
        stream = raw[raw.rfind(JSON_STREAM) : raw.rfind(JSON_TIME) + len(JSON_TIME)]
        if stamps is Stamps.FRONT or not stream or stream not in following:
            return False
        start = len(JSON_LOG)
        return begins_alike(raw[start:], following[start : start + 32]) or self._is_head(following)

    def _is_head(self, raw: bytes) -> bool:
        line = self._unwrapper.line(raw)
        head = None if line.partial or line.service or line.worker else self._heads.read(line.text)
        return head is not None and not (head.level == 0 and head.origin == "postgresql")

    def _stamp(self, raw: bytes, stamps: Stamps) -> tuple[float | None, bytes]:
        """The time that counts in a block's first line, and all of the line but its times; empty where it can't be told."""
        if stamps is not Stamps.JSON:
            return self._heads.stamp(raw) or (None, b"")
        cut = raw.rfind(JSON_TIME)
        text = raw[len(JSON_LOG) : max(0, cut)]
        at, rest = self._heads.stamp(text) or (None, text)
        # With what no line of text begins with, as the key of an entry.
        return (parse_stamp(raw[cut + len(JSON_TIME) :]) if at is None else at), b"\n" + rest

    def _is_whole(self, block: Block, raw: bytes, stamps: Stamps) -> bool:
        """Whether the raw line is all of the block's first, with no prefix but docker's."""
        line = block.line
        if stamps is Stamps.NONE:
            return line.text == raw.rstrip(b"\r\n")
        whole = stamps is Stamps.JSON and not line.service and not line.worker
        return whole and self._unwrapper.line(raw).text == line.text

    def _example(self, data: bytes, begin: int, end: int, stamps: Stamps) -> str:
        text = data[begin:end]
        if stamps is Stamps.JSON:
            text = b"\n".join(self._unwrapper.line(raw).text for raw in text.splitlines())
        return redact(text.decode("utf-8", "replace").rstrip("\n"))
