"""leaked-transactions: the same last statement, ages that only grow; told from slow code."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Looks
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import findings, idle_in_transaction, only, serving, snapshot, worker


def leak(*ages: float) -> tuple:  # type: ignore[type-arg]
    return tuple(idle_in_transaction(pid, age, statement="SELECT ? FROM stock") for pid, age in enumerate(ages, 1))


def test_two_sessions_are_no_pattern_three_are() -> None:
    assert findings("leaked-transactions", snapshot(*leak(20, 40))) == ()
    assert only("leaked-transactions", snapshot(*leak(20, 40, 60))).severity is Severity.ERROR


def test_below_ten_seconds_it_may_be_slow_code() -> None:
    assert findings("leaked-transactions", snapshot(*leak(2, 5, 9.9))) == ()
    assert only("leaked-transactions", snapshot(*leak(10, 10.5, 11))).confidence is Confidence.MEDIUM


def test_two_minutes_make_it_sure() -> None:
    found = only("leaked-transactions", snapshot(*leak(20, 60, 120)))
    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.HIGH)
    assert "--duration" not in found.message


def test_several_looks_that_saw_them_stay_make_it_sure() -> None:
    seen = snapshot(*leak(11, 12, 13), looks=Looks(window_s=10, opened=0, persisting=(1, 2, 3)))
    assert only("leaked-transactions", seen).confidence is Confidence.HIGH


def test_different_statements_are_no_pattern() -> None:
    sessions = [idle_in_transaction(pid, 60.0, statement=f"SELECT a{pid}") for pid in range(5)]
    assert findings("leaked-transactions", snapshot(*sessions)) == ()


def test_the_holder_is_named() -> None:
    assert "(worker pid 4211 holds 3)" in only("leaked-transactions", snapshot(*leak(20, 40, 60))).message


@pytest.mark.parametrize(
    ("ages", "leaked", "words"),
    [
        ((None, None, None), 0, ""),  # requests of unknown age may hold all three
        ((5.0, 4.0, 3.0, 2.0), 3, "No request is in flight that came before them"),
        ((30.0, 25.0, 25.0), 0, ""),
        ((30.0,), 0, ""),  # two are left, and three are asked for
        ((), 3, "No request is in flight that came before them"),
    ],
)
def test_requests_that_came_later_wait_for_a_connection_themselves(
    ages: tuple[float | None, ...], leaked: int, words: str
) -> None:
    sessions = [idle_in_transaction(pid, 20.0 + pid) for pid in range(3)]
    busy = serving(7, *sessions, requests=len(ages), request_ages_s=ages)
    found = findings("leaked-transactions", snapshot(*sessions, processes=(busy,)))
    assert [len(one.sessions) for one in found] == [leaked] * bool(leaked)
    assert all(words in one.message for one in found)
    held = findings("held-by-requests", snapshot(*sessions, processes=(busy,)))
    assert len(held) == (len(ages) == 3)


def test_what_began_at_one_moment_did_not_begin_one_after_another() -> None:
    together = only("leaked-transactions", snapshot(*(idle_in_transaction(pid, 130.0) for pid in range(3))))
    spread = only("leaked-transactions", snapshot(*(idle_in_transaction(pid, 130.0 + pid) for pid in range(3))))
    assert "at one moment" in together.message
    assert "one after another" in spread.message


def test_background_tasks_that_began_together_may_hold_what_no_request_does() -> None:
    sessions = [idle_in_transaction(pid, 20.0) for pid in range(4)]
    found = only("leaked-transactions", snapshot(*sessions, processes=(serving(7, *sessions),)))
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert "or background tasks of that process hold them" in found.message
    assert "interval '120 seconds'" in found.remedy


def test_a_script_that_holds_three_since_one_moment_loses_none() -> None:
    held = [idle_in_transaction(pid, 20.0 + pid / 100) for pid in range(3)]
    script = worker(7, *held, role=Role.OTHER, server="", name="python job.py")
    assert findings("leaked-transactions", snapshot(*held, processes=(script,))) == ()
    one_by_one = [idle_in_transaction(pid, 20.0 + pid) for pid in range(3)]
    assert len(findings("leaked-transactions", snapshot(*one_by_one, processes=(script,)))) == 1


@pytest.mark.parametrize(("kept", "spread_s", "confidence"), [
    (4, 5.0, Confidence.MEDIUM), (3, 5.0, Confidence.HIGH), (4, 9.0, Confidence.HIGH), (0, 5.0, Confidence.HIGH),
])  # fmt: skip
def test_websockets_that_were_pinged_together_look_like_connections_kept_alive(
    kept: int, spread_s: float, confidence: Confidence
) -> None:
    held = [idle_in_transaction(pid, 300.0 + pid * spread_s / 3) for pid in range(4)]
    found = only("leaked-transactions", snapshot(*held, processes=(serving(7, *held, requests=0, kept_open=kept),)))
    assert found.confidence is confidence
    assert ("WebSockets" in found.message) == (confidence is Confidence.MEDIUM)


def test_beside_quiet_websockets_as_many_were_pinged_a_moment_ago() -> None:
    held = [idle_in_transaction(pid, 300.0 + 20 * pid) for pid in range(6)]
    for kept, checks in ((3, ("held-by-requests",)), (0, ("leaked-transactions",))):
        seen = snapshot(*held, processes=(serving(7, *held, requests=0, quiet_open=3, kept_open=kept),))
        told = [one for one in ("held-by-requests", "leaked-transactions") if findings(one, seen)]
        assert tuple(told) == checks


@pytest.mark.parametrize(
    ("libraries", "written"),
    [
        (("asyncpg", "sqlalchemy"), "async with Session() as session"),
        (("asyncpg",), "async with pool.acquire() as connection, connection.transaction()"),
        (("psycopg",), "with pool.connection() as connection"),
        (None, "async with Session() as session"),
    ],
)
def test_the_remedy_is_written_for_the_drivers_pool(libraries: tuple[str, ...] | None, written: str) -> None:
    sessions = [idle_in_transaction(number, 60.0 - number, statement="SELECT 1") for number in range(1, 4)]
    seen = snapshot(*sessions, processes=(serving(4211, *sessions, libraries=libraries),))
    assert only("leaked-transactions", seen).remedy.startswith(written)
