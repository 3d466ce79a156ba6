"""Turns a block into events: the root of its chain, the user's line; a wrapper alone gives nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from forge_doctor.dataclass import replace
from forge_doctor.logs.boxes.rich_box import BOX
from forge_doctor.logs.contexts.quoted import without_quotes
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.match import Catalogue
from forge_doctor.logs.recognition.handled import Handled, handled, is_debug
from forge_doctor.logs.recognition.message_events import MessageEvents
from forge_doctor.logs.recognition.section_events import SectionEvents
from forge_doctor.logs.recognition.statement import statement_of, without_secrets
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.block_text import has_part_of_trace, lines_of
from forge_doctor.logs.records.event import Culprit, Event
from forge_doctor.logs.records.failed_requests import tells_failed
from forge_doctor.logs.records.line_kind import State
from forge_doctor.logs.records.template import alike
from forge_doctor.logs.records.tracebacks.known_chains import places_of
from forge_doctor.logs.records.tracebacks.lost_layout import is_wrapped, rejoined
from forge_doctor.logs.records.tracebacks.traceback_bodies import Body
from forge_doctor.logs.records.tracebacks.traceback_text import Parser, parse_traces, parser_after
from forge_doctor.regex import regex
from forge_doctor.sql.own import is_own
from forge_doctor.streams.heads.frames import Section
from forge_doctor.streams.heads.head import Head

# Where a traceback goes through that ends the start of a server, a worker or a migration.
_STARTS = regex(
    r"(?:^|/)(?:uvicorn/importer\.py import_from_string|starlette/routing\.py (?:lifespan|startup|__aenter__)"
    r"|gunicorn/util\.py import_app|hypercorn/utils\.py load_application|celery/app/utils\.py find_app"
    r"|alembic/(?:config\.py main|command\.py upgrade)|daphne/cli\.py run|granian/_internal\.py load_(?:target|module))$"
)
_ACCESS = regex(
    rb"(?i)^(?:handled|finished|completed|served) request$|^request (?:handled|finished|completed|ended)$|^access$"
)
_COMMON = b"Exception in ASGI application"
_CACHE_SIZE = 4096
_MOST_BEGUN = 1024
_BOX = BOX.encode()

_LOST = b"--- Logging error"


class Recogniser:
    """Blocks in, events out; what was parsed once is remembered by its text."""

    def __init__(self, rules: Rules, catalogue: Catalogue) -> None:
        self.rules = rules
        self.catalogue = catalogue
        self.sections = SectionEvents(rules, catalogue)
        self.messages = MessageEvents(rules, catalogue)
        self.cache: dict[object, tuple[Event, ...]] = {}
        self._begun: dict[object, Parser] = {}
        self._last: tuple[Block | None, int, list[tuple[Section, ...]]] = (None, 0, [])

    def events(self, block: Block) -> tuple[Event, ...]:
        """What went wrong in this block; no line is blamed where lines of another traceback may stand in it."""
        found = self._events(block)
        return tuple(map(_unsure, found)) if block.doubtful else found

    def _events(self, block: Block) -> tuple[Event, ...]:
        head = block.head
        if head is not None and not block.lines and head.record is None and not self.messages.tells(head, head.message):
            return ()
        known = block.body_lines if block.body is not None else 0
        key = (id(block.body), known, b"\n".join(block.lines[known:]), *self.telling_head(head))
        found = self.cache.get(key)
        if found is None:
            sent = statement_of(head, block.lines)
            if is_own(sent):
                return ()
            statement = without_secrets(sent)
            found = self._keep(key, tuple(replace(event, statement=statement) for event in self.read(block)))
        return found or self._stated(block)

    def _keep(self, key: object, events: tuple[Event, ...]) -> tuple[Event, ...]:
        if len(self.cache) >= _CACHE_SIZE:
            self.cache.clear()
        self.cache[key] = events
        return events

    def _stated(self, block: Block) -> tuple[Event, ...]:
        """What a record says at ERROR or above that has no traceback, and that nobody knows: its template.

        A traceback squeezed into a few columns is none.
        """
        head = block.head
        if (
            head is None
            or head.level < 40
            or not self.messages.tells(head, head.message)
            or (block.state is not State.MESSAGE and self.traces(block))
        ):
            return ()
        if _is_access(block.line.text, head):
            return ()
        text = alike(head.message)
        key = (text, head.origin, head.level >= 50)
        found = self.cache.get(key)
        return self._keep(key, tuple(self.messages.stated(head, text))) if found is None else found

    def telling_head(self, head: Head | None) -> tuple[object, ...]:
        """What of a head decides."""
        return (self._message(head), self._kind(head))

    def _message(self, head: Head | None) -> bytes:
        """The head's message, where it can matter."""
        if head is None or head.message == _COMMON:
            return b""
        named = head.warned is not None or self.catalogue.has_literal(head.message) or has_part_of_trace(head.message)
        return head.message if named else b""

    def _kind(self, head: Head | None) -> object:
        """What else of the head decides."""
        if head is None:
            return None
        record = head.record
        trace = (record.trace, record.sections) if record else None
        severe = head.level >= 30 or head.level < 0
        return (
            severe,
            head.origin,
            head.sqlstate,
            head.statement,
            head.message == _COMMON,
            trace,
            handled(head),
            is_debug(head),
        )

    def read(self, block: Block, traces: Sequence[tuple[Section, ...]] | None = None) -> Iterator[Event]:
        """The events of a block, whose tracebacks may be known."""
        head = block.head
        if head is not None and head.warned is not None:
            yield from self.messages.warning(head, block.lines)
            return
        dealt = handled(head)
        traces = self.traces(block) if traces is None else traces
        traces = traces if head is None else () if dealt is Handled.ALL else _told_once(traces)
        seen: set[tuple[str, str, Culprit | None]] = set()
        told = self.messages.told(block, traces)
        if told is not None and head is not None and head.message.startswith(_LOST):
            # The record that could not be written, and what broke beside it: neither is the other's place.
            yield replace(told, culprit=None)
            told = None
        starting, quiet = _ended_start(traces), is_debug(head)
        for event in self._trace_events(traces, told, strangers=dealt is Handled.NO):
            event = replace(event, starting=starting, quiet=quiet) if starting or quiet else event
            key = (event.signature, event.exception, event.culprit)
            if key not in seen:
                seen.add(key)
                yield event
        if not seen and told is not None:
            yield told

    def traces(self, block: Block) -> list[tuple[Section, ...]]:
        """The tracebacks of a block, of which the last one is often asked for again."""
        last, lines, traces = self._last
        if last is not block or lines != len(block.lines):
            traces = self._read_traces(block)
            self._last = (block, len(block.lines), traces)
        return traces

    def _read_traces(self, block: Block) -> list[tuple[Section, ...]]:
        """The same; a known body is parsed once, whatever comes after it."""
        own_lines = without_quotes(block.head, block.lines)
        if own_lines is not block.lines:
            return parse_traces(lines_of(block.head, own_lines))
        body, own = block.body, block.head is None or block.head.record is None
        rest = block.lines[block.body_lines :]
        if (
            not isinstance(body, Body)
            or not own
            or is_wrapped(block.lines)
            or _BOX in body.text
            or any(_BOX in raw for raw in rest)
        ):
            return _traces(block)
        first = block.lines[: block.body_lines - len(body.lines)]
        key = (body, block.head and block.head.message, *first)
        begun = self._begun.get(key)
        if begun is None:
            if len(self._begun) >= _MOST_BEGUN:
                self._begun.clear()
            begun = self._begun[key] = _parser_after(block.head, first, body)
        parser = begun.copy()
        for line in lines_of(None, rest):
            parser.feed(line)
        return parser.finish()

    def _trace_events(
        self, traces: Sequence[tuple[Section, ...]], told: Event | None, *, strangers: bool
    ) -> Iterator[Event]:
        for sections in traces:
            known = tuple(self.sections.known(sections))
            if told is not None and all(event.culprit is None for event in known) and _is_fallout(known):
                yield told
            elif known:
                yield from known
            elif told is None and strangers:
                yield from self.sections.unknown(sections)


