"""Counts whole blocks that came before, but for their times, where they stand in the scanner's window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from forge_doctor.logs.echoes.telling import Said, said_by, teller_of
from forge_doctor.logs.problems.tally import Tally, tells_later
from forge_doctor.logs.problems.worker_kills import IN_ORDER
from forge_doctor.logs.recognition.chain_events import Telling
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.line_kind import says_again
from forge_doctor.logs.records.preceding_lines import may_have_route, may_tell_failure
from forge_doctor.logs.records.tracebacks.known_bodies import MOST_BODIES
from forge_doctor.logs.records.tracebacks.known_chains import Chains, Parts
from forge_doctor.logs.records.tracebacks.traceback_bodies import (
    JSON_END,
    JSON_LOG,
    JSON_TIME,
    Bodies,
    Body,
    Stamps,
    begins_alike,
    text_of,
)
from forge_doctor.logs.repeats.known_block import Began, Found, Repeat
from forge_doctor.logs.scan.region import BEFORE_BYTES
from forge_doctor.logs.scan.window import lines_before
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.line_head import Heads
from forge_doctor.streams.times.clock import parse_stamp

JSON_STREAM = b',"stream":'
LONGEST_FIRST = 1_000
LOOKED_AHEAD = 2_000
MOST_WAITING = 10_000


class Repeats:
    """The blocks seen, by what their first line has besides its times."""

    def __init__(self, heads: Heads, tally: Tally, unwrapper: Unwrapper) -> None:
        self.heads = heads
        self._tally = tally
        self.unwrapper = unwrapper
        self._known: dict[bytes, Bodies] = {}
        self._repeats: dict[tuple[bytes, Body], Repeat] = {}
        self._chains = Chains(heads, unwrapper)
        self._began: dict[bytes, Began | None] = {}
        self._varied: dict[tuple[object, Telling], Repeat] = {}
        self._carried: list[Repeat] = []
        self._waiting = 0
        # Asked of each block that is counted.
        self._may_echo, self._hear = tally.may_echo, tally.hear

    def find(self, window: bytearray, hit: int, lowest: int, end: int) -> Found | None:
        """The known block whose first line, not before `lowest`, has a literal at `hit` and that is over before `end`."""
        begin = window.rfind(b"\n", lowest, hit) + 1 or lowest
        body_begin = window.find(b"\n", hit, end) + 1
        if not begin < body_begin <= begin + LONGEST_FIRST:
            return None
        raw = bytes(window[begin:body_begin])
        if raw.startswith(JSON_LOG):
            stamps, (at, key) = Stamps.JSON, self._stamp(raw, Stamps.JSON)
        else:
            stamps, (at, key) = Stamps.NONE, self.heads.stamp(raw) or (None, b"\r" + raw)
        known = self._known.get(key)
        for body, after in () if known is None else known.at(window, body_begin, stamps):
            if after < end and self.is_over(raw, stamps, window, after, end):
                return Found(begin, after, self._repeats[key, body], raw, at, stamps)
        began = self._begun_by(raw, key, stamps) if self._chains.may_begin(window, body_begin, stamps) else None
        if began is None:
            return None
        chain = self._chains.find(
            window,
            body_begin,
            end,
            raw,
            stamps,
            lambda after: self.is_over(raw, stamps, window, after, end),
            new=not self._tally.mixing.begun,
        )
        repeat = None if chain is None else self._varied_repeat(began, chain.parts)
        if chain is None or repeat is None:
            return None
        if (key, chain.parts) == repeat.last:
            self._learn_text(key, repeat, bytes(window[body_begin : chain.after]), stamps)
        repeat.last = (key, chain.parts)
        return Found(begin, chain.after, repeat, raw, at, stamps, chain.parts)

    def _learn_text(self, key: bytes, repeat: Repeat, raw: bytes, stamps: Stamps) -> None:
        """Remember what came twice in a row with the same words: it is found sooner by its bytes."""
        text = text_of(raw, stamps)
        if text is None or len(self._known) >= MOST_BODIES:
            return
        body = Body(text=text, raw_lines=raw.count(b"\n"))
        if self._known.setdefault(key, Bodies()).add(body):
            same = repeat.last[1] == repeat.parts
            events = repeat.events if same else self._tally.chain_events(repeat.block, repeat.last[1])
            self._repeats[key, body] = Repeat(head=repeat.head, block=repeat.block, events=events)

    def _begun_by(self, raw: bytes, key: bytes, stamps: Stamps) -> Began | None:
        """The block that a line begins; None where it is none that can be counted by its tracebacks alone."""
        if key in self._began:
            return self._began[key]
        line = self.unwrapper.line(raw)
        head = self.heads.read(line.text)
        block, began = Block(line=line, head=head, offset=0, touched=0, literal=True), None
        if (
            head is not None
            and self._own_key(block, raw, stamps) is not None
            and (head.warned, head.origin) == (None, "app")
            and not tells_later(head)
        ):
            began = Began(head, block, self._tally.telling_head(head))
        if len(self._began) < MOST_BODIES:
            self._began[key] = began
        return began

    def _varied_repeat(self, began: Began, parts: Parts) -> Repeat | None:
        """What stands for all blocks with that telling head and these telling words; None where each counts for itself."""
        telling = (began.telling, self._tally.telling_words(parts))
        repeat = self._varied.get(telling)
        if repeat is None:
            if len(self._varied) >= MOST_BODIES:
                self.count_waiting()
                self._varied.clear()
            events = self._tally.chain_events(began.block, parts)
            repeat = self._varied[telling] = Repeat(head=began.head, block=began.block, events=events, parts=parts)
        return repeat if _are_countable(repeat.events) else None

    def count(self, found: Found, window: bytes | bytearray, base: int) -> None:
        """Count it, now or with others of its kind; the window begins at `base` in the source."""
        repeat, begin = found.repeat, found.begin
        offset = base + begin
        said = self._prepared(repeat) if repeat.said is None else repeat.said
        at, route = found.at, ""
        back = begin - BEFORE_BYTES if begin > BEFORE_BYTES else 0
        if at is None or (repeat.routed and may_tell_failure(window, back, begin)):
            at, route = self._seen(found, window, base)
        first, place = repeat.first.get(route), math.inf if at is None else at
        if first is not None and place >= first and not self._may_echo(said):
            own = None if found.parts == repeat.parts else partial(self._words_of, repeat, found.parts)
            self._hear(said, at, offset, own)
            waiting = repeat.waiting.get(route)
            if waiting is None:
                waiting = repeat.waiting[route] = []
            waiting.append(at)
            self._waiting += 1
            if self._waiting > MOST_WAITING:
                self.count_waiting()
            return
        seen = self._sighting(repeat, offset, at, route)
        same = found.parts == repeat.parts
        events = repeat.events if same else self._tally.chain_events(repeat.block, found.parts)
        counted = self._tally.count(events, seen, lambda: self._example(found, window), teller_of(repeat.head))
        if counted:
            repeat.first[route] = place

    def _words_of(self, repeat: Repeat, parts: Parts, number: int) -> str:
        """The words of an event of a block whose tracebacks have their own."""
        return self._tally.chain_events(repeat.block, parts)[number].message

    def _prepared(self, repeat: Repeat) -> tuple[Said, ...]:
        """What it tells, worked out once with all else that is the same each time."""
        self._tally.learn(repeat.events, repeat.block, repeat.parts)
        for part in repeat.parts:
            if part.frames.new:
                self._chains.know(part.frames)
        repeat.routed = may_have_route(repeat.head)
        teller, seen = teller_of(repeat.head), self._sighting(repeat, 0, None, "")
        repeat.said = tuple(said_by(event, seen, teller) for event in repeat.events)
        return repeat.said

    def _seen(self, found: Found, window: bytes | bytearray, base: int) -> tuple[float | None, str]:
        """The time and the route of a block, from the lines before it where they may tell one."""
        block = found.repeat.block
        block.before, block.marked = lines_before(window, found.begin, base), base + found.begin
        surroundings = self._tally.surroundings
        return surroundings.time(block) if found.at is None else found.at, surroundings.route(block)

    def count_waiting(self) -> None:
        """Count those that wait for others of their kind."""
        for repeat in (*self._repeats.values(), *self._varied.values(), *self._carried) if self._waiting else ():
            for route, times in repeat.waiting.items():
                seen = self._sighting(repeat, 0, None, route)
                self._tally.count_times(repeat.events, seen, times)
            repeat.waiting.clear()
        self._waiting = 0

    def learn(self, block: Block, raw: bytes, body: Body, stamps: Stamps) -> None:
        """Remember a block that was all head and known body, to count its repeats at once."""
        head, key = block.head, self._own_key(block, raw, stamps)
        if head is None or key is None or len(self._known) >= MOST_BODIES:
            return
        events = self._tally.events(block)
        if _are_countable(events) and self._known.setdefault(key, Bodies()).add(body):
            self._repeats[key, body] = Repeat(head=head, block=block, events=events)

    def repeat_of(self, block: Block) -> Repeat | None:
        """What stands for all blocks that differ from it in nothing but times; None where each counts for itself."""
        events = self._tally.events(block)
        if block.head is None or tells_later(block.head) or not _are_countable(events):
            return None
        repeat = Repeat(head=block.head, block=block, events=events)
        self._carried.append(repeat)
        return repeat

    def learn_frames(self, raw: bytes, texts: Sequence[bytes], stamps: Stamps) -> None:
        """Remember the frames in lines of a block that came in a row, to know them whatever words are between them."""
        self._chains.learn(raw, texts, stamps)

    def is_over(self, raw: bytes, stamps: Stamps, data: bytes | bytearray, after: int, end: int) -> bool:
        """Whether the block that began with the line `raw` ends at `after`: what its stream has next, before `end`,
        is a head."""
        if stamps is Stamps.NONE:
            if begins_alike(raw, data, after, end):
                return True
            following = bytes(data[after : data.find(b"\n", after, min(end, after + LONGEST_FIRST)) + 1])
        elif stamps is Stamps.JSON:
            following = _next_of_stream(raw, bytes(data[after : min(end, after + LOOKED_AHEAD)]))
            if begins_alike(raw[len(JSON_LOG) :], following[len(JSON_LOG) :]):
                return True
        else:
            return False
        return bool(following) and self._is_head(following, bytes(data[data.rfind(b"\n", 0, after - 1) + 1 : after]))

    def _is_head(self, raw: bytes, above: bytes) -> bool:
        line = self.unwrapper.line(raw)
        if b":  " in raw and says_again(line.text, self.unwrapper.line(above).text):
            return False
        head = None if line.partial or line.service or line.worker else self.heads.read(line.text)
        return head is not None and not (head.level == 0 and head.origin == "postgresql")

    def _stamp(self, raw: bytes, stamps: Stamps) -> tuple[float | None, bytes]:
        """The time that counts in a block's first line, and all of the line but its times."""
        if stamps is not Stamps.JSON:
            return self.heads.stamp(raw) or (None, b"\r" + raw)
        cut = raw.rfind(JSON_TIME)
        text = raw[len(JSON_LOG) : max(0, cut)]
        at, rest = self.heads.stamp(text) or (None, text)
        # With what no line of text begins with, as the key of an entry.
        return (parse_stamp(raw[cut + len(JSON_TIME) :]) if at is None else at), b"\n" + rest

    def _own_key(self, block: Block, raw: bytes, stamps: Stamps) -> bytes | None:
        """What a block's first line has besides its times; None where it is not all that counts."""
        head, line = block.head, block.line
        if head is None or head.record is not None or not block.literal:
            return None
        at, key = self._stamp(raw, stamps)
        own = at == (line.at if head.at is None else head.at) and self._is_whole(block, raw, stamps)
        return key if own else None

    def _is_whole(self, block: Block, raw: bytes, stamps: Stamps) -> bool:
        """Whether the raw line is all of the block's first, with no prefix but docker's."""
        line = block.line
        if stamps is Stamps.NONE:
            return line.text == raw.rstrip(b"\r\n")
        whole = stamps is Stamps.JSON and not line.service and not line.worker
        return whole and self.unwrapper.line(raw).text == line.text

    def _sighting(self, repeat: Repeat, offset: int, at: float | None, route: str) -> Sighting:
        head, line = repeat.head, repeat.block.line
        source, worker = self._tally.source_of(line), line.worker or head.worker
        return Sighting(source, offset, at, worker, route, head.sqlstate, head.origin)

    def _example(self, found: Found, window: bytes | bytearray) -> str:
        text, stamps = bytes(window[found.begin : found.after]) if found.text is None else found.text(), found.stamps
        if stamps is Stamps.JSON:
            text = b"\n".join(self.unwrapper.line(raw).text for raw in text.splitlines())
        return text.replace(b"\r\n", b"\n").decode("utf-8", "replace")


def _are_countable(events: tuple[Event, ...]) -> bool:
    """Whether each time that they are seen counts, whatever was seen before."""
    return all(not event.once and not event.starting and event.signature not in IN_ORDER for event in events)


def _next_of_stream(raw: bytes, rest: bytes) -> bytes:
    """The first whole line of docker's file in `rest` that is of the same stream as `raw`; empty without one."""
    stream = raw[raw.rfind(JSON_STREAM) : raw.rfind(JSON_TIME) + len(JSON_TIME)]
    lines = rest.splitlines(keepends=True)
    return next((line for line in lines if line.endswith(JSON_END) and stream and stream in line), b"")
