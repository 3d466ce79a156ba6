"""Reads a JSON log record (python-json-logger, structlog, loguru, GCP, ECS, Sentry, jsonlog) into plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.streams.carriers.exports.exception_objects import raised_in
from forge_doctor.streams.heads.frames import Frame, Section
from forge_doctor.streams.times.clock import parse_stamp

_LEVEL = (
    "level",
    "levelname",
    "severity",
    "log.level",
    "error_severity",
    "level_name",
    "loglevel",
    "lvl",
    "@l",
    "severity_text",
    "severityText",
    "log_level",
    "Level",
    "level.name",
    "log_level.name",
)
_TIME = (
    "timestamp",
    "log_time",
    "time",
    "@timestamp",
    "asctime",
    "ts",
    "datetime",
    "date",
    "created",
    "at",
    "@t",
    "timeUnixNano",
    "Timestamp",
    "Time",
    "_time",
    "dt",
    "eventTime",
    "created_at",
    "log_time",
)
_MESSAGE = (
    "message",
    "event",
    "msg",
    "short_message",
    "log.message",
    "@m",
    "@mt",
    "MessageTemplate",
    "body",
    "textPayload",
    "line",
    "errorMessage",
    "Log_s",
    "log_format",
    # What went wrong, where nothing else is said.
    "error",
    "err",
    "detail",
)
# Where it stands beside the message.
_REASON = ("error", "err", "reason")
_WITH_STACK = {"stack", "stacktrace", "stack_trace", "traceback", "exception", "values"}
_LOGGER = ("logger", "name", "logger_name", "log.logger", "logger.name")
_WORKER = ("process", "pid", "process_id", "process.pid")
_TRACE_KEYS = ("exc_info", "exception", "traceback", "stack_trace", "error.stack_trace", "exc_text", "stack", "text")
# An exception's class and words that stand beside its frames, as AWS Lambda and OpenTelemetry write them.
_CLASS_KEYS = ("errorType", "error.type", "exception.type", "error_type", "exc_type")
_WORDS_KEYS = ("errorMessage", "error.message", "exception.message", "error_message", "exc_value")
_SHORTEST_TIME = 10
_DEEPEST, _MOST_PARTS = 6, 50
_LOUD = frozenset({"error", "critical", "fatal", "exception"})


@dataclass(slots=True)
class Record:
    """A structured record in plain words: `trace` is a traceback as text, `sections` as objects."""

    message: str = ""
    level: str = ""
    time: str = ""
    logger: str = ""
    worker: str = ""
    sqlstate: str = ""
    route: str = ""
    trace: str = ""
    sections: tuple[Section, ...] = ()


def inner_record(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record that a supervisor's record holds as a field (CloudNativePG has the server's, and PgBouncer's, in `record`)."""
    inner = entry.get("record")
    if not isinstance(inner, Mapping) or "text" in entry or not (_first(inner, _LEVEL) and _first(inner, _MESSAGE)):
        return entry
    # What says itself what went wrong is no envelope.
    if _first(entry, _MESSAGE) != "record":
        return entry
    return inner


def read_json(entry: Mapping[str, Any]) -> Record:
    """What a JSON log record says, whichever library wrote it."""
    loguru = entry.get("record")
    if isinstance(loguru, dict) and "text" in entry:
        return _read_loguru(entry, loguru)
    message = _first(entry, _MESSAGE)
    reason = _reason(entry)
    sections, trace = tuple(_sections(entry)), _trace_text(entry, message)
    if not sections and not trace and _first(entry, _LEVEL).lower() in _LOUD:
        # As objects in a layout of whoever wrote it.
        trace = raised_in(entry)
    return Record(
        message=f"{message}: {reason}" if reason and reason not in message else message,
        level=_first(entry, _LEVEL),
        time=_first(entry, _TIME) or _timed(entry),
        logger=_first(entry, _LOGGER),
        worker=_first(entry, _WORKER),
        sqlstate=_first(entry, ("state_code", "sqlstate", "sql_state_code")) if "error_severity" in entry else "",
        route=_route(entry),
        trace=trace,
        sections=sections,
    )