def _is_access(line: bytes, head: Head) -> bool:
    """Whether it is a line of an access log, which is counted as such: Caddy's are at ERROR where the answer is one."""
    if head.record is not None and (_ACCESS.search(head.message) or "access" in head.logger):
        return tells_failed(line)
    return b"50" in head.message and tells_failed(head.message)


def _ended_start(traces: Sequence[tuple[Section, ...]]) -> bool:
    """Whether any of the tracebacks goes through what starts a server."""
    frames = (frame for trace in traces for section in trace for frame in section.frames)
    return any(_is_of_start(frame.file, frame.function) for frame in frames)


@functools.lru_cache(maxsize=4096)
def _is_of_start(file: str, function: str) -> bool:
    return _STARTS.search(f"{file.replace(chr(92), '/')} {function}") is not None


def _unsure(event: Event) -> Event:
    """The event without the line that it blames: a wrong one is worse than none."""
    return event if event.culprit is None else replace(event, culprit=None, trails=(), unsure=True)


def _told_once(traces: Sequence[tuple[Section, ...]]) -> Sequence[tuple[Section, ...]]:
    """The tracebacks of a record without its stacks, and without an exception that its message names before the traceback does.

    AWS Lambda names it there alone.
    """
    first, rest = traces[:1], traces[1:]
    named = first[0][0] if rest and len(first[0]) == 1 and not first[0][0].frames else None
    raised = [trace for trace in rest if any(section.exception for section in trace)]
    if named is not None and not raised:
        last = rest[0][-1]
        return [(*rest[0][:-1], replace(last, exception=named.exception, message=named.message)), *rest[1:]]
    if named is not None:
        return raised
    # Where a task was made, or a record written, is beside what was raised.
    return [trace for trace in traces if any(section.exception for section in trace)] or traces


def _parser_after(head: Head | None, first: Sequence[bytes], body: Body) -> Parser:
    """One that has read a block up to the end of its known body."""
    places = places_of(body.lines)
    if places is None:
        return parser_after(lines_of(head, [*first, *body.lines]))
    parser = parser_after(lines_of(head, first))
    parser.feed_frames(places)
    return parser


def _traces(block: Block) -> list[tuple[Section, ...]]:
    """The tracebacks of a block, whether as lines, as text inside JSON, or as objects."""
    record = block.head.record if block.head is not None else None
    if record is not None and record.sections:
        return [record.sections]
    lines = lines_of(block.head, block.lines)
    return parse_traces(rejoined(lines) if is_wrapped(block.lines) else lines)


def _is_fallout(known: Sequence[Event]) -> bool:
    """Whether the log call's own words name the fault better than a traceback without user frames."""
    return all(event.signature == "missing-greenlet" for event in known)
