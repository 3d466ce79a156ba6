"""Reads text as a log would be read, for tests of the log triage."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.scan.reach import frames_in
from forge_doctor.logs.scan.region import Region
from forge_doctor.logs.scan.scanner import scan
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.streams.times.clock import parse_stamp

SAMPLES = Path(__file__).parent.parent / "logs" / "samples"
REFERENCE = parse_stamp("2026-11-22T10:00:00Z")
WANTED = wanted_lines()
RULES = Rules(reference=REFERENCE)


def read_whole(data: bytes | str, source: str = "app", rules: Rules = RULES) -> Summary:
    """The summary of a log fed as one region: every line is looked at."""
    raw = data.encode() if isinstance(data, str) else data
    reader = Reader(source, rules)
    # Of a log without a literal the frames are looked at, as the scanner does.
    reader.feed(Region(source=source, data=raw, hits=WANTED.engine.search(raw) or frames_in(raw)))
    return reader.finish()


def read_scanned(data: bytes, source: str = "app", block_bytes: int = 4 << 20, rules: Rules = RULES) -> Summary:
    """The summary of a log fed as the scanner's regions: quiet lines are left out, known blocks counted where they stand."""
    reader = Reader(source, rules)
    for region in scan(io.BytesIO(data), source, WANTED, block_bytes, reader):
        reader.feed(region)
    return reader.finish()


def groups(data: bytes | str, rules: Rules = RULES) -> list[Group]:
    """The problems of a log, by count."""
    return sorted(read_whole(data, rules=rules).groups.values(), key=lambda group: (-group.count, group.key))


def told(data: bytes | str, rules: Rules = RULES) -> list[tuple[str, str | None, int]]:
    """(signature or exception, `file:line function` or None, count) of each problem."""
    return [(group.signature or group.exception, place(group), group.count) for group in groups(data, rules)]


def place(group: Group) -> str | None:
    """`file:line function` of the user's code."""
    found = group.culprit
    return f"{found.file}:{found.line} {found.function}".strip() if found else None


def sample_cases() -> list[dict[str, Any]]:
    """The labelled logs."""
    cases: list[dict[str, Any]] = json.loads((SAMPLES / "labels.json").read_text())["cases"]
    return cases


def wild_cases() -> list[dict[str, Any]]:
    """Fragments of public issues, with what a triage of them says."""
    return [json.loads(line) for line in (SAMPLES / "wild_sample.jsonl").read_text().splitlines()]
