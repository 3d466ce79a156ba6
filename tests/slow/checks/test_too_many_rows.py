"""too-many-rows: thousands of rows a call."""

from __future__ import annotations

import pytest

from tests.support.slow_snapshots import findings, snapshot, statement


@pytest.mark.parametrize(("rows", "number"), [(999, 0), (1000, 1)])
def test_rows_a_call(rows: int, number: int) -> None:
    assert len(findings("too-many-rows", snapshot(statement("SELECT d.id FROM d", 4, rows=rows * 4)))) == number


@pytest.mark.parametrize(
    "text",
    [
        "SELECT d.id FROM d LIMIT $1",
        "INSERT INTO d (a) SELECT e.a FROM e",
        "UPDATE d SET a = $1",
        "FETCH 1000 FROM c",
    ],
)
def test_what_is_limited_or_gives_none(text: str) -> None:
    assert findings("too-many-rows", snapshot(statement(text, 4, rows=40_000))) == ()


def test_once_is_an_export() -> None:
    assert findings("too-many-rows", snapshot(statement("SELECT d.id FROM d", 1, rows=40_000))) == ()
