"""What an export's records are wrapped in: documents inside one another, answers of searches, tables, bulk requests.

Of documents that are no logs it takes what was raised and printed: of a span of a trace the exceptions recorded on it (one without
is a quiet record, whatever its status), of a notebook its cells' outputs, of a pod the last lines of its containers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.streams.carriers.exports.documents import notebook, pod_status, spans
from forge_doctor.streams.carriers.exports.exception_objects import raised_in
from forge_doctor.streams.carriers.exports.json_exports.json_fields import LEVELS, LINES, TIMES, WORDS, first
from forge_doctor.streams.carriers.exports.json_exports.tables import rows_in

# What an export's records are in, one inside the other.
WRAPPERS = (
    *("events", "data", "hits", "logs", "entries", "results", "records", "items", "messages", "rows", "response"),
    *("rawResponse", "logEvents", "log_events", "list", "payload", "search", "output"),
    *(
        "result",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "instrumentationLibraryLogs",
        "values",
        "value",
        "actor",
        "account",
        "nrql",
    ),
    *("resourceSpans", "scopeSpans", "instrumentationLibrarySpans"),
)
# What only traces have, and what documents have that are no logs.
_TRACES = frozenset({"resourceSpans", "scopeSpans", "instrumentationLibrarySpans"})
_DOCUMENTS = _TRACES | spans.SPAN | {"nbformat", "apiVersion"}
MOST_LEVELS = 6
# Where error reporters have the time of a report, and the stack beside what names the exception.
_REPORTED = frozenset(
    (*TIMES, "received_at", "dateCreated", "createdAt", "occurredOn", "start_time", "created_at", "firstSeen")
)
STACKS = frozenset({"backtrace", "stacktrace", "stackTrace"})
_LOUD = frozenset({"error", "critical", "fatal", "exception", "severe", "alert", "emergency", "", "unresolved"})
_LEVEL_WORDS = frozenset(
    ["trace", "verbose", "debug", "info", "information", "notice", "warn", "warning", "error", "critical", "fatal"]
)
_WRAPPING = frozenset(WRAPPERS)
_ACTION = frozenset({"_index", "_id", "_type", "routing", "op_type"})
EVENT = (*LINES, *WORDS, "event")


def records_in(entry: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The records inside an export's wrapping, or the entry itself."""
    inner = entry.get("_source") or entry.get("fields") if "_index" in entry else None
    if isinstance(inner, Mapping):
        yield from records_in(inner, depth + 1)
        return
    if not _DOCUMENTS.isdisjoint(entry):
        if (within := _told_within(entry)) is not None:
            yield from within
            return
        if depth == 0 and not _TRACES.isdisjoint(entry):
            yield from spans.told_once(_unwrapped(entry, depth))
            return
    if (known := _of_known_shape(entry)) is not None:
        yield known
    elif is_report(entry):
        yield entry
    elif not _is_action(entry):
        yield from _unwrapped(entry, depth)


