"""Records in a YAML list are read as in documents: lines in quotes, and blocks of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, read

RECORD = (
    "2026-11-22 08:00:00,123 ERROR [shop] not saved\nTraceback (most recent call last):\n"
    '  File "/app/shop/store.py", line 17, in keep\n    session.commit()\nsqlite3.OperationalError: database is locked\n'
)
FOUND = [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]
BLOCK = "- pod: shop-1\n  log: |\n" + "".join(f"    {line}\n" for line in RECORD.splitlines())
LINES = "".join(
    f'- log: {json.dumps(line)}\n  time: "2026-11-22T08:00:00Z"\n' for line in RECORD.splitlines(keepends=True)
)


@pytest.mark.parametrize("text", [BLOCK, LINES, BLOCK.replace("log:", "message:")])
@pytest.mark.parametrize("times", [1, 3])
def test_a_list_of_records_is_read(text: str, times: int, tmp_path: Path) -> None:
    found = read(tmp_path / "input", (text * times).encode())
    assert answer(found.summary.groups.values()) == [(*FOUND[0][:2], times)]
    assert found.problem == ""


def test_a_document_may_have_a_list_as_far_to_the_left(tmp_path: Path) -> None:
    text = "".join(
        f"---\nlabels:\n- a\n- b\ntextPayload: {json.dumps(line)}\ntimestamp: '2026-11-22T08:00:00Z'\n"
        for line in RECORD.splitlines(keepends=True)
    )
    assert answer(read(tmp_path / "input", text.encode()).summary.groups.values()) == FOUND
