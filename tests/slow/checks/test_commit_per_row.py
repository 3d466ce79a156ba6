"""commit-per-row: as many commits as calls of one writing statement."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Severity
from tests.support.slow_snapshots import findings, only, snapshot, statement

TEXT = "INSERT INTO events (kind) VALUES ($1) RETURNING events.id"


@pytest.mark.parametrize(
    ("calls", "commits", "number"),
    [
        (200, 204, 1),
        (99, 99, 0),
        (100, 100, 1),
        (250, 200, 1),
        (251, 200, 0),
        (150, 200, 1),
        (149, 200, 0),
        (6000, 204, 0),
    ],
)
def test_the_counts(calls: int, commits: int, number: int) -> None:
    assert len(findings("commit-per-row", snapshot(statement(TEXT, calls), transactions=commits))) == number


def test_counts_alone_are_info() -> None:
    assert only("commit-per-row", snapshot(statement(TEXT, 200), transactions=200)).severity is Severity.INFO


def test_many_rows_a_call_and_no_counts() -> None:
    assert findings("commit-per-row", snapshot(statement(TEXT, 200, rows=4000), transactions=200)) == ()
    assert findings("commit-per-row", snapshot(statement(TEXT, 200), transactions=None)) == ()
    assert findings("commit-per-row", snapshot(statement("SELECT a.b FROM a", 200), transactions=200)) == ()
