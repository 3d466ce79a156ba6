"""Counts whole blocks that came before, but for their time, without reading them again."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from forge_doctor.logs.block import Block
from forge_doctor.logs.event import Event, Sighting
from forge_doctor.logs.head import Head, Heads
from forge_doctor.logs.memo import MOST_BODIES, MOST_LOOKS, Body, begins_alike
from forge_doctor.logs.redact import redact
from forge_doctor.logs.tally import KILLS, Tally
from forge_doctor.logs.window import Window


@dataclass(frozen=True, slots=True)
class Repeat:
    """A block that is nothing but a head and a known body, and what it comes to."""

    body: Body
    head: Head
    block: Block
    events: tuple[Event, ...]


class Repeats:
    """The blocks seen, by what follows the time in their first line."""

    def __init__(self, heads: Heads, tally: Tally) -> None:
        self._heads = heads
        self._tally = tally
        self._known: dict[bytes, list[Repeat]] = {}

    def count(self, window: Window, target: int, begin: int) -> int:
        """Count a whole block that was read before but for its time; where it ends, or 0."""
        data = window.data
        begin = window.line_of(target, begin)
        end = data.find(b"\n", target) + 1
        stamp = self._heads.stamp(data[begin:end])
        if stamp is None:
            return 0
        at, rest = stamp
        for known in self._known.get(rest, ()):
            after = end + len(known.body.text)
            if data.startswith(known.body.text, end) and begins_alike(data[begin:end], data[after : after + 32]):
                offset = window.offset + begin
                known.block.before, known.block.marked = window.before(offset), offset
                seen = Sighting(
                    self._tally.source, offset, at, known.head.worker, "", known.head.sqlstate, known.head.origin
                )
                seen.route = self._tally.surroundings.route(known.block)
                self._tally.count(known.events, seen, functools.partial(_plain_example, data, begin, after))
                window.jump()
                return after
        return 0

    def learn(self, block: Block, raw: bytes, body: Body) -> None:
        """Remember a block that was all head and known body, to count its repeats at once."""
        stamp = self._heads.stamp(raw) if block.line.text == raw.rstrip(b"\r\n") else None
        if stamp is None or block.head is None or block.head.record is not None or not block.literal:
            return
        if len(self._known) >= MOST_BODIES:
            return
        known = self._known.setdefault(stamp[1], [])
        events = self._tally.events(block)
        timeless = all(not event.once and event.signature not in KILLS for event in events)
        if len(known) < MOST_LOOKS and timeless and block.head.at is not None:
            known.append(Repeat(body=body, head=block.head, block=block, events=events))


def _plain_example(data: bytes, begin: int, end: int) -> str:
    return redact(data[begin:end].decode("utf-8", "replace").rstrip("\n"))
