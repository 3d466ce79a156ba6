"""Turns a block into events: the root of its chain, the user's line; a wrapper alone gives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from forge_doctor.logs.culprit import Rules, find_culprit, innermost, is_app
from forge_doctor.logs.match import Catalogue, own_words
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.block_text import has_part_of_trace, lines_of, words_of
from forge_doctor.logs.records.event import Culprit, Event
from forge_doctor.logs.records.known_chains import places_of
from forge_doctor.logs.records.line_kind import State
from forge_doctor.logs.records.rich_box import BOX
from forge_doctor.logs.records.statement import statement_of
from forge_doctor.logs.records.template import alike, template_of
from forge_doctor.logs.records.traceback_bodies import Body
from forge_doctor.logs.records.traceback_text import FRAME, Parser, parse_traces, parser_after
from forge_doctor.logs.signature import Signature
from forge_doctor.redaction import redact
from forge_doctor.streams.heads.frames import Frame, Section
from forge_doctor.streams.heads.head import Head

_BENIGN = re.compile(
    r"(?:.*\.)?(?:KeyboardInterrupt|SystemExit|GeneratorExit|CancelledError|StopIteration|StopAsyncIteration|EndOfStream"
    r"|WouldBlock|ClientDisconnect|HTTPException|RequestValidationError)$"
)
# What a driver or a pool says again in its own words: the cause of what follows, no error beside it.
_TRANSLATED = re.compile(
    r"(?:.*\.)?(?:OSError|EOFError|BrokenPipeError|Connection\w*Error|IncompleteReadError|TimeoutError|CancelledError"
    r"|AttributeError)$"
)
# The driver's class in an error that SQLAlchemy wraps.
_DRIVER = re.compile(r"\(([\w.]+)\) (?:<class '([\w.]+)'>)?")
_GROUP = re.compile(r"(?:.*\.)?(?:Base)?ExceptionGroup$")
# Where a traceback goes through that ends the start of a server, a worker or a migration.
_STARTS = re.compile(
    r"(?:^|/)(?:uvicorn/importer\.py import_from_string|starlette/routing\.py (?:lifespan|startup|__aenter__)"
    r"|gunicorn/util\.py import_app|hypercorn/utils\.py load_application|celery/app/utils\.py find_app"
    r"|alembic/(?:config\.py main|command\.py upgrade)|daphne/cli\.py run|granian/_internal\.py load_target)$"
)
_COMMON = b"Exception in ASGI application"
_LIBRARY_COROUTINE = re.compile(r"_?Async(?:Adapt|io)?_|AsyncAdapt|Connection\._|Pool\._|connect_utils")
_QUERY_LOG = re.compile(rb"(?:duration: \S+ ms +)?(?:statement|execute|parse|bind)\b[^:]*: ")
_LONGEST_MESSAGE = 600
_CACHE_SIZE = 4096
_MOST_BEGUN = 1024
_BOX = BOX.encode()


class Recogniser:
    """Blocks in, events out; what was parsed once is remembered by its text."""

    def __init__(self, rules: Rules, catalogue: Catalogue) -> None:
        self.rules = rules
        self.catalogue = catalogue
        self.cache: dict[object, tuple[Event, ...]] = {}
        self._begun: dict[object, Parser] = {}

    def events(self, block: Block) -> tuple[Event, ...]:
        """What went wrong in this block."""
        head = block.head
        if head is not None and not block.lines and head.record is None and not self._tells(head, head.message):
            return ()
        known = block.body_lines if block.body is not None else 0
        key = (id(block.body), known, b"\n".join(block.lines[known:]), *self.telling_head(head))
        found = self.cache.get(key)
        if found is None:
            statement = statement_of(block.lines) if head is not None and head.origin == "postgresql" else ""
            events = self.read(block)
            found = self._keep(key, tuple(replace(event, statement=statement) for event in events))
        return found or self._stated(block)

    def _keep(self, key: object, events: tuple[Event, ...]) -> tuple[Event, ...]:
        if len(self.cache) >= _CACHE_SIZE:
            self.cache.clear()
        self.cache[key] = events
        return events

    def _stated(self, block: Block) -> tuple[Event, ...]:
        """What a record says at ERROR or above that has no traceback, and that nobody knows: its template."""
        head = block.head
        if head is None or head.level < 40 or block.state is not State.MESSAGE or not self._tells(head, head.message):
            return ()
        text = alike(head.message)
        key = (text, head.origin, head.level >= 50)
        found = self.cache.get(key)
        return self._keep(key, tuple(self._statement(head, text))) if found is None else found

    def _statement(self, head: Head, text: bytes) -> Iterator[Event]:
        record = head.record
        if (record is not None and (record.sections or "Traceback (most" in record.trace)) or has_part_of_trace(
            head.message
        ):
            return
        message = head.message.decode("utf-8", "replace")
        if not message.strip() or self.catalogue.match_wrapper(message):
            return
        yield Event(signature="", exception="", message=_short(message.partition("\n")[0]), detail=template_of(text))

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
        return (head.level >= 30 or head.level < 0, head.origin, head.sqlstate, head.message == _COMMON, trace)

    def read(self, block: Block, traces: Sequence[tuple[Section, ...]] | None = None) -> Iterator[Event]:
        """The events of a block, whose tracebacks may be known."""
        head = block.head
        if head is not None and head.warned is not None:
            yield from self._warning(head, block.lines)
            return
        traces = self._traces(block) if traces is None else traces
        traces = traces if head is None else _told_once(traces)
        seen: set[tuple[str, str, Culprit | None]] = set()
        told = self._message_event(block, traces)
        starting = _ended_start(traces)
        for event in self._trace_events(traces, told):
            event = replace(event, starting=True) if starting else event
            key = (event.signature, event.exception, event.culprit)
            if key not in seen:
                seen.add(key)
                yield event
        if not seen and told is not None:
            yield told

    def _traces(self, block: Block) -> list[tuple[Section, ...]]:
        """The tracebacks of a block; a known body is parsed once, whatever comes after it."""
        body, own = block.body, block.head is None or block.head.record is None
        rest = block.lines[block.body_lines :]
        if not isinstance(body, Body) or not own or _BOX in body.text or any(_BOX in raw for raw in rest):
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

    def _trace_events(self, traces: Sequence[tuple[Section, ...]], told: Event | None) -> Iterator[Event]:
        for sections in traces:
            known = tuple(self._known(sections))
            if told is not None and all(event.culprit is None for event in known) and _is_fallout(known):
                yield told
            elif known:
                yield from known
            elif told is None:
                yield from self._unknown(sections)

    def _known(self, sections: tuple[Section, ...]) -> Iterator[Event]:
        """One event for each leaf of the group (or for the chain): its first known section."""
        for branch in _leaves(sections):
            for at, section in enumerate(sections):
                if section.branch != branch:
                    continue
                signature = self.catalogue.match_section(section, sections)
                if signature is not None:
                    root = self._unknown_root(sections[:at], branch) if signature.fallout else None
                    yield root or self._event(signature, section, find_culprit(sections, at, self.rules.app_roots))
                    break

    def _unknown_root(self, before: Sequence[Section], branch: str) -> Event | None:
        """The error that nobody knows before one that only follows from others, if it is more than that one's cause in other words."""
        for at, section in enumerate(before):
            if section.branch == branch and section.exception and not _TRANSLATED.match(section.exception):
                return self._stranger(before, at)
        return None

    def _unknown(self, sections: tuple[Section, ...]) -> Iterator[Event]:
        for branch in _leaves(sections):
            own = [at for at, section in enumerate(sections) if section.branch == branch and section.exception]
            event = self._stranger(sections, own[-1]) if own else None
            if event is not None:
                yield event

    def _stranger(self, sections: Sequence[Section], at: int) -> Event | None:
        """An exception that nobody knows, if it tells of a fault."""
        section = sections[at]
        if _BENIGN.match(section.exception) or _GROUP.match(section.exception):
            return None
        if self.catalogue.match_wrapper(f"{section.exception}: {own_words(section.message)}"):
            return None
        culprit = _redacted(find_culprit(sections, at, self.rules.app_roots))
        driver = _DRIVER.match(section.message) if section.exception.startswith("sqlalchemy.") else None
        return Event(
            signature="",
            exception=section.exception,
            message=_short(section.message),
            culprit=culprit,
            detail=(driver[2] or driver[1]) if driver else "",
        )

    def _event(self, signature: Signature, section: Section, culprit: Culprit | None) -> Event:
        return _described(
            Event(
                signature=signature.id,
                exception=section.exception,
                message=_short(section.message),
                culprit=_redacted(culprit) if signature.blames else None,
                endpoint=section.endpoint,
            ),
            signature,
            own_words(section.message),
        )

    def _message_event(self, block: Block, traces: Sequence[tuple[Section, ...]]) -> Event | None:
        """What the record's own words say, the traceback left aside."""
        head, text = block.head, words_of(block)
        if head is not None and not self._tells(head, text.encode("utf-8", "surrogateescape")):
            return None
        signature = self.catalogue.match_text(text, bare=head is None, origin=head.origin if head else "app")
        if signature is None or (
            head is not None
            and head.level < (40 if signature.caught else 30)
            and head.level >= 0
            and not _loud(signature, head)
        ):
            return None
        culprit = next((found for one in traces if (found := find_culprit(one, 0, self.rules.app_roots))), None)
        event = Event(
            signature=signature.id,
            exception="",
            message=_short(text),
            culprit=_redacted(culprit) if signature.blames else None,
        )
        return _described(event, signature, text)

    def _tells(self, head: Head, text: bytes) -> bool:
        """Whether the record may be about a fault: loud enough, no access log, no logged query."""
        if b"HTTP/1." in text[:400] or b"HTTP/2" in text[:400]:
            return False
        if head.origin != "app":
            return not _QUERY_LOG.match(head.message)
        return head.level >= 30 or head.level < 0 or self.catalogue.has_any_level(text)

    def _warning(self, head: Head, lines: Sequence[bytes]) -> Iterator[Event]:
        """A Python warning: its place is the culprit where it is the user's."""
        text = head.message.decode("utf-8", "replace")
        signature = self.catalogue.match_text(text.split(": ", 1)[-1], bare=False, origin="app")
        if signature is None or head.warned is None:
            return
        file, line = head.warned
        code = next((raw.decode("utf-8", "replace").strip() for raw in lines if raw.startswith(b"  ")), "")
        culprit = innermost(_allocated(lines), self.rules.app_roots)
        if culprit is None and is_app(file, self.rules.app_roots) and file != "sys":
            culprit = innermost([Frame(file=file, line=line, function="", code=code)], self.rules.app_roots)
        event = Event(
            signature=signature.id,
            exception=text.split(": ", 2)[1] if text.count(": ") > 1 else "",
            message=_short(text.split(": ", 1)[-1]),
            culprit=_redacted(culprit) if signature.blames else None,
        )
        event = _described(event, signature, text)
        if not (signature.id == "coroutine-never-awaited" and _LIBRARY_COROUTINE.search(event.detail)):
            yield event


