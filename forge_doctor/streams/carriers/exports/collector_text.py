"""Reads what OpenTelemetry's collector prints of log records (its debug exporter): fields a line, `Body: Str(...)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from forge_doctor.regex import regex

_BEGUN = regex(rb"^LogRecord #\d{1,9}\r?\n(?:[A-Z][\w ]{1,40}: [^\n]{0,200}\n){0,12}Body: Str\(", re.MULTILINE)
_RECORD = regex(r"LogRecord #\d{1,9}\s*$")
_FIELD = regex(
    r"(Timestamp|ObservedTimestamp|Body|Trace ID|Span ID|Attributes|Flags|Resource SchemaURL|ScopeLogs #\d+)\b:? ?"
)
_RESOURCE = regex(r"\s{0,20}-> (service\.name|k8s\.pod\.name|host\.name): Str\(([^()\n]{1,200})\)")
NEVER = "1970-"


def is_collected(sample: bytes) -> bool:
    """Whether such records begin in the sample."""
    return b"LogRecord #" in sample and _BEGUN.search(sample) is not None


def entries_of(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The records, each with what stands above the first of them of its resource."""
    resource: dict[str, Any] = {}
    record: list[str] = []
    for line in lines:
        text = line.rstrip("\r\n")
        if _RECORD.match(text):
            if record:
                yield _entry(record, resource)
            record = [text]
        elif record:
            record.append(text)
        elif (told := _RESOURCE.match(text)) is not None:
            resource[told[1]] = told[2]
    if record:
        yield _entry(record, resource)


def _entry(record: list[str], resource: dict[str, Any]) -> dict[str, Any]:
    """One record: its body goes on until the next field begins."""
    entry, body = dict(resource), list[str]()
    within = False
    for text in record[1:]:
        found = _FIELD.match(text)
        if found is None:
            body += [text] if within else []
            continue
        value, within = text[found.end() :], found[1] == "Body"
        if within:
            body = [value.removeprefix("Str(")]
        elif found[1].endswith("imestamp") and not value.startswith(NEVER):
            entry.setdefault("timestamp", value.replace(" +0000 UTC", "Z"))
    return entry | {"message": "\n".join(body).removesuffix(")")}
