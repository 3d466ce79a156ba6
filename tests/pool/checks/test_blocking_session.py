"""blocking-session: the root of a pile-up, worse where it sits idle."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, idle_in_transaction, only, serving, session, snapshot


def waiter(pid: int, *blocked_by: int, wait_s: float = 3.0) -> object:
    return session(
        pid, state="active", wait_event_type="Lock", blocked_by=blocked_by, lock_wait_s=wait_s, query_age_s=9.0
    )


@pytest.mark.parametrize(("wait_s", "number"), [(1.9, 0), (2.0, 1)])
def test_a_short_wait_is_none(wait_s: float, number: int) -> None:
    seen = snapshot(session(1, state="active"), waiter(2, 1, wait_s=wait_s))
    assert len(findings("blocking-session", seen)) == number


def test_two_behind_a_running_statement_are_a_warning_three_are_critical() -> None:
    root = session(1, state="active")
    two, three = ([waiter(pid, 1) for pid in range(2, 2 + number)] for number in (2, 3))
    assert only("blocking-session", snapshot(root, *two)).severity is Severity.WARNING
    assert only("blocking-session", snapshot(root, *three)).severity is Severity.CRITICAL


def test_a_root_that_sits_idle_is_critical_and_must_be_terminated() -> None:
    found = only("blocking-session", snapshot(idle_in_transaction(1, 60.0), waiter(2, 1)))
    assert found.severity is Severity.CRITICAL
    assert "pg_terminate_backend" in found.remedy
    assert "nothing will release its locks" in found.message


def test_a_running_root_is_cancelled_first() -> None:
    assert only("blocking-session", snapshot(session(1, state="active"), waiter(2, 1))).remedy.startswith(
        "SELECT a.pid, pg_cancel_backend(a.pid) FROM pg_stat_activity AS a WHERE a.pid IN (1) AND a.state = 'active'"
    )


def test_a_pile_up_of_150_has_one_root() -> None:
    waiters = [waiter(pid, *range(1, pid)) for pid in range(2, 152)]
    found = only("blocking-session", snapshot(idle_in_transaction(1, 60.0), *waiters))
    assert found.message.startswith("1 root, 150 blocked: pid 1 ")


def test_two_roots_are_two_findings() -> None:
    seen = snapshot(session(1, state="active"), session(2, state="active"), waiter(3, 1), waiter(4, 2), waiter(5, 2))
    assert [found.message[:17] for found in findings("blocking-session", seen)] == [
        "1 root, 2 blocked",
        "1 root, 1 blocked",
    ]


def test_a_prepared_transaction_can_be_the_root() -> None:
    assert "ROLLBACK PREPARED" in only("blocking-session", snapshot(waiter(2, 0))).remedy


@pytest.mark.parametrize(
    ("ages", "requests", "itself"),
    [((61.0,), 1, True), ((30.0,), 1, False), ((61.0, 30.0), 2, False), ((None,), 1, False)],
)
def test_two_sessions_of_one_request_are_told_from_a_leak_and_from_others(
    ages: tuple[float | None, ...], requests: int, itself: bool
) -> None:
    root = idle_in_transaction(1, 60.0, xact_age_s=60.5)
    blocked = session(2, state="active", blocked_by=(1,), lock_wait_s=59.0, query_age_s=59.0)
    process = serving(4211, root, blocked, requests=requests, request_ages_s=ages)
    found = only("blocking-session", snapshot(root, blocked, processes=(process,)))
    assert ("one request seems to hold one session" in found.message) == itself
    assert ("One session per request" in found.remedy) == itself


def test_before_14_the_wait_is_counted_from_the_statement() -> None:
    old = session(2, state="active", blocked_by=(1,), lock_wait_s=None, query_age_s=9.0)
    found = only("blocking-session", snapshot(session(1, state="active"), old))
    assert ("longest wait", 9.0, "now - query_start") in [(one.label, one.value, one.source) for one in found.evidence]


def test_a_queue_that_moves_on_does_not_hide_how_long_it_stands() -> None:
    queued = session(2, state="active", blocked_by=(1,), lock_wait_s=0.05, query_age_s=6.0)
    behind_idle = only("blocking-session", snapshot(idle_in_transaction(1, 5.0), queued))
    assert ("longest wait", 5.0, "now - query_start") in [
        (one.label, one.value, one.source) for one in behind_idle.evidence
    ]
    assert findings("blocking-session", snapshot(session(1, state="active"), queued)) == ()