def _ended_start(traces: Sequence[tuple[Section, ...]]) -> bool:
    """Whether any of the tracebacks goes through what starts a server."""
    frames = (frame for trace in traces for section in trace for frame in section.frames)
    return any(_STARTS.search(f"{frame.file.replace(chr(92), '/')} {frame.function}") for frame in frames)


def _told_once(traces: Sequence[tuple[Section, ...]]) -> Sequence[tuple[Section, ...]]:
    """The tracebacks of a record without an exception that its message names before the traceback does."""
    first, rest = traces[:1], traces[1:]
    named = any(len(trace) == 1 and not trace[0].frames for trace in first)
    return rest if named and any(section.exception for trace in rest for section in trace) else traces


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
    return parse_traces(lines_of(block.head, block.lines))


def _leaves(sections: Sequence[Section]) -> list[str]:
    """The branches that hold no others: the leaves of a group, or the chain itself."""
    branches = list(dict.fromkeys(section.branch for section in sections))
    leaves = [one for one in branches if not any(other != one and _within(other, one) for other in branches)]
    return leaves if leaves != [""] else [""]


def _within(inner: str, outer: str) -> bool:
    return outer == "" or inner.startswith(outer + ".")


def _is_fallout(known: Sequence[Event]) -> bool:
    """Whether the log call's own words name the fault better than a traceback without user frames."""
    return all(event.signature == "missing-greenlet" for event in known)


def _loud(signature: Signature, head: Head) -> bool:
    return signature.any_level or head.origin != "app"


def _allocated(lines: Sequence[bytes]) -> list[Frame]:
    frames = []
    for raw in lines:
        found = FRAME.match(raw.decode("utf-8", "replace")) if b'File "' in raw else None
        if found:
            frames.append(Frame(file=found[1], line=int(found[2][:9]), function=(found[3] or "").strip()))
    return frames


def _described(event: Event, signature: Signature, text: str) -> Event:
    """The event with what its message names: numbers, a detail, the object it is about."""
    numbers = []
    for name, pattern in signature.numbers:
        found = re.search(pattern, text)
        if found:
            numbers.append((name, float(found[1])))
    detail = re.search(signature.detail, text) if signature.detail else None
    once = re.search(signature.once, text) if signature.once else None
    return replace(
        event,
        numbers=tuple(numbers),
        detail=detail[1] if detail else "",
        once=f"{signature.id} {once[1]}" if once else "",
    )


def _short(text: str) -> str:
    return redact(text.strip(), _LONGEST_MESSAGE)


def _redacted(culprit: Culprit | None) -> Culprit | None:
    return replace(culprit, code=redact(culprit.code)) if culprit is not None and culprit.code else culprit