def _of_known_shape(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A record of Datadog, OpenTelemetry or Google with what it says at its top; None where it is of another make."""
    if "attributes" in entry and isinstance(entry["attributes"], Mapping) and entry.get("type") == "log":
        return entry["attributes"]
    if "body" in entry and isinstance(entry["body"], Mapping) and "stringValue" in entry["body"]:
        return flat_otlp(entry)
    payload = entry.get("jsonPayload")
    if isinstance(payload, Mapping):
        return {**{key: value for key, value in entry.items() if key != "jsonPayload"}, **payload}
    return None


def _unwrapped(entry: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The records under a key, whatever it is called, or in a table; the entry itself where it wraps nothing."""
    if depth == 0 and not _is_record(entry) and (inside := rows_in(entry) or list(_reports_in(entry, MOST_LEVELS))):
        yield from inside
        return
    for key in WRAPPERS if depth < MOST_LEVELS and "stream" not in entry and not _WRAPPING.isdisjoint(entry) else ():
        value = entry.get(key)
        several = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []
        if several and all(isinstance(one, Mapping) for one in several) and not _is_record(entry):
            context = _context(entry, whole=isinstance(value, Mapping))
            for one in several:
                yield from records_in({**context, **one}, depth + 1)
            return
    wraps = depth == 0 and not _is_record(entry) and not _is_leveled(entry)
    found = max(_lists_in(entry), key=len, default=()) if wraps else ()
    if len(found) < 2:
        yield _with_pairs(entry)
    for one in found if len(found) > 1 else ():
        yield from records_in(one, depth + 1)


def is_unsaid(entry: Mapping[str, Any], words: Any) -> bool:
    """Whether an entry may be a report of an exception that it has as objects: it has no words, or no more than a name.

    Of what a program says of itself below ERROR, the exceptions are its own affair.
    """
    level = first(entry, LEVELS)[1]
    if level is not None and str(level).lower() not in _LOUD:
        return False
    return not words or (level is None and isinstance(words, str) and " " not in words) or not STACKS.isdisjoint(entry)


def _reports_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """The reports in an answer, whatever they are wrapped in."""
    if isinstance(value, Mapping) and is_report(value):
        yield value
    elif depth:
        for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
            yield from _reports_in(one, depth - 1)


def is_report(entry: Mapping[str, Any]) -> bool:
    """Whether an entry with a time, and no words of its own, has exceptions as objects: what is in it are its parts."""
    words = first(entry, EVENT)[1]
    if isinstance(words, str) and " " in words and STACKS.isdisjoint(entry):
        return False
    return not _REPORTED.isdisjoint(entry) and is_unsaid(entry, words) and bool(raised_in(entry))


def _context(entry: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """What an entry says of the records in it: the resource, and of one that is all it has, the time."""
    context = {"resource": entry["resource"]} if isinstance(entry.get("resource"), Mapping) else {}
    if whole:
        context |= {name: entry[name] for name in TIMES if isinstance(entry.get(name), str | int | float)}
    return context


def _lists_in(entry: Mapping[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The lists of records that an answer has, whatever they are called; what is named by a key is no record."""
    for value in entry.values():
        if (
            isinstance(value, list)
            and value
            and all(isinstance(one, Mapping) for one in value)
            and not _are_pairs(value)
        ):
            yield value


def _are_pairs(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(one, Mapping) and one.keys() == {"key", "value"} and isinstance(one["key"], str) for one in value
        )
    )


def _with_pairs(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry with what it has as pairs of a key and a value as if they were its own."""
    pairs = [pair for value in entry.values() if _are_pairs(value) for pair in value]
    told = {pair["key"]: pair["value"] for pair in pairs if isinstance(pair["value"], str | int | float)}
    return {**told, **{name: value for name, value in entry.items() if not _are_pairs(value)}} if told else entry


def _is_action(entry: Mapping[str, Any]) -> bool:
    """Whether it says where the next record is to be put, as bulk requests do."""
    (key, value), *more = entry.items() or (("", None),)
    return not more and key in ("index", "create") and isinstance(value, Mapping) and value.keys() <= _ACTION


def _is_record(entry: Mapping[str, Any]) -> bool:
    """Whether the entry has a message of its own, and wraps nothing."""
    return first(entry, EVENT)[1] is not None


def _is_leveled(entry: Mapping[str, Any]) -> bool:
    """Whether the entry has a time and a level of its own, as a record has and an answer has not."""
    return str(first(entry, LEVELS)[1]).lower() in _LEVEL_WORDS and first(entry, TIMES)[1] is not None


def flat_otlp(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of OpenTelemetry's protocol with plain values."""
    found: dict[str, Any] = {
        key: value for key, value in entry.items() if key not in ("attributes", "body", "resource")
    }
    found["message"] = entry["body"].get("stringValue", "")
    resource = entry.get("resource")
    for holder in (resource if isinstance(resource, Mapping) else {}, entry):
        for pair in holder.get("attributes") or ():
            if isinstance(pair, Mapping) and isinstance(pair.get("value"), Mapping):
                found[str(pair.get("key"))] = next(iter(pair["value"].values()), "")
    return found


def _told_within(entry: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The records in a span, in a scope's spans, in a notebook or in a pod's status; None where the entry is none of them."""
    if "nbformat" in entry and isinstance(entry.get("cells"), list):
        return [{"log": text} for text in notebook.printed_in(entry)]
    return (pod_status.last_words(entry) if "apiVersion" in entry else spans.records_on(entry)) or None
