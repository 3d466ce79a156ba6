"""pool-idle-in-transaction: the share counts, whatever the single age."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Looks, PoolSnapshot
from tests.support.snapshots import findings, idle_in_transaction, only, serving, session, snapshot


def pool(idle: int, busy: int, idle_s: float = 2.0, statements: int = 3, **overrides: object) -> PoolSnapshot:
    held = [idle_in_transaction(pid, idle_s, statement=f"SELECT t{pid % statements}") for pid in range(idle)]
    rest = [session(100 + pid, state="active") for pid in range(busy)]
    return snapshot(*held, *rest, processes=(serving(7, *held, *rest, requests=idle + busy),), **overrides)


@pytest.mark.parametrize(("idle", "busy", "number"), [(5, 3, 1), (5, 4, 0), (4, 0, 0), (6, 4, 1)])
def test_sixty_percent_and_five_sessions(idle: int, busy: int, number: int) -> None:
    found = findings("pool-idle-in-transaction", pool(idle, busy))
    assert [one.severity for one in found] == [Severity.WARNING] * number


@pytest.mark.parametrize(("idle_s", "number"), [(0.29, 0), (0.3, 1)])
def test_the_pause_between_two_statements_does_not_count(idle_s: float, number: int) -> None:
    assert len(findings("pool-idle-in-transaction", pool(6, 0, idle_s=idle_s))) == number


def test_one_statement_alone_is_slow_code_in_one_place() -> None:
    assert findings("pool-idle-in-transaction", pool(6, 0, statements=1)) == ()


def test_several_looks_give_the_share_and_the_confidence() -> None:
    assert only("pool-idle-in-transaction", pool(6, 0)).confidence is Confidence.MEDIUM
    looks = Looks(window_s=5.0, opened=0, idle_in_transaction_ratio=0.93)
    found = only("pool-idle-in-transaction", pool(6, 0, looks=looks))
    assert found.confidence is Confidence.HIGH
    assert "In 5 s they spent 93% of their time so." in found.message
