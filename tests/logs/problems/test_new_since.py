"""What begins in the midst of a log is told as new, whichever end of the log comes first and whatever is round its lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES

BEGIN = 1795334400
Record = tuple[int, list[str]]
TRACE = [
    "Traceback (most recent call last):",
    '  File "/app/shop/store.py", line 17, in keep',
    "    session.commit()",
    "sqlite3.OperationalError: database is locked",
]


def stamp(second: int) -> str:
    return datetime.fromtimestamp(BEGIN + second, UTC).strftime("%Y-%m-%d %H:%M:%S,000")


def records(first: int, last: int = 3_600) -> list[Record]:
    quiet = [(second, [f"{stamp(second)} INFO [shop] served {second}"]) for second in range(0, 3_600, 30)]
    failed = [(second, [f"{stamp(second)} ERROR [shop] not saved", *TRACE]) for second in range(first, last, 60)]
    return sorted([*quiet, *failed], key=lambda one: one[0])


def plain(told: list[Record]) -> str:
    return "".join(f"{line}\n" for _, lines in told for line in lines)


def as_json(told: list[Record]) -> str:
    return "".join(
        json.dumps({"timestamp": stamp(second).replace(",", "."), "message": "\n".join(lines)}) + "\n"
        for second, lines in told
    )


def prefixed(told: list[Record]) -> str:
    return "".join(f"<{stamp(second)[:19]} shop-7f> {line}\n" for second, lines in told for line in lines)


WAYS: dict[str, Callable[[list[Record]], str]] = {
    "plain": plain,
    "json": as_json,
    "prefixed": prefixed,
    "newest-first": lambda told: plain(told[::-1]),
    "json-newest-first": lambda told: as_json(told[::-1]),
}


def new_since(text: str, path: Path) -> list[object]:
    path.write_text(text)
    summary = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES)).summary
    (finding,) = triage(summary, "shop").findings
    return [one.value for one in finding.evidence if one.label == "new since"]


@pytest.mark.parametrize("way", WAYS)
def test_what_begins_in_the_midst_is_new(way: str, tmp_path: Path) -> None:
    assert new_since(WAYS[way](records(2_005)), tmp_path / "log") == ["2026-11-22T08:33:25.000Z"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("last", [3_600, 1_800])
def test_what_was_there_from_the_beginning_is_not(way: str, last: int, tmp_path: Path) -> None:
    assert new_since(WAYS[way](records(5, last)), tmp_path / "log") == []
