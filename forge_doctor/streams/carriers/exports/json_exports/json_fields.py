"""Where shippers, platforms and exports put a program's line, its time and its stream in a JSON record."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.times.moments import DATED, moment

MOST_LEARNED = 2_000
_DATED = regex(DATED)
# Surely a line of a program, whatever else the record says.
LINES = (
    "log",
    "textPayload",
    "MESSAGE",
    "_raw",
    "@rawstring",
    "@message",
    "line",
    "Line",
    "logmsg",
    "log_message",
    "event.original",
    "LogEntry",
    "LogMessage",
    "Log_s",
    "result._raw",
    "map._raw",
    "_line",
    "Log_s",
    "properties.Log",
    "resultDescription",
    "event_message",
    "stdout_lines",
)
# A line of a program in a shipper's record, the words of its own in a program's.
WORDS = (
    "message",
    "msg",
    "Message",
    "body.stringValue",
    "body",
    "Body",
    "text",
    "content",
    "@m",
    "@mt",
    "MessageTemplate",
    "attributes.message",
    "fields.message",
    "data.message",
    "raw",
    "m",
    "RenderedMessage",
    "MessageTemplateTokens",
    "log_text",
    "log_format",
)
TIMES = (
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "@t",
    "date",
    "Time",
    "Date",
    "_time",
    "timeUnixNano",
    "eventTime",
    "datetime",
    "TimeGenerated",
    "asctime",
    "created",
    "attributes.timestamp",
    "fields.@timestamp",
    "result._time",
    "__REALTIME_TIMESTAMP",
    "_SOURCE_REALTIME_TIMESTAMP",
    "observedTimeUnixNano",
    "receiveTimestamp",
    "ingestionTime",
    "dt",
    "p_timestamp",
    "_messagetime",
    "map._messagetime",
    "data.Timestamp",
)
# The first of each that is there; together they tell streams apart.
STREAMS = (
    ("kubernetes.pod_name", "kubernetes.pod.name", "resource.labels.pod_name", "k8s.pod.name", "pod", "pod_name"),
    (
        "kubernetes.container_name",
        "kubernetes.container.name",
        "resource.labels.container_name",
        "container.name",
        "container_name",
        "container",
        "CONTAINER_NAME",
        "SYSLOG_IDENTIFIER",
        "_SYSTEMD_UNIT",
    ),
    ("_PID", "logStreamName", "logStream", "@logStream", "log_stream", "task"),
    (
        "service",
        "service.name",
        "attributes.service",
        "resource.labels.service_name",
        "app",
        "dyno",
        "host",
        "hostname",
    ),
    ("stream", "iostream", "fd"),
)
LEVELS = (
    "level",
    "levelname",
    "severity",
    "log.level",
    "severity_text",
    "severityText",
    "status",
    "@l",
    "lvl",
    "Level",
)
# What PostgreSQL calls the severity of a record, beside the words of it.
SERVER_LEVELS = ("error_severity", "parsed.error_severity")
# What has all that a record says besides where it comes from: HEC's events, Datadog's and Graylog's answers.
HOLDERS = frozenset({"event", "content", "message", "msg", "log", "record", "entry", "payload", "data", "attributes"})
# What only shippers and platforms write.
CARRIED = (
    "kubernetes",
    "container_id",
    "container",
    "docker",
    "logStream",
    "logStreamName",
    "logGroup",
    "logName",
    "agent",
    "@metadata",
)


def at(entry: Any, path: str) -> Any:
    """The value under a key, or under keys inside one another."""
    if not isinstance(entry, dict):
        return None
    if path in entry:
        return entry[path]
    head, dot, rest = path.partition(".")
    return at(entry.get(head), rest) if dot and head in entry else None


@functools.lru_cache(maxsize=2048)
def _possible(keys: tuple[str, ...], paths: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the paths that may lead somewhere in records with these keys, of which a stream has few kinds.

    Capitals make no difference: the paths come back as the records spell them.
    """
    spelled = {key.lower(): key for key in reversed(keys)} | {key: key for key in keys}
    found = []
    for path in paths:
        head, dot, rest = path.partition(".")
        whole = spelled.get(path) or spelled.get(path.lower())
        begun = spelled.get(head) or spelled.get(head.lower())
        if whole is not None:
            found.append(whole)
        elif dot and begun is not None:
            found.append(f"{begun}.{rest}")
    return tuple(dict.fromkeys(found))