def _read_loguru(entry: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
    return Record(
        message=str(record.get("message", "")),
        level=str(_at(record, "level", "name") or ""),
        time=str(_at(record, "time", "timestamp") or ""),
        logger=str(record.get("name", "")),
        worker=str(_at(record, "process", "id") or ""),
        trace=str(entry.get("text", "")) if record.get("exception") else "",
    )


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = entry.get(key)
        if value is None and "." in key:
            value = _at(entry, *key.split("."))
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _timed(entry: Mapping[str, Any]) -> str:
    """The first value with a moment whose name says that it is one, as `timestampInMs` does."""
    named = (
        str(value) for key, value in entry.items() if "time" in key.lower() and isinstance(value, str | int | float)
    )
    return next((told for told in named if len(told) >= _SHORTEST_TIME and parse_stamp(told) is not None), "")


def _reason(entry: Mapping[str, Any]) -> str:
    """What went wrong in its own words, beside what was being done; of a traceback, which is read as one, nothing."""
    told = next((value for key in _REASON if (value := entry.get(key))), "")
    if isinstance(told, Mapping) and not told.keys() & _WITH_STACK:
        told = f"{_first(told, ('type', 'name', 'class', 'kind'))}: {_first(told, ('message', 'msg'))}".strip(": ")
    return told if isinstance(told, str) and "Traceback (most" not in told and '  File "' not in told else ""


def _at(entry: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(entry, Mapping):
            return None
        entry = entry.get(key)
    return entry


def _route(entry: Mapping[str, Any]) -> str:
    method, path = (
        _first(entry, ("method", "http.request.method", "http_method")),
        _first(entry, ("path", "url.path", "route", "http.route")),
    )
    if method and path:
        return f"{method} {path}"
    request = entry.get("httpRequest")
    if isinstance(request, Mapping) and request.get("requestMethod"):
        return f"{request['requestMethod']} {request.get('requestUrl', '')}"
    return ""


def _trace_text(entry: Mapping[str, Any], message: str) -> str:
    for text in _texts(entry, _DEEPEST):
        if "Traceback (most recent call last)" in text:
            return text
        if text.startswith('  File "') or '\n  File "' in text:
            return _with_class(entry, text)
    for key in _TRACE_KEYS:
        text = _first(entry, (key,))
        if text and text != message and key != "stack":
            return text
    return ""


def _with_class(entry: Mapping[str, Any], frames: str) -> str:
    """Frames alone as a whole traceback, where the record names the exception beside them."""
    kind = _first(entry, _CLASS_KEYS)
    told = f"{kind}: {_first(entry, _WORDS_KEYS)}".removesuffix(": ")
    return f"Traceback (most recent call last):\n{frames.rstrip()}\n{told}" if kind else frames


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth:
        for inner in value.values():
            yield from _texts(inner, depth - 1)
    elif isinstance(value, list) and depth and value and all(isinstance(part, str) for part in value):
        yield "\n".join(part.rstrip("\n") for part in value)
        yield from value[:_MOST_PARTS]
    elif isinstance(value, list) and depth and len(value) < _MOST_PARTS:
        for inner in value:
            yield from _texts(inner, depth - 1)


def _sections(entry: Mapping[str, Any]) -> Iterator[Section]:
    """The exceptions given as objects, root first."""
    stacks = _stacks(entry)
    for stack in reversed(stacks):
        yield from _stack_sections(stack, "", 0)
    values = _at(entry, "exception", "values") or _at(entry, "error", "values")
    for value in values if isinstance(values, list) else ():
        if isinstance(value, Mapping):
            frames = _at(value, "stacktrace", "frames")
            yield _section(value.get("type"), value.get("value"), frames if isinstance(frames, list) else [], "")
    yield from _reported(entry)


def _reported(entry: Mapping[str, Any]) -> Iterator[Section]:
    """The same as Elastic APM (the innermost frame first) and Rollbar report them; both begin with the last exception."""
    told = _at(entry, "error", "exception")
    for one in reversed(told if isinstance(told, list) else []):
        frames = _at(one, "stacktrace")
        yield _section(_at(one, "type"), _at(one, "message"), frames[::-1] if isinstance(frames, list) else [], "")
    body = _at(entry, "data", "body") or entry.get("body")
    chain = _at(body, "trace_chain") or [_at(body, "trace")]
    for one in reversed(chain if isinstance(chain, list) else []):
        frames = _at(one, "frames")
        if isinstance(frames, list):
            yield _section(_at(one, "exception", "class"), _at(one, "exception", "message"), frames, "")


def _stacks(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for value in entry.values():
        if isinstance(value, list) and value and all(isinstance(one, Mapping) and "exc_type" in one for one in value):
            return value
    return []


def _stack_sections(stack: Mapping[str, Any], branch: str, depth: int) -> Iterator[Section]:
    frames = stack.get("frames")
    notes = stack.get("exc_notes") or stack.get("notes") or []
    text = "\n".join([str(stack.get("exc_value", "")), *(str(note) for note in notes if isinstance(notes, list))])
    yield _section(stack.get("exc_type"), text, frames if isinstance(frames, list) else [], branch)
    for number, inner in enumerate(stack.get("exceptions") or (), 1):
        leaf = f"{branch}.{number}".strip(".")
        for one in reversed(inner if isinstance(inner, list) else [inner]):
            if isinstance(one, Mapping) and depth < _DEEPEST:
                yield from _stack_sections(one, leaf, depth + 1)


def _section(kind: Any, message: Any, frames: list[Any], branch: str) -> Section:
    read = (_frame(frame) for frame in frames if isinstance(frame, Mapping))
    return Section(
        exception=str(kind or ""),
        message=str(message or ""),
        frames=tuple(frame for frame in read if frame is not None),
        branch=branch,
    )


def _frame(frame: Mapping[str, Any]) -> Frame | None:
    file = frame.get("abs_path") or frame.get("filename") or frame.get("file") or ""
    line = frame.get("lineno") or frame.get("line_number") or _at(frame, "line", "number") or 0
    if not isinstance(line, int) or not file:
        return None
    code = frame.get("context_line") or _at(frame, "line", "context") or frame.get("line") or frame.get("source") or ""
    return Frame(
        file=str(file),
        line=line,
        function=str(frame.get("function") or frame.get("name") or frame.get("method") or ""),
        code=code.strip() if isinstance(code, str) else "",
    )
