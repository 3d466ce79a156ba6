"""slow-by-lock: waits in a log, in the samples, and by one execution's time."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.server.work import SampledStatement, Samples
from tests.support.slow_snapshots import findings, logged, logged_statement, only, snapshot, statement

ID = "slow-by-lock"
TEXT = "UPDATE stock SET qty=stock.qty - $1 WHERE stock.id = $2"


@pytest.mark.parametrize(("own", "number"), [(0.3, 1), (500.0, 0)])
def test_waits_are_subtracted(own: float, number: int) -> None:
    one = logged_statement(
        TEXT, 0, timed=2, waits=1, total_ms=1800.6, longest_ms=1800.3, longest_own_ms=own, waited_ms=1800.0
    )
    found = findings(ID, logged(one))
    assert [one.confidence for one in found] == [Confidence.HIGH] * number


@pytest.mark.parametrize(("waiting", "number"), [(2, 0), (30, 1), (9, 0)])
def test_samples(waiting: int, number: int) -> None:
    row = statement(TEXT)
    seen = SampledStatement(key=row.key, running=30, waiting=waiting, blockers=("UPDATE stock SET a = ?",))
    samples = Samples(looks=80, statements=(seen,))
    assert len(findings(ID, snapshot(row, samples=samples))) == number


def test_one_long_execution_is_a_guess() -> None:
    found = only(ID, snapshot(statement(TEXT, 2, min_ms=0.06, max_ms=1476.0, total_ms=1476.1)))
    assert found.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (TEXT, {"calls": 2, "min_ms": 20.0, "max_ms": 1476.0, "total_ms": 1496.0}),  # slow in any case
        (TEXT, {"calls": 9000, "min_ms": 0.06, "max_ms": 1476.0, "total_ms": 90_000.0}),
        (TEXT, {"calls": 2, "min_ms": 0.06, "max_ms": 476.0, "total_ms": 476.1}),
        ("SELECT stock.id FROM stock WHERE stock.id = $1", {"calls": 2, "max_ms": 1476.0, "total_ms": 1476.1}),
    ],
)
def test_other_reasons(text: str, changes: dict[str, float]) -> None:
    assert findings(ID, snapshot(statement(text, **changes))) == ()  # type: ignore[arg-type]