def first(entry: Mapping[str, Any], paths: tuple[str, ...]) -> tuple[str, Any]:
    """The first of the paths that leads somewhere, and where; an empty text only where there is no other."""
    empty = ""
    for path in _possible(tuple(entry), paths):
        value = at(entry, path)
        if value == "":
            empty = empty or path
        elif value is not None and not isinstance(value, dict):
            return path, value
    return (empty, "") if empty else ("", None)


def message_field(entries: Sequence[Mapping[str, Any]], is_words: Callable[[str], bool]) -> str:
    """The field that has what a program wrote, where no name tells; empty if none has."""
    seen: Counter[str] = Counter()
    worded: Counter[str] = Counter()
    for entry in entries[:MOST_LEARNED]:
        for path, text in _texts_in(entry):
            seen[path] += 1
            worded[path] += is_words(text)
    often = [path for path in worded if worded[path] and 2 * seen[path] >= min(len(entries), MOST_LEARNED)]
    return max(often, key=lambda path: (worded[path], -len(path), path), default="")


def holder_of(entries: Sequence[Mapping[str, Any]], messages: tuple[str, ...]) -> str:
    """The key of what else records say, where their messages are in an object and none is beside it; empty without one."""
    looked = entries[:MOST_LEARNED]
    held = Counter(
        key
        for entry in looked
        for key, inner in entry.items()
        if key in HOLDERS and isinstance(inner, Mapping) and text_of(first(inner, messages)[1])
    )
    return next((key for key, count in held.most_common(1) if 2 * count > len(looked)), "")


def _texts_in(entry: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        if isinstance(value, Mapping) and before.count(".") < 2:
            yield from _texts_in(value, f"{before}{key}.")
        elif isinstance(value, str | list) and (text := text_of(value)) is not None:
            yield f"{before}{key}", text


def text_of(value: Any) -> str | None:
    """A message as text: some give its bytes, some its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if all(isinstance(part, int) for part in value):
            return bytes(part & 255 for part in value).decode("utf-8", "replace")
        if all(isinstance(part, str) for part in value):
            return value[0] if len(value) == 1 else "\n".join(part.rstrip("\n") for part in value)
        if all(isinstance(part, dict) and ("Text" in part or "RawText" in part) for part in value):
            return "".join(str(part.get("Text", part.get("RawText"))) for part in value)
    return None


def time_of(entry: Mapping[str, Any], zone_s: float) -> float | None:
    """The time of a record, as its shipper gives it."""
    for path in _possible(tuple(entry), TIMES):
        value = at(entry, path)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("$date") or value.get("seconds")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            written = f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
            found = moment(written.strip().encode("ascii", "replace")[:64], zone_s)
            if found is not None:
                return found
    return None


def time_field(entries: Sequence[Mapping[str, Any]]) -> str:
    """The field that has the time of records, where no name tells; empty if none has one in all of them."""
    looked = entries[:MOST_LEARNED]
    held = [f"{key}.{name}" for key, inner in looked[0].items() if isinstance(inner, Mapping) for name in inner]
    found = [path for path in (*looked[0], *held) if all(_is_moment(_value_at(entry, path)) for entry in looked)]
    # What is finer tells the order better.
    return max(found, key=lambda path: (len({str(_value_at(entry, path)) for entry in looked}), path), default="")


def _value_at(entry: Mapping[str, Any], path: str) -> Any:
    return at(dict(entry), path)


def _is_moment(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return len(str(value)) in (10, 13, 16, 19) and time_of({"ts": value}, 0.0) is not None
    return isinstance(value, str) and _DATED.fullmatch(value.strip().encode("ascii", "replace")[:64]) is not None


def stream_of(entry: Mapping[str, Any]) -> str:
    """What tells the stream of a record from others."""
    keys = tuple(entry)
    found = (first(entry, paths)[1] for paths in STREAMS if _possible(keys, paths))
    return " ".join(dict.fromkeys(str(value)[:100] for value in found if isinstance(value, str | int)))


def objects_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in a list; none where it is no list."""
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else iter(())


def server_line(level: Any, text: str) -> str:
    """A server's words with the severity that stands beside them, as its plain log has it; without one as they are."""
    return f"{level}:  {text}" if isinstance(level, str) and level.isupper() else text


def compact(entry: Mapping[str, Any]) -> str:
    """The record on one line."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
