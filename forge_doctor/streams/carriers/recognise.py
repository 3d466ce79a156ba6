"""What stands round the lines of a stream, told by the lines themselves."""

from __future__ import annotations

from typing import Any

from forge_doctor.streams.carriers.exports.json_exports.json_records import HEADER, JsonRecords
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.exports.pairs import learn_pairs
from forge_doctor.streams.carriers.line_carriers import JsonLines, LineCarrier, Prefixed, may_have_prefix
from forge_doctor.streams.carriers.line_format import ANSI, Unwrapper
from forge_doctor.streams.carriers.nested import Known, Nested, bare
from forge_doctor.streams.carriers.prefixes.grep_output import learn_grepped
from forge_doctor.streams.carriers.prefixes.prefix import learn
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge, has_level_before

RECORD = (b'{"', b"{ ")
DEEPEST, SEEN = 2, 200
DOCKER = frozenset({"log", "stream", "time", "attrs"})


def recognise(data: bytes, knowledge: Knowledge, deep: int = 0) -> LineCarrier | None:
    """What stands round these lines, and inside of it; None where it is nothing, or what needs no learning."""
    outer = _outermost(data, knowledge)
    if outer is None:
        return _behind_known(data, knowledge, deep)
    inner = recognise(bare(outer.look(data)), knowledge, deep + 1) if deep < DEEPEST else None
    return outer if inner is None else Nested(outer, inner)


def _outermost(data: bytes, knowledge: Knowledge) -> LineCarrier | None:
    if data.lstrip(b"\xef\xbb\xbf\r\n")[:2] in RECORD:
        return json_lines(data, knowledge)
    plain = ANSI.sub(b"", data) if b"\x1b" in data else data
    lines = plain.split(b"\n")
    plainly = knowledge.is_head(knowledge.plain(lines[0])) and not has_level_before(lines[0], knowledge)
    if not may_have_prefix(plain) and plainly:
        return None
    if (pairs := learn_pairs(lines, knowledge.zone_s, knowledge.reference)) is not None:
        return pairs
    prefix = learn_grepped(lines, knowledge) or learn(lines, knowledge)
    return None if prefix is None else Prefixed(prefix, knowledge)


def _behind_known(data: bytes, knowledge: Knowledge, deep: int) -> LineCarrier | None:
    """What stands behind prefixes that need no learning: other people's records; behind docker's records, prefixes too."""
    lines = [line for line in data.split(b"\n")[:SEEN] if line]
    of_records = bool(lines) and lines[0][:2] in RECORD
    # Of docker's records only these: a time behind them may be a prefix that is known before some lines, not before all.
    known = Unwrapper(knowledge.reference, knowledge.zone_s, most=1 if of_records else 3)
    behind = [told for line in lines if (told := known.line(line).text) != line]
    if deep == DEEPEST or 2 * len(behind) < len(lines) or not behind:
        return None
    if not of_records and 2 * sum(told[:2] in RECORD for told in behind) < len(lines):
        return None
    inner = recognise(b"\n".join(behind), knowledge, deep + 1)
    return None if inner is None else Nested(Known(known), inner)


def json_lines(data: bytes, knowledge: Knowledge) -> JsonLines | None:
    """The records of a shipper; None where they are those of docker or journald, which are read as they are."""
    entries = [loads(line) for line in data.split(b"\n")[:200] if line[:1] == b"{"]
    found = [entry for entry in entries if entry is not None]
    if not found or (all(is_own(entry) for entry in found) and not any(map(_has_several, found))):
        return None
    records = JsonRecords(is_head=knowledge.is_head, zone_s=knowledge.zone_s, is_layer=knowledge.is_layer)
    records.learn(found)
    own = all(one.own for entry in found for one in records.told(entry))
    if own and not records.without and not records.within:
        return None
    if records.without < records.read or any(map(_is_answer, found)):
        records.read = records.without = 0
    return JsonLines(records)


def _has_several(entry: dict[str, Any]) -> bool:
    """Whether a record of docker's or journald's has several lines of a traceback: whoever reads single lines sees one."""
    text = entry.get("log", entry.get("MESSAGE"))
    return isinstance(text, str) and HEADER in text and "\n" in text.rstrip("\n")


def _is_answer(entry: dict[str, Any]) -> bool:
    """Whether a record is an access log's, which has the status of an answer and need have no words."""
    inner = (key for value in entry.values() if isinstance(value, dict) for key in value)
    return any(key.lower().endswith(("status", "code")) for key in (*entry, *inner))


def is_own(entry: dict[str, Any]) -> bool:
    """Whether the record is read as it is: docker's, journald's, or one of PostgreSQL's jsonlog, which nobody ships."""
    if "error_severity" in entry and "message" in entry:
        return True
    return ("log" in entry and entry.keys() <= DOCKER) or ("MESSAGE" in entry and "__REALTIME_TIMESTAMP" in entry)
