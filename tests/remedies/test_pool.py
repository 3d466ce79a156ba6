"""Of `pool`: roles, databases, transactions and slots with hostile names, and statements about sessions that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.finding import NotRun
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.lock_remedies import lock_remedy
from forge_doctor.pool.snapshot import PoolSnapshot, PreparedTransaction, Refusal, Replication, ReplicationSlot, Setting
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.probes.processes.workers import Endpoint
from tests.support.postgres import FreshDatabase, PostgresServer
from tests.support.snapshots import idle_in_transaction, only, server, session, snapshot, told, worker
from tests.support.typed import HOSTILE, Printed, type_all

# A statement is the same on every Python.
pytestmark = pytest.mark.slow

# No process has it.
NOBODY = 2_147_000_000
ROLE: dict[str, Any] = {"before": "CREATE ROLE {i};", "after": "DROP ROLE {i};"}
GIB = 2**30


def settings(**values: str) -> Any:
    return server(settings=tuple(Setting(name=name, value=value, unit="ms") for name, value in values.items()))


def is_set(number: int) -> str:
    own = "SELECT setconfig FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = s.setrole WHERE r.rolname = {s}"
    return f"cardinality(({own})) = {number}"


def limited(column: str, of: str, value: int) -> str:
    return f"(SELECT {column} FROM {of} WHERE {'rolname' if of == 'pg_roles' else 'datname'} = {{s}}) = {value}"


def refused(kind: str, name: str) -> str:
    refusal = Refusal(sqlstate="53300", message=f'too many connections for {kind} "{name}"')
    return only("no-slot-left", snapshot(server=None, refusal=refusal, processes=())).remedy


def foreign(name: str) -> str:
    own = [session(pid) for pid in range(23)]
    held = tuple(session(100 + pid, application_name="report", user=name) for pid in range(10))
    return only("foreign-holder", snapshot(*own, *held, processes=(worker(7, *own),))).remedy


def grant(name: str) -> str:
    hidden = session(1, hidden=True, state=None)
    seen = snapshot(hidden, server=server(sees_all=False, role=name), processes=None)
    (outcome,) = told("idle-in-transaction", seen)
    assert isinstance(outcome, NotRun)
    return outcome.remedy


def slots(name: str, **overrides: Any) -> str:
    own: dict[str, Any] = {"kind": "physical", "active": False, "inactive_s": 9e5, "held_bytes": 2 * GIB}
    slot = ReplicationSlot(name=name, **{**own, **overrides})
    kept = Replication(max_slots=10, max_senders=10, senders=0, keep_mb=-1, slots=(slot,))
    seen = snapshot(server=server(replication=kept))
    return only("inactive-replication-slot", seen, inactive_s=1_000_000.0 if slot.inactive_s is None else 3e5).remedy


def orphan(name: str) -> str:
    one = session(NOBODY, client_addr="10.0.0.7", client_port=40001, user=name, backend_age_s=99.0)
    seen = snapshot(
        one, processes=(), local_networks=("10.0.0.0/8",), half_open=(Endpoint(address="10.0.0.7", port=40001),)
    )
    return only("orphaned-session", seen).remedy


def prepared(name: str, age_s: float = 0.5) -> str:
    one = PreparedTransaction(gid=name, owner=name, database=name, age_s=age_s)
    return only("orphaned-prepared-transaction", snapshot(server=server(prepared=(one,))), prepared_s=0.0).remedy


def crowded(name: str) -> str:
    waits = {"state": "active", "wait_event_type": "LWLock", "wait_event": name}
    return only("contended-wait", snapshot(*(session(pid, **waits) for pid in range(9)))).remedy


def leaked(name: str) -> str:
    sessions = (idle_in_transaction(NOBODY + pid, 60.0 + pid, user=name) for pid in range(3))
    return only("leaked-transactions", snapshot(*sessions)).remedy


def behind(name: str) -> Iterator[tuple[Session | None, Session, tuple[Lock, ...]]]:
    """Each kind of root, and who waits behind it."""
    change = session(
        NOBODY + 1,
        state="active",
        query_age_s=9.0,
        lock_wait_s=9.0,
        blocked_by=(NOBODY,),
        statement="ALTER TABLE orders DROP COLUMN a",
    )
    reader = replace(change, statement="SELECT a")
    idle = session(NOBODY, state_age_s=90.0, user=name, application_name=name)
    running = replace(idle, state="active", query_age_s=75.0, statement=name)
    own = Lock(pid=NOBODY, kind="relation", mode="AccessShareLock", granted=True, relation=name)
    wants = Lock(pid=NOBODY + 1, kind="relation", mode="AccessExclusiveLock", granted=False, relation=name)
    third = Lock(pid=NOBODY + 2, kind="relation", mode="AccessShareLock", granted=False, relation=name)
    yield idle_in_transaction(NOBODY, 60.0), reader, ()
    yield idle, reader, (Lock(pid=NOBODY, kind="advisory", mode="ExclusiveLock", granted=True, key="7"),)
    yield running, reader, ()
    yield running, change, (own, wants, third)
    yield replace(running, application_name="pg_dump"), change, (own, wants)
    vacuum = "autovacuum: VACUUM public.orders"
    for statement in (vacuum, f"{vacuum} (to prevent wraparound)"):
        yield replace(running, backend_type="autovacuum worker", statement=statement), reader, ()
    yield replace(running, hidden=True, state=None), reader, ()
    yield None, reader, ()


def pileups(root: Session | None, waiter: Session, locks: tuple[Lock, ...]) -> PoolSnapshot:
    """A queue of two behind that root."""
    third = replace(waiter, pid=NOBODY + 2, statement="SELECT a", blocked_by=(NOBODY + 1,))
    kinds = ((), (root,)) if root and root.backend_type != "client backend" else ((root,) if root else (), ())
    return snapshot(*kinds[0], waiter, third, locks=locks, background=kinds[1])


def blocked(name: str) -> str:
    lines = [lock_remedy(found) for own in behind(name) for found in Situation(pileups(*own)).pileups]
    lock = Lock(pid=None, kind="relation", mode="AccessExclusiveLock", granted=True, relation=name)
    waits = session(NOBODY, state="active", query_age_s=9.0, lock_wait_s=9.0, blocked_by=(0,), statement="SELECT a")
    lines += [lock_remedy(found) for found in Situation(snapshot(waits, locks=(lock,))).pileups]
    return "\n".join(lines).replace("pg_advisory_xact_lock(...)", "pg_advisory_xact_lock(7)")


def unseen_client(_: str) -> str:
    """What is the same for every name."""
    pods = tuple(session(pid, client_addr=f"10.0.0.{pid}") for pid in range(1, 4))
    own = replace(snapshot().application, replicas=replace(snapshot().application.replicas, assumed=False))
    return only("old-generation", snapshot(*pods, application=own, processes=())).remedy


def long(check: str, name: str) -> str:
    return only(
        check, snapshot(session(NOBODY, state="active", user=name, query_age_s=4000.0, xact_age_s=4000.0))
    ).remedy


CASES = (
    Printed(
        id="timeout-unset",
        remedy=lambda name: (
            only(
                "timeout-unset",
                snapshot(
                    session(1, user=name),
                    server=settings(
                        statement_timeout="0",
                        lock_timeout="0",
                        idle_in_transaction_session_timeout="0",
                        transaction_timeout="0",
                    ),
                ),
            ).remedy
        ),
        proof=is_set(4),
        lines=4,
        **ROLE,
    ),
    Printed(
        id="idle-session-timeout-set",
        remedy=lambda name: (
            only(
                "idle-session-timeout-set",
                snapshot(session(1, user=name), server=settings(idle_session_timeout="600000")),
            ).remedy
        ),
        proof=is_set(1),
        **ROLE,
    ),
    Printed(
        id="idle-in-transaction",
        remedy=lambda name: only("idle-in-transaction", snapshot(idle_in_transaction(NOBODY, 60.0, user=name))).remedy,
        proof=is_set(1),
        lines=2,
        **ROLE,
    ),
    Printed(id="long-statement", remedy=lambda name: long("long-statement", name), proof=is_set(1), lines=2, **ROLE),
    Printed(id="long-transaction", remedy=lambda name: long("long-transaction", name), **ROLE),
    Printed(
        id="aborted-transaction",
        remedy=lambda name: (
            only(
                "aborted-transaction",
                snapshot(idle_in_transaction(NOBODY, 60.0, user=name, state="idle in transaction (aborted)")),
            ).remedy
        ),
    ),
    Printed(id="leaked-transactions", remedy=leaked),
    Printed(id="blocking-session", remedy=blocked, lines=13, names=HOSTILE[:9]),
    Printed(
        id="connection-limit-low-role",
        remedy=lambda name: (
            only(
                "connection-limit-low",
                snapshot(*(session(pid, user=name) for pid in range(5)), server=server(role_limits={name: 5})),
            ).remedy
        ),
        proof=limited("rolconnlimit", "pg_roles", 10),
        **ROLE,
    ),
    Printed(
        id="connection-limit-low-database",
        remedy=lambda name: (
            only(
                "connection-limit-low",
                snapshot(*(session(pid, database=name) for pid in range(5)), server=server(database_limits={name: 5})),
            ).remedy
        ),
        before="ALTER DATABASE changes_its_name RENAME TO {i};",
        proof=limited("datconnlimit", "pg_database", 10),
        after="ALTER DATABASE {i} RENAME TO changes_its_name; ALTER DATABASE changes_its_name CONNECTION LIMIT -1;",
    ),
    Printed(id="foreign-holder", remedy=foreign, proof=limited("rolconnlimit", "pg_roles", 10), **ROLE),
    Printed(id="no-slot-left-role", remedy=lambda name: refused("role", name)),
    Printed(id="no-slot-left-database", remedy=lambda name: refused("database", name)),
    Printed(
        id="grant",
        remedy=grant,
        proof="(SELECT count(*) FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member WHERE r.rolname = {s}) = 1",
        **ROLE,
    ),
    Printed(
        id="orphaned-prepared-transaction",
        remedy=prepared,
        before="BEGIN; LOCK TABLE witness; PREPARE TRANSACTION {s};",
        proof="(SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) = 0",
    ),
    Printed(
        id="orphaned-prepared-transaction-whose-name-is-used-again",
        remedy=lambda name: prepared(name, age_s=99.0),
        before="BEGIN; LOCK TABLE witness; PREPARE TRANSACTION {s};",
        proof="(SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()) = 1",
        after="ROLLBACK PREPARED {s};",
        names=("x",),
    ),
    Printed(id="orphaned-session", remedy=orphan, after="ALTER SYSTEM RESET tcp_keepalives_idle;", lines=2),
    Printed(
        id="contended-wait",
        remedy=crowded,
    ),
    Printed(id="old-generation", remedy=unseen_client, after="ALTER SYSTEM RESET tcp_keepalives_idle;"),
    *(
        # No slot can have a name other than letters, digits and `_`: a statement for it finds none.
        Printed(id=f"slot-{what}", remedy=partial(slots, **own))
        for what, own in (
            ("holding", {}),
            ("of-17", {"inactive_s": None}),
            ("lost", {"wal_status": "lost"}),
        )
    ),
)


@pytest.fixture(scope="module", autouse=True)
def renamed(postgres18: PostgresServer) -> Iterator[None]:
    """A database for the statements that name one."""
    postgres18.sql("CREATE DATABASE changes_its_name")
    yield
    postgres18.sql("DROP DATABASE changes_its_name")


@pytest.mark.parametrize("printed", CASES, ids=lambda one: one.id)
def test_it_is_typed_with_every_name(database: FreshDatabase, printed: Printed, tmp_path: Path) -> None:
    type_all(database, printed, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
