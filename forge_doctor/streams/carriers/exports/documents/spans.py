"""Takes the exceptions that were recorded on a trace's spans out of them; a span without one is a quiet record, whatever its status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forge_doctor.streams.carriers.exports.json_exports.json_fields import at, objects_in

SPAN = frozenset({"spanId", "spans"})
_UNIX_TIME, _RAISED_IN = "timeUnixNano", "raisedInTrace"


def records_on(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records on a span, or on a scope's spans; none where the entry is neither."""
    context = {"resource": entry["resource"]} if isinstance(entry.get("resource"), Mapping) else {}
    # What a program's own record calls its spans has none of their times.
    every = [entry, *objects_in(entry.get("spans"))]
    spans = [{**context, **one} for one in every if "spanId" in one and "startTimeUnixNano" in one]
    return [told for one in spans for told in [*_raised_on(one)] or [_quiet(one)]]


def told_once(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The records without the exceptions that went on to spans around theirs, each of which records them again."""
    seen = set[Any]()
    for one in records:
        raised = one.get(_RAISED_IN)
        if raised is None or raised not in seen:
            seen.add(raised)
            yield one


def _raised_on(span: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The exceptions recorded on a span, each with its time and the span's resource."""
    context = {"resource": span["resource"]} if isinstance(span.get("resource"), Mapping) else {}
    for event in objects_in(span.get("events")):
        told = {str(pair.get("key")): at(pair, "value.stringValue") for pair in objects_in(event.get("attributes"))}
        kind, words = told.get("exception.type"), told.get("exception.message")
        stack = told.get("exception.stacktrace") or (f"{kind}: {words}" if kind and words else "")
        if event.get("name") == "exception" and stack:
            raised = f"{span.get('traceId')} {kind}: {words}"
            log = f"ERROR:    {_name_of(span)}\n{stack}"
            yield {**context, "log": log, _UNIX_TIME: event.get(_UNIX_TIME), _RAISED_IN: raised}


def _quiet(span: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"log": f"INFO:     {_name_of(span)}", _UNIX_TIME: span.get("endTimeUnixNano")}


def _name_of(span: Mapping[str, Any]) -> str:
    return " ".join(["span", *str(span.get("name", "")).split()])
