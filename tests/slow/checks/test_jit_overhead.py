"""jit-overhead: compiling takes longer than it saves."""

from __future__ import annotations

import pytest

from tests.support.slow_snapshots import findings, snapshot, statement


@pytest.mark.parametrize(
    ("mean_ms", "jit_ms", "number"),
    [(100.0, 29.9, 0), (100.0, 30.0, 1), (10.0, 4.9, 0), (10.0, 5.0, 1), (10.0, None, 0)],
)
def test_the_share_and_the_time(mean_ms: float, jit_ms: float | None, number: int) -> None:
    whole = None if jit_ms is None else jit_ms * 10
    one = statement("SELECT t.a FROM t", 10, total_ms=mean_ms * 10, jit_ms=whole)
    assert len(findings("jit-overhead", snapshot(one))) == number
