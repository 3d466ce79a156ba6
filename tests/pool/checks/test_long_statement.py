"""long-statement: what runs, not what waits."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, only, session, snapshot


@pytest.mark.parametrize(
    ("running_s", "severity"),
    [(29.9, None), (30.0, Severity.WARNING), (299.0, Severity.WARNING), (300.0, Severity.ERROR)],
)
def test_the_thresholds(running_s: float, severity: Severity | None) -> None:
    found = findings("long-statement", snapshot(session(1, state="active", query_age_s=running_s)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_the_last_statement_of_an_idle_session_runs_no_more() -> None:
    assert findings("long-statement", snapshot(session(1, query_age_s=600.0))) == ()


def test_who_waits_for_a_lock_is_a_victim() -> None:
    assert findings("long-statement", snapshot(session(1, state="active", query_age_s=600.0, blocked_by=(2,)))) == ()


def test_the_remedy_names_the_longest() -> None:
    seen = snapshot(session(1, state="active", query_age_s=40.0), session(2, state="active", query_age_s=50.0))
    assert "a.pid IN (2) AND a.state = 'active'" in only("long-statement", seen).remedy


def test_a_dump_is_not_cancelled() -> None:
    dump = session(1, state="active", query_age_s=60.0, application_name="pg_dump")
    assert "pg_cancel_backend" not in only("long-statement", snapshot(dump)).remedy


def test_what_waits_for_its_client_is_not_to_be_cancelled() -> None:
    copy = session(1, state="active", query_age_s=60.0, wait_event="ClientRead", statement="COPY orders FROM STDIN")
    remedy = only("long-statement", snapshot(copy)).remedy
    assert "pg_terminate_backend" in remedy.partition("--")[0]
    assert "a.wait_event = 'ClientRead'" in remedy
