"""connections-held-at-line: with no session to be had, what processes wrote down names the line."""

from __future__ import annotations

from dataclasses import replace

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import PoolSnapshot, Refusal
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection
from tests.support.snapshots import findings, only, session, snapshot, worker

REFUSAL = Refusal(sqlstate="53300", message="sorry, too many clients already")
LEAK = (
    CodeLine(file="/app/receipts.py", line=21, function="send"),
    CodeLine(file="/app/api.py", line=45, function="order"),
)
READ = (CodeLine(file="/app/api.py", line=9, function="read"),)


def held(pid: int, lines: tuple[CodeLine, ...], age_s: float | None) -> HeldConnection:
    return HeldConnection(backend_pid=pid, local_port=40_000 + pid, lines=lines, held_s=age_s)


def refused(*connections: HeldConnection, requests: int = 0) -> PoolSnapshot:
    process = worker(7, *(session(one.backend_pid) for one in connections))
    process = replace(process, held=connections, requests_in_flight=requests, requests_exact=True)
    return snapshot(server=None, refusal=REFUSAL, processes=(process,))


def test_the_line_that_holds_most_is_named_with_its_connections() -> None:
    seen = refused(*(held(pid, LEAK, 10.0 + pid) for pid in range(1, 4)), held(9, READ, 0.1), held(10, READ, None))
    found = only("connections-held-at-line", seen)
    assert (found.location.target, found.location.line) == ("/app/receipts.py", 21)
    assert found.sessions == (1, 2, 3)
    assert "3 connections taken at /app/receipts.py:21 send, called at /app/api.py:45 order" in found.message
    assert "no request is in flight" in found.message
    assert found.confidence is Confidence.HIGH


def test_what_is_typed_ends_these_alone_and_only_while_they_idle() -> None:
    seen = refused(*(held(pid, LEAK, 20.0) for pid in (3, 1, 2)))
    superuser, statement, _ = only("connections-held-at-line", seen).remedy.splitlines()
    assert superuser.startswith("psql -U postgres")
    assert "a.pid IN (1, 2, 3)" in statement
    assert "a.state = 'idle in transaction'" in statement
    assert "interval '10 seconds'" in statement


def test_numbers_that_a_pooler_gave_are_not_typed() -> None:
    seen = refused(*(held(pid, LEAK, 20.0) for pid in (1, 2, 3)))
    (process,) = seen.processes or ()
    pooled = replace(process, pooler_sockets=process.database_sockets, database_sockets=())
    assert "pg_terminate_backend" not in only("connections-held-at-line", replace(seen, processes=(pooled,))).remedy


def test_as_many_requests_may_give_them_back() -> None:
    found = only("connections-held-at-line", refused(*(held(pid, LEAK, 20.0) for pid in range(4)), requests=4))
    assert found.confidence is Confidence.MEDIUM
    told = only("connections-held-at-line", refused(*(held(pid, LEAK, 20.0) for pid in range(4)), requests=1))
    assert "of which 3 have no request" in told.message
    assert told.confidence is Confidence.HIGH


def test_few_or_young_or_returned_are_no_finding() -> None:
    assert findings("connections-held-at-line", refused(held(1, LEAK, 60.0), held(2, LEAK, 60.0))) == ()
    assert findings("connections-held-at-line", refused(*(held(pid, LEAK, 9.9) for pid in range(5)))) == ()
    assert findings("connections-held-at-line", refused(*(held(pid, LEAK, None) for pid in range(5)))) == ()


def test_where_the_sessions_were_seen_others_say_it() -> None:
    seen = refused(*(held(pid, LEAK, 60.0) for pid in range(5)))
    assert findings("connections-held-at-line", replace(snapshot(), processes=seen.processes)) == ()
