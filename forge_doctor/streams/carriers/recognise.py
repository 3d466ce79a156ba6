"""What stands round the lines of a stream, told by the lines themselves."""

from __future__ import annotations

from typing import Any

from forge_doctor.streams.carriers.json_records import JsonRecords
from forge_doctor.streams.carriers.json_text import loads
from forge_doctor.streams.carriers.line_carriers import JsonLines, LineCarrier, Prefixed, may_have_prefix
from forge_doctor.streams.carriers.line_format import ANSI
from forge_doctor.streams.carriers.prefix import Knowledge, learn
from forge_doctor.streams.carriers.records_behind import RecordsBehind, bare

DOCKER = frozenset({"log", "stream", "time", "attrs"})


def recognise(data: bytes, knowledge: Knowledge) -> LineCarrier | None:
    """What stands round these lines; None where it is nothing, or what needs no learning."""
    if data.lstrip(b"\xef\xbb\xbf\r\n")[:2] in (b'{"', b"{ "):
        return json_lines(data, knowledge)
    plain = ANSI.sub(b"", data) if b"\x1b" in data else data
    lines = plain.split(b"\n")
    if not may_have_prefix(plain) and knowledge.is_head(knowledge.plain(lines[0])):
        return None
    prefix = learn(lines, knowledge)
    if prefix is None:
        return None
    behind = bare(prefix.strip(plain))
    records = json_lines(behind, knowledge) if behind[:2] in (b'{"', b"{ ") else None
    prefixed = Prefixed(prefix, knowledge)
    return RecordsBehind(prefixed, records) if records is not None else prefixed


def json_lines(data: bytes, knowledge: Knowledge) -> JsonLines | None:
    """The records of a shipper; None where they are those of docker or journald, which are read as they are."""
    entries = [loads(line) for line in data.split(b"\n")[:200] if line[:1] == b"{"]
    found = [entry for entry in entries if entry is not None]
    if not found or all(is_own(entry) for entry in found):
        return None
    records = JsonRecords(is_head=knowledge.is_head, zone_s=knowledge.zone_s)
    records.learn(found)
    if all(one.own for entry in found for one in records.told(entry)) and not records.without:
        return None
    records.read = records.without = 0
    return JsonLines(records)


def is_own(entry: dict[str, Any]) -> bool:
    """Whether the record is read as it is: docker's, journald's, or one of PostgreSQL's jsonlog, which nobody ships."""
    if "error_severity" in entry and "message" in entry:
        return True
    return ("log" in entry and entry.keys() <= DOCKER) or ("MESSAGE" in entry and "__REALTIME_TIMESTAMP" in entry)
