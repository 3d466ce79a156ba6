"""Who blocks whom, what the root is, and where a queue can be opened; with what is printed for each kind of root."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.pool.lock_remedies import lock_remedy
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, Root, pileups, unsettled_s
from forge_doctor.probes.postgres.backends.session import Lock, Session
from tests.support.snapshots import idle_in_transaction, session

READ, CHANGE = "AccessShareLock", "AccessExclusiveLock"


def waiter(pid: int, *blocked_by: int, statement: str = "SELECT ? FROM orders") -> Session:
    return session(
        pid, state="active", wait_event_type="Lock", blocked_by=blocked_by, lock_wait_s=3.0, statement=statement
    )


def wants(pid: int, mode: str = READ, kind: str = "relation", relation: str | None = "orders") -> Lock:
    return Lock(pid=pid, kind=kind, mode=mode, granted=False, relation=relation)


def queue(root: Session, *, kind: str = "relation") -> Pileup:
    """An ALTER behind the root (pid 1), three reads behind the ALTER."""
    change = waiter(2, 1, statement="ALTER TABLE orders ADD COLUMN note text")
    reads = [waiter(pid, 2) for pid in (3, 4, 5)]
    locks = [wants(2, CHANGE, kind), *(wants(pid, READ, kind) for pid in (3, 4, 5))]
    (found,) = pileups([root, change, *reads], locks)
    return found


def test_the_choke_is_the_waiter_the_others_wait_for_and_not_the_root() -> None:
    found = queue(session(1, state="active", application_name="pg_dump", query_age_s=20.0))
    assert [one.pid for one in found.chokes] == [2]
    assert [one.pid for one in found.freed] == [3, 4, 5]


def test_who_waits_for_the_root_as_well_is_not_freed_by_the_choke() -> None:
    change, write = waiter(2, 1, statement="ALTER TABLE t ADD x int"), waiter(3, 1, 2)
    (found,) = pileups([idle_in_transaction(1, 9.0), change, write], [wants(2, CHANGE), wants(3, "RowExclusiveLock")])
    assert (found.freed, found.chokes) == ((), ())


@pytest.mark.parametrize("kind", ["tuple", "transactionid"])
def test_a_queue_for_a_row_has_no_choke_the_next_in_line_waits_for_the_root_in_turn(kind: str) -> None:
    assert queue(idle_in_transaction(1, 9.0), kind=kind).chokes == ()


@pytest.mark.parametrize(
    ("root", "waited_s", "running_s", "pause_s"),
    [
        pytest.param(
            idle_in_transaction(1, 0.3), 0.3, 45.0, 1.9, id="moved on just now: its root has to be seen again"
        ),
        pytest.param(session(1, state="active", query_age_s=20.0), 0.0, 45.0, 2.2, id="granted, and not yet idle"),
        pytest.param(idle_in_transaction(1, 9.0), 3.0, 45.0, 0.0, id="long enough to tell"),
        pytest.param(idle_in_transaction(1, 0.3), 0.3, 0.4, 0.0, id="a hot row that changes hands"),
        pytest.param(session(1), 0.3, 45.0, 0.0, id="a lock of the session does not move on"),
        pytest.param(session(1, hidden=True, state=None), 0.3, 45.0, 0.0, id="nothing more would be seen"),
    ],
)
def test_a_queue_that_moved_on_is_looked_at_again(
    root: Session, waited_s: float, running_s: float, pause_s: float
) -> None:
    behind = session(
        2, state="active", wait_event_type="Lock", blocked_by=(1,), lock_wait_s=waited_s, query_age_s=running_s
    )
    locks = [wants(2, "ShareLock", "transactionid", None)]
    assert unsettled_s([root, behind], locks) == pytest.approx(pause_s)


VACUUM: dict[str, Any] = {"backend_type": "autovacuum worker", "state": "active", "client_addr": None}
ROOTS = [
    (idle_in_transaction(1, 9.0), Root.IDLE_IN_TRANSACTION, "pg_terminate_backend"),
    (session(1), Root.IDLE, "pg_terminate_backend"),
    (session(1, state="active", application_name="pg_dump"), Root.DUMP, "pg_cancel_backend"),
    (session(1, state="active", statement="CREATE INDEX i ON t (n)"), Root.SCHEMA_CHANGE, "pg_cancel_backend"),
    (session(1, state="active"), Root.STATEMENT, "pg_cancel_backend"),
    (session(1, hidden=True, state=None), Root.UNKNOWN, ""),
    (session(1, statement="autovacuum: VACUUM public.t", **VACUUM), Root.VACUUM, ""),
    (session(1, statement="autovacuum: VACUUM public.t (to prevent wraparound)", **VACUUM), Root.WRAPAROUND, ""),
]


@pytest.mark.parametrize(("root", "kind", "signal"), ROOTS, ids=[str(kind) for _, kind, _ in ROOTS])
def test_what_the_root_is_decides_what_may_be_done_about_it(root: Session, kind: Root, signal: str) -> None:
    (alone,) = pileups([root, waiter(2, 1)], [wants(2)])
    assert alone.kind is kind
    assert [
        word for word in ("pg_cancel_backend", "pg_terminate_backend") if f"{word}(a.pid)" in lock_remedy(alone)
    ] == ([signal] if signal else [])
    behind = queue(root)
    first, *rest = lock_remedy(behind).splitlines()
    assert first.startswith("SELECT a.pid, pg_cancel_backend(a.pid) FROM pg_stat_activity AS a WHERE a.pid IN (2) AND ")
    assert "lock_timeout" in rest[0]


def test_a_prepared_transaction_has_no_session() -> None:
    (found,) = pileups([waiter(2, 0)], [wants(2)])
    assert found.kind is Root.PREPARED
    assert "ROLLBACK PREPARED" in lock_remedy(found)


def test_the_wait_for_a_row_names_the_table_of_the_tuple_in_hand() -> None:
    locks = [
        wants(2, "ShareLock", "transactionid", None),
        Lock(pid=2, kind="tuple", mode=CHANGE, granted=True, relation="orders"),
    ]
    (found,) = pileups([idle_in_transaction(1, 9.0), waiter(2, 1)], locks)
    assert found.wanted[2].relation == "orders"
