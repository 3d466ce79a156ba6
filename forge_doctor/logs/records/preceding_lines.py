"""What the lines shortly before a block say about it: the route that failed, the time; parsed only when asked."""

from __future__ import annotations

from collections import deque

from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.failed_requests import FAILED, general_route, request_in
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.heads.line_head import read_head

_ASGI = b"Exception in ASGI application"
_CLOCK = regex(rb"\d\d:\d\d:\d\d")
_ESCAPE = b"\x1b"
_REMEMBERED = 64


class Surroundings:
    """Looks back from blocks; a failed request belongs to one block only."""

    def __init__(self, unwrapper: Unwrapper, zone_s: float) -> None:
        self._unwrapper = unwrapper
        self._zone_s = zone_s
        self._used: deque[int] = deque(maxlen=_REMEMBERED)

    def route(self, block: Block) -> str:
        """The route of the request that failed: from the record, else from the access log's line before it."""
        head = block.head
        if head is None:
            return ""
        text = block.before
        if not may_have_route(head):
            return ""
        if head.record is not None and head.record.route:
            return general_route(head.record.route)
        if not may_tell_failure(text, 0, len(text)):
            return ""
        for failed in reversed(list(FAILED.finditer(text))):
            begin = text.rfind(b"\n", 0, failed.start()) + 1
            place = block.marked - len(text) + begin
            route = request_in(text[begin : failed.start()])
            if route and place not in self._used and self._is_of(block, text[begin : failed.end()]):
                self._used.append(place)
                return route
        return ""

    def time(self, block: Block) -> float | None:
        """The time of the last record before a block that has none of its own."""
        if not _CLOCK.search(block.before):
            return None
        for raw in reversed(block.before.split(b"\n")):
            line = self._unwrapper.line(raw)
            if line.service != block.line.service:
                continue
            head = read_head(line.text, self._zone_s) if _CLOCK.search(line.text) else None
            at = head.at if head is not None and head.at is not None else line.at
            if at is not None:
                return at
        return None

    def _is_of(self, block: Block, line: bytes) -> bool:
        """Whether the raw line comes from the block's service."""
        return not block.line.service or self._unwrapper.line(line).service == block.line.service


def may_have_route(head: Head) -> bool:
    """Whether the record itself names the route of a request that failed, or the access log's line before it may."""
    return _ASGI in head.message or (head.record is not None and head.record.route != "")


def may_tell_failure(text: bytes | bytearray, begin: int, end: int) -> bool:
    """Whether a failed request may be among these bytes: told at a tenth of what looking for one costs."""
    # From the end on, as CPython looks for a few bytes three times faster that way.
    return text.rfind(b'" 5', begin, end) >= 0 or text.find(_ESCAPE, begin, end) >= 0
