"""What is said and advised of each kind of root blocker, to the word."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.lock_remedies import LOCK_TIMEOUT, choke_message, lock_remedy, root_message, waited_for
from forge_doctor.probes.postgres.backends.lock_queues import Pileup
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.triage.verdicts.remedies import is_typed
from tests.support.snapshots import idle_in_transaction, session, snapshot


def waits(pid: int, *blocked_by: int, **overrides: Any) -> Session:
    told = {"state": "active", "query_age_s": 9.0, "lock_wait_s": 9.0, "blocked_by": blocked_by}
    return session(pid, **{**told, "statement": "SELECT a FROM orders", **overrides})


def wants(pid: int, mode: str = "AccessShareLock", kind: str = "relation", relation: str | None = "orders") -> Lock:
    return Lock(pid=pid, kind=kind, mode=mode, granted=False, relation=relation)


def holds(pid: int | None, mode: str = "AccessExclusiveLock", kind: str = "relation", **more: Any) -> Lock:
    return Lock(pid=pid, kind=kind, mode=mode, granted=True, **{"relation": "orders", **more})


def pile(root: Session | None, *blocked: Session, locks: tuple[Lock, ...] = ()) -> tuple[Situation, Pileup]:
    sessions = tuple(one for one in (root, *blocked) if one is not None)
    situation = Situation(snapshot(*sessions, locks=locks))
    (found,) = situation.pileups
    return situation, found


def running(pid: int, statement: str, **overrides: Any) -> Session:
    told = {"state": "active", "query_age_s": 75.0, "xact_age_s": 75.0, "state_age_s": 75.0}
    return session(pid, **{**told, "statement": statement, **overrides})


def test_an_idle_transaction_is_ended_while_it_still_idles() -> None:
    situation, found = pile(idle_in_transaction(1, 60.0), waits(2, 1), locks=(holds(1), wants(2)))
    assert root_message(situation, found) == (
        "pid 1 (worker pid 4211, shop-api) has been idle in transaction for 1 min, open for 1 min 1 s: nothing will "
        "release its locks until it ends. It holds AccessExclusiveLock on orders"
    )
    (line,) = lock_remedy(found).splitlines()
    assert line.startswith("SELECT a.pid, pg_terminate_backend(a.pid)")
    assert "a.state = 'idle in transaction' AND a.state_change < now() - interval '59 seconds'" in line


@pytest.mark.parametrize(("age_s", "seconds"), [(60.0, "59"), (0.4, "0"), (None, "0")])
def test_a_second_is_allowed_for_and_no_more(age_s: float | None, seconds: str) -> None:
    _, found = pile(idle_in_transaction(1, 60.0, state_age_s=age_s), waits(2, 1))
    assert f"interval '{seconds} seconds'" in lock_remedy(found)


def test_a_copy_whose_rows_do_not_come_is_ended_since_no_cancel_reaches_it() -> None:
    root = running(1, "COPY orders FROM STDIN", wait_event="ClientRead", query_age_s=120.0)
    situation, found = pile(root, waits(2, 1))
    assert "has been in COPY for 2 min and waits for its client to send more" in root_message(situation, found)
    typed, _, why = lock_remedy(found).partition("--")
    assert "pg_terminate_backend" in typed
    assert "AND a.wait_event = 'ClientRead'" in typed
    assert "pg_cancel_backend frees nobody" in why


@pytest.mark.parametrize("advisory", [True, False])
def test_a_lock_of_an_idle_session_ends_with_the_session(advisory: bool) -> None:
    lock = {"kind": "advisory", "key": "7", "relation": None} if advisory else {}
    wanted = Lock(pid=2, kind="advisory", mode="ExclusiveLock", granted=False, key="7") if advisory else wants(2)
    situation, found = pile(session(1, state_age_s=90.0), waits(2, 1), locks=(holds(1, **lock), wanted))
    told = root_message(situation, found)
    assert "has been idle, outside any transaction, for 1 min 30 s, and holds a lock of the session" in told
    assert told.endswith(". It holds advisory lock 7" if advisory else ". It holds AccessExclusiveLock on orders")
    first, *rest = lock_remedy(found).splitlines()
    assert first.endswith("   -- pg_cancel_backend frees nobody: no statement runs")
    assert "a.state = 'idle'" in first
    assert ("locktype = 'advisory'" in first) == advisory
    assert len(rest) == int(advisory)
    assert all(one.startswith("SELECT pg_advisory_xact_lock(") for one in rest)


def test_a_statement_is_cancelled_and_its_queue_drained_first_where_a_change_of_schema_stands_in_it() -> None:
    change = waits(2, 1, statement="ALTER TABLE orders ADD COLUMN a int", application_name="alembic")
    other = waits(3, 2)
    locks = (holds(1, "AccessShareLock"), wants(2, "AccessExclusiveLock"), wants(3))
    situation, found = pile(running(1, "SELECT sum(a) FROM orders"), change, other, locks=locks)
    assert "has been running SELECT for 1 min 15 s. It holds AccessShareLock on orders" in root_message(
        situation, found
    )
    assert choke_message(situation, found) == (
        " 1 of them waits only because pid 2 (worker pid 4211, alembic, ALTER TABLE) waits ahead for "
        "AccessExclusiveLock on orders: without it they run beside the root."
    )
    drain, timeout, root = lock_remedy(found).splitlines()
    assert drain.startswith("SELECT a.pid, pg_cancel_backend(a.pid)")
    assert "(2)" in drain
    assert drain.endswith("   -- the queue drains at once; run it again later")
    assert timeout == LOCK_TIMEOUT
    assert root.startswith("-- if that is not enough: SELECT a.pid, pg_cancel_backend(a.pid)")
    assert root.endswith("   -- the statement only; pg_terminate_backend if it stays")


@pytest.mark.parametrize(
    ("statement", "form", "condition"),
    [
        ("CREATE INDEX total_ix ON orders (total)", "CREATE INDEX CONCURRENTLY", "INVALID index"),
        ("create  unique index u ON orders (total)", "CREATE UNIQUE INDEX CONCURRENTLY", "outside a transaction"),
        ("REINDEX TABLE orders", "REINDEX TABLE CONCURRENTLY", "outside a transaction"),
        ("DROP INDEX total_ix", "DROP INDEX CONCURRENTLY", "not for an index of a constraint"),
        ("REFRESH MATERIALIZED VIEW totals", "REFRESH MATERIALIZED VIEW CONCURRENTLY", "has a unique index"),
        ("CREATE INDEX CONCURRENTLY total_ix ON orders (total)", "", ""),
        ("ALTER TABLE orders ADD COLUMN a int", "", ""),
        ("SELECT 'CREATE INDEX i ON t (n)'", "", ""),
    ],
)
@pytest.mark.parametrize("is_root", [True, False])
def test_a_build_that_stops_everybody_is_told_the_form_that_does_not(
    statement: str, form: str, condition: str, *, is_root: bool
) -> None:
    if is_root:
        _, found = pile(running(1, statement), waits(2, 1), locks=(holds(1, "ShareLock"), wants(2)))
    else:
        locks = (holds(1, "RowExclusiveLock"), wants(2, "ShareLock"), wants(3))
        _, found = pile(
            running(1, "UPDATE orders SET a = 1"), waits(2, 1, statement=statement), waits(3, 2), locks=locks
        )
    told = [line for line in lock_remedy(found).splitlines() if "CONCURRENTLY" in line]
    assert [line.partition(" ...;")[0] for line in told] == ([form] if form else [])
    assert all(condition in line and not is_typed(line) for line in told)


def test_a_plain_queue_has_nobody_to_cancel_but_the_root() -> None:
    situation, found = pile(running(1, ""), waits(2, 1), waits(3, 1), locks=(wants(2), wants(3)))
    assert choke_message(situation, found) == ""
    assert root_message(situation, found).endswith("has been running a statement for 1 min 15 s")
    (line,) = lock_remedy(found).splitlines()
    assert line.startswith("SELECT a.pid, pg_cancel_backend(a.pid)")
    assert "interval '74 seconds'" in line


def test_of_a_dump_the_change_that_waits_for_it_is_cancelled_and_the_dump_last() -> None:
    dump = running(1, "COPY orders TO stdout", application_name="pg_dump")
    change = waits(2, 1, statement="ALTER TABLE orders DROP COLUMN a")
    _, found = pile(dump, change, locks=(holds(1, "AccessShareLock"), wants(2, "AccessExclusiveLock")))
    drain, timeout, last = lock_remedy(found).splitlines()
    assert "(2)" in drain
    assert timeout == LOCK_TIMEOUT
    assert last.startswith("-- last, since it ends the backup: SELECT a.pid, pg_cancel_backend(a.pid)")
    _, found = pile(dump, waits(2, 1))
    assert len(lock_remedy(found).splitlines()) == 1


@pytest.mark.parametrize("wraparound", [True, False])
def test_an_autovacuum_gives_way_but_one_against_wraparound_does_not(wraparound: bool) -> None:
    statement = f"autovacuum: VACUUM public.orders{' (to prevent wraparound)' if wraparound else ''}"
    vacuum = running(1, statement, backend_type="autovacuum worker", application_name="")
    situation = Situation(snapshot(waits(2, 1), background=(vacuum,)))
    (found,) = situation.pileups
    assert root_message(situation, found).startswith(f"pid 1 ({statement}) is a")
    told = lock_remedy(found)
    assert told.startswith("SELECT * FROM pg_stat_progress_vacuum WHERE pid = 1;" if wraparound else "-- an autovacuum")


def test_who_is_hidden_or_gone_is_looked_at_first() -> None:
    for root in (session(1, hidden=True, state=None), None):
        situation, found = pile(root, waits(2, 1))
        assert lock_remedy(found).startswith(
            "SELECT pid, backend_type, state, query FROM pg_stat_activity WHERE pid = 1;"
        )
        said = root_message(situation, found)
        assert ("hidden from this role" in said) == (root is not None)


def test_what_is_waited_for_is_counted_the_most_frequent_four() -> None:
    locks = [wants(pid, relation=name) for pid, name in enumerate(("a", "b", "b", "c", "d", "e"), 2)]
    _, found = pile(running(1, "SELECT a"), *(waits(pid, 1) for pid in range(2, 8)), locks=tuple(locks))
    assert waited_for(found) == (
        "2 AccessShareLock on b, 1 AccessShareLock on a, 1 AccessShareLock on c, 1 AccessShareLock on d"
    )


def test_the_name_of_an_application_is_said_once() -> None:
    told = [session(1, state_age_s=90.0, application_name=name) for name in ("", "report")]
    names = [root_message(*pile(one, waits(2, 1))).partition(") ")[0] for one in told]
    assert names == ["pid 1 (worker pid 4211", "pid 1 (worker pid 4211, report"]
    situation = Situation(snapshot(told[1], waits(2, 1), processes=()))
    (found,) = situation.pileups
    assert root_message(situation, found).startswith("pid 1 (report (shop from 127.0.0.1)) has")


def test_where_the_time_of_the_look_is_known_what_began_later_is_left_alone() -> None:
    seen_at = "2026-11-22T03:00:00.000000+00:00"
    change = waits(2, 1, statement="ALTER TABLE orders DROP COLUMN a")
    locks = (holds(1, "AccessShareLock"), wants(2, "AccessExclusiveLock"), wants(3))
    for root, moments in (
        (idle_in_transaction(1, 60.0), ["state_change", "query_start"]),
        (session(1, state_age_s=90.0), ["state_change", "query_start"]),
        (running(1, "SELECT a FROM orders"), ["query_start"]),
    ):
        _, found = pile(root, change, waits(3, 2), locks=locks)
        lines = [line for line in lock_remedy(found, seen_at).splitlines() if "_backend(a.pid)" in line]
        assert len(lines) == 2
        assert all(any(f"a.{moment} < '{seen_at}'" in line for moment in moments) for line in lines)
        assert not any("interval" in line for line in lines)
