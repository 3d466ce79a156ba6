"""bouncer-session-state: what belongs to a session, on a connection the next client gets."""

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import Bouncer, BouncerPool, PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Lock
from tests.support.snapshots import findings, only, session, snapshot

LOCK = Lock(pid=1, kind="advisory", mode="ExclusiveLock", granted=True, key="4711")


def pooled(mode: str = "transaction", locks: tuple[Lock, ...] = (), **of_the_session: object) -> PoolSnapshot:
    pool = BouncerPool(
        database="shop",
        user="shop",
        clients_active=1,
        clients_waiting=0,
        servers_active=1,
        servers_idle=0,
        max_wait_s=0,
    )
    return snapshot(session(1, **of_the_session), locks=locks, bouncer=Bouncer(pool_mode=mode, pools=(pool,)))


def test_an_advisory_lock_is_certain_and_the_holder_is_ended_only_while_it_has_it() -> None:
    found = only("bouncer-session-state", pooled(locks=(LOCK,)))
    assert found.confidence is Confidence.HIGH
    assert "advisory lock 4711" in found.message
    assert "l.locktype = 'advisory'" in found.remedy


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("LISTEN orders", 1),
        ("SET search_path TO tenant", 1),
        ("SET LOCAL x = ?", 0),
        ("SET TRANSACTION READ ONLY", 0),
        ("SELECT ?", 0),
        ("SET application_name=?", 0),
        ("SET client_encoding=?;SET TimeZone=?", 0),
        ("SET application_name=?;SET search_path=?", 1),
        ("SET SESSION statement_timeout = ?", 1),
        ("SELECT set_config(?, ?, false)", 1),
        ("SELECT set_config(?, ?, true)", 0),
        ("PREPARE plan AS SELECT ?", 1),
        ("PREPARE TRANSACTION ?", 0),
        ("CREATE TEMP TABLE ids (id int)", 1),
        ("create local temporary table ids as select id from orders", 1),
        ("CREATE TEMP TABLE ids (id int) ON COMMIT DROP", 0),
        ("CREATE TABLE ids (id int)", 0),
        ("DECLARE rows CURSOR WITH HOLD FOR SELECT id FROM orders", 1),
        ("DECLARE rows NO SCROLL CURSOR FOR SELECT id FROM orders", 0),
    ],
)
def test_the_last_statement_tells(statement: str, number: int) -> None:
    assert len(findings("bouncer-session-state", pooled(statement=statement))) == number


@pytest.mark.parametrize(("mode", "state"), [("session", "idle"), ("transaction", "active")])
def test_by_session_or_while_it_runs_it_is_the_clients_own(mode: str, state: str) -> None:
    assert findings("bouncer-session-state", pooled(mode, (LOCK,), state=state)) == ()
