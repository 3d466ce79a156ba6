"""A document or an export in an issue's block of code gives what it gives by itself; prose round plain logs stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, plain, read, timed
from tests.streams.carriers.test_layers import ALL, WHOLE
from tests.support.log_reading import SAMPLES, told

NAME = "psycopg_311.raw.log"
INSIDE = (
    *WHOLE,
    "gcp-array",
    "gcp-lines",
    "journald-pretty",
    "html-table",
    "insights-csv",
    "kibana-csv",
    "python-list",
)
FAILURE = (
    "2026-11-22 08:00:00,123 ERROR [shop] not saved\nTraceback (most recent call last):\n"
    '  File "/app/shop/store.py", line 17, in keep\n    session.commit()\nsqlite3.OperationalError: database is locked\n'
)
FOUND = [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]


@pytest.mark.parametrize("way", INSIDE)
@pytest.mark.parametrize("fence", ["```json", "~~~", "  ````"])
def test_what_stands_in_a_block_is_read_as_without_it(way: str, fence: str, tmp_path: Path) -> None:
    inside = ALL[way](timed((SAMPLES / NAME).read_text())).removesuffix("\n")
    closed = fence.rstrip("json")
    text = f"### What happened\n\nIt fails since 1.4, see:\n\n{fence}\n{inside}\n{closed}\n\nAny idea?\n"
    found = read(tmp_path / "issue.md", text.encode())
    assert (answer(found.summary.groups.values()), found.problem) == (plain(NAME)[0], "")


def test_every_block_is_read(tmp_path: Path) -> None:
    blocks = "".join(
        f'then:\n\n```\n[\n{{"severity": "ERROR", "textPayload": {said}}}\n]\n```\n\n'
        for said in ('"deadlock detected"', '"database is locked"')
    )
    found = read(tmp_path / "issue.md", f"First this, {blocks}".encode())
    assert answer(found.summary.groups.values()) == [("deadlock", None, 1), ("sqlite-locked", None, 1)]


@pytest.mark.parametrize("prose", ["", "It fails:\n\n"])
def test_a_plain_log_in_a_block_and_one_beside_it_are_read(prose: str) -> None:
    assert told(f"{prose}```\n{FAILURE}```\n") == FOUND
    beside = '```json\n[\n{"severity": "INFO", "textPayload": "up"}\n]\n```\n'
    assert told(f"{prose}{beside}{FAILURE}") == FOUND
