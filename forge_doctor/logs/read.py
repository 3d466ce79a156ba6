"""Reads regions of one source into a summary: lines to blocks, blocks to events, events to groups."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from forge_doctor.logs.block import Block, Lane
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.event import Event
from forge_doctor.logs.head import Head, read_head
from forge_doctor.logs.line_format import Unwrapper
from forge_doctor.logs.marks import MARKS
from forge_doctor.logs.match import catalogue
from forge_doctor.logs.recognise import Recogniser
from forge_doctor.logs.record import BEFORE_BYTES, Line, Region
from forge_doctor.logs.redact import redact
from forge_doctor.logs.scan import AFTER_BYTES, FRAME_MARKERS, Wanted, wanted_lines
from forge_doctor.logs.summary import Summary

LONGEST_LINE = 4 << 20
REPEATED_WITHIN = 1 << 16
"""The same object complained of twice within so many bytes is one event printed twice."""

_ACCESS = re.compile(rb'"?\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S+) HTTP/[\d.]+"? (\d{3})\b')
_VARIABLE = re.compile(r"/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,})(?=/|$)", re.IGNORECASE)
_ASGI = b"Exception in ASGI application"
_TIMED_OUT = re.compile(rb"WORKER TIMEOUT \(pid: ?(\d+)\)")
_KILLED = re.compile(r"(?:pid:|with pid )(\d+)")


@dataclass(slots=True)
class _Context:
    """What earlier lines of a service say about the next event."""

    at: float | None = None
    at_offset: int = -1
    routes: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=32))


class Reader:
    """Reads one source. Feed regions in order, then `finish`.

    A region that does not begin where the last one ended means that quiet lines were left out:
    what is open is closed and the context forgotten.
    """

    def __init__(self, source: str, rules: Rules | None = None, wanted: Wanted | None = None) -> None:
        self.source = source
        self.rules = rules or Rules()
        self._wanted = wanted or wanted_lines()
        self.summary = Summary()
        self._unwrapper = Unwrapper(self.rules.reference, self.rules.zone_s)
        self._recogniser = Recogniser(self.rules, catalogue())
        self._lanes: dict[tuple[str, str, str], Lane] = {}
        self._contexts: dict[str, _Context] = {}
        self._partial: dict[tuple[str, str, str], tuple[Line, int]] = {}
        self._seen: dict[str, int] = {}
        self._timed_out: set[str] = set()
        self._end = 0
        self._number = 0
        self._marked_end = 0
        self._loud = False

    def feed(self, region: Region) -> None:
        """Read the next region."""
        if region.offset != self._end:
            self.settle()
            self._contexts.clear()
        data, begin = region.data, 0
        hits = iter([*self._wanted.engine.search(data), len(data) + 1])
        hit = next(hits)
        while begin < len(data):
            end = data.find(b"\n", begin) + 1 or len(data)
            raw = data[begin:end]
            self._take(raw, region.offset + begin, region.stream, hit < end)
            while hit < end:
                hit = next(hits)
            begin = end
        self._end = region.offset + len(data)

    def settle(self) -> None:
        """Close what is open, as at the end of a log."""
        self._loud = False
        for line, offset in self._partial.values():
            self._line(replace_partial(line), offset)
        self._partial.clear()
        for lane in self._lanes.values():
            for block in lane.close():
                self._judge(block)

    def finish(self) -> Summary:
        """Close what is open and give the summary."""
        self.settle()
        return self.summary

    def _take(self, raw: bytes, offset: int, stream: str, literal: bool) -> None:
        self._number += 1
        framed = literal or any(marker in raw for marker in FRAME_MARKERS)
        if framed:
            self._marked_end = offset + len(raw)
        elif offset + len(raw) > self._marked_end + AFTER_BYTES and self._loud:
            self.settle()
        line = self._unwrapper.line(raw, stream)
        key = (line.service, line.stream, line.worker)
        begun = self._partial.pop(key, None)
        if begun is not None:
            first, offset = begun
            line.text, line.at = first.text + line.text, first.at
        if line.partial and len(line.text) < LONGEST_LINE:
            self._partial[key] = (line, offset)
        else:
            block = self._line(line, offset)
            if framed and block is not None:
                self._loud = True
                block.mark(offset, self._number, literal)

    def _line(self, line: Line, offset: int) -> Block | None:
        """Give a whole line to its lane; the block that has it now."""
        lane = self._lane(line)
        if len(line.text) > LONGEST_LINE:
            line.text = line.text[:LONGEST_LINE]
        head = read_head(line.text, self.rules.zone_s)
        if head is None:
            closed: Iterable[Block] = lane.go_on(line, offset, self._number)
        elif head.level == 0 and head.origin == "postgresql" and lane.current is not None:
            closed = lane.go_on(line, offset, self._number)
        else:
            closed = lane.begin(Block(line=line, head=head, offset=offset, touched=self._number))
            self._note(line, head, offset)
        for block in closed:
            self._judge(block)
        return lane.last

    def _lane(self, line: Line) -> Lane:
        key = (line.service, line.stream, line.worker)
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) > 256:
                self.settle()
                self._lanes.clear()
            lane = self._lanes[key] = Lane()
        return lane

    def _context(self, service: str) -> _Context:
        return self._contexts.setdefault(service, _Context())

    def _note(self, line: Line, head: Head, offset: int) -> None:
        """Remember what this record says about later ones: the time, the route, a start, a killed worker."""
        context = self._context(line.service)
        at = head.at if head.at is not None else line.at
        if at is not None:
            context.at, context.at_offset = at, offset
        if b"HTTP/" in head.message:
            found = _ACCESS.search(head.message)
            if found and found[3] >= b"500":
                context.routes.append((offset, _route(found)))
        elif head.level <= 20 or head.origin != "app":
            for text, name in MARKS:
                if text in head.message:
                    self.summary.mark(name, at)
        found = _TIMED_OUT.search(head.message)
        if found:
            self._timed_out.add(found[1].decode())

    def _judge(self, block: Block) -> None:
        if not block.literal:
            return
        for told in self._recogniser.events(block):
            event = self._placed(told, block)
            if not self._repeated(event):
                self.summary.add(event, lambda: _example(block))

    def _placed(self, event: Event, block: Block) -> Event:
        """The event with the block's time, place, worker and route."""
        line, head = block.line, block.head
        context = self._context(line.service)
        at = head.at if head is not None and head.at is not None else line.at
        if at is None and block.marked - BEFORE_BYTES <= context.at_offset <= block.marked:
            at = context.at
        return replace(
            event,
            at=at,
            source=f"{self.source} {line.service}".strip() if line.service else self.source,
            offset=block.offset,
            worker=line.worker or (head.worker if head is not None else ""),
            route=_named_route(event) or self._route(block, context),
            origin=head.origin if head is not None else "app",
            sqlstate=event.sqlstate or (head.sqlstate if head is not None else ""),
        )

    def _route(self, block: Block, context: _Context) -> str:
        head = block.head
        if head is None:
            return ""
        if head.record is not None and head.record.route:
            return _generalised(head.record.route)
        if _ASGI not in head.message:
            return ""
        near = [one for one in context.routes if block.marked - BEFORE_BYTES <= one[0] <= block.offset]
        if not near:
            return ""
        context.routes.remove(near[-1])
        return near[-1][1]

    def _repeated(self, event: Event) -> bool:
        """Whether this was counted already, or is gunicorn's own kill after a timeout."""
        if event.signature in ("worker-oom", "worker-signal-old"):
            found = _KILLED.search(event.message)
            return found is not None and found[1] in self._timed_out
        if not event.once:
            return False
        before = self._seen.get(event.once)
        self._seen[event.once] = event.offset
        if len(self._seen) > 10_000:
            self._seen = {key: at for key, at in self._seen.items() if event.offset - at <= REPEATED_WITHIN}
        return before is not None and event.offset - before <= REPEATED_WITHIN


def replace_partial(line: Line) -> Line:
    """The line as if it were whole."""
    line.partial = False
    return line


def _route(found: re.Match[bytes]) -> str:
    return _generalised(f"{found[1].decode()} {found[2].decode('utf-8', 'replace')}")


def _named_route(event: Event) -> str:
    """The route FastAPI named after the message."""
    return event.endpoint.code if event.endpoint is not None and "/" in event.endpoint.code else ""


def _generalised(route: str) -> str:
    """The route without its query, its numbers as `{id}`."""
    return _VARIABLE.sub("/{id}", redact(route.partition("?")[0]))


def _example(block: Block) -> str:
    """The whole block, secrets taken out."""
    head = block.head
    parts = [block.line.text if head is None or head.record is None else head.message] if head is not None else []
    parts += block.lines
    text = b"\n".join(parts).decode("utf-8", "replace")
    if head is not None and head.record is not None and head.record.trace not in ("", head.record.message):
        text = f"{text.rstrip()}\n{head.record.trace}"
    return redact(text.rstrip("\n"))
