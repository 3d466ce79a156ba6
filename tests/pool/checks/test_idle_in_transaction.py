"""idle-in-transaction: two ages, the holder, and at once where it blocks somebody."""

from dataclasses import replace

import pytest

from forge_doctor.finding import NotRun, Severity
from tests.support.snapshots import findings, idle_in_transaction, only, server, session, snapshot, told, worker


@pytest.mark.parametrize(
    ("idle_s", "severity"),
    [(4.9, None), (5.0, Severity.WARNING), (29.9, Severity.WARNING), (30.0, Severity.CRITICAL)],
)
def test_the_thresholds(idle_s: float, severity: Severity | None) -> None:
    found = findings("idle-in-transaction", snapshot(idle_in_transaction(1, idle_s)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_idle_and_open_are_two_numbers() -> None:
    found = only("idle-in-transaction", snapshot(idle_in_transaction(1, 12.0, xact_age_s=250.0)))
    assert "idle for up to 12 s, open for up to 4 min 10 s" in found.message
    assert {evidence.label: evidence.value for evidence in found.evidence}["longest open"] == 250.0


@pytest.mark.parametrize(("wait_s", "number"), [(0.1, 0), (1.9, 0), (2.0, 1)])
def test_one_that_blocks_somebody_long_enough_is_critical_at_once(wait_s: float, number: int) -> None:
    waiter = session(2, state="active", blocked_by=(1,), lock_wait_s=wait_s)
    found = findings("idle-in-transaction", snapshot(idle_in_transaction(1, 0.2), waiter))
    assert [one.severity for one in found] == [Severity.CRITICAL] * number


def test_each_worker_is_named_with_what_it_holds() -> None:
    sessions = [idle_in_transaction(pid, 60.0) for pid in range(5)]
    seen = snapshot(*sessions, processes=(worker(7, *sessions[:3]), worker(8, *sessions[3:])))
    messages = [found.message for found in findings("idle-in-transaction", seen)]
    assert messages[0].startswith("worker pid 7 (uvicorn shop:app) holds 3 of its 3 connections")
    assert messages[1].startswith("worker pid 8 (uvicorn shop:app) holds 2 of its 2 connections")


def test_the_remedy_ends_only_what_is_still_idle() -> None:
    remedy = only("idle-in-transaction", snapshot(idle_in_transaction(41, 60.0))).remedy
    assert (
        "a.pid IN (41) AND a.state = 'idle in transaction' AND a.state_change < now() - interval '5 seconds'" in remedy
    )


def test_aborted_transactions_have_their_own_check() -> None:
    seen = snapshot(idle_in_transaction(1, 60.0, state="idle in transaction (aborted)"))
    assert findings("idle-in-transaction", seen) == ()


def test_the_statement_is_shown_only_when_asked_for() -> None:
    seen = snapshot(idle_in_transaction(1, 60.0, statement="SELECT secret FROM diary", tags={"route": "/diary"}))
    quiet, loud = (only("idle-in-transaction", replace(seen, show_query=show)) for show in (False, True))
    assert "SELECT secret" not in repr(quiet)
    assert "SELECT secret FROM diary" in repr(loud)
    assert ("route", "/diary") in [(evidence.label, evidence.value) for evidence in quiet.evidence]


def test_hidden_sessions_are_said_with_the_grant_and_not_judged() -> None:
    hidden = session(1, hidden=True, state=None, client_addr=None, client_port=None, state_age_s=None, statement="")
    seen = snapshot(hidden, server=server(sees_all=False), processes=None)
    outcome = told("idle-in-transaction", seen)
    assert [type(one) for one in outcome] == [NotRun]
    assert outcome[0].remedy == 'GRANT pg_monitor TO "doctor";'
