"""What is printed to be typed, typed: against the state it is for, and against the same state recovered by itself."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from forge_doctor.finding import Finding
from tests.support.examination import Limits, examine, one, sessions_where, until
from tests.support.postgres import FreshDatabase

AT_ONCE = {"idle_s": 0.0, "critical_s": 0.0}
SIGNAL = re.compile(r"SELECT a\.pid, pg_\w+_backend\(a\.pid\) [^;]*;")
TCP_REPAIR = 19  # linux/tcp.h: a socket closed under repair sends nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A state in which a check finds something: how it recovers by itself, what is true once it is mended, and how the same
    sessions come into it again."""

    recover: Callable[[], Awaitable[object]]
    mended: Callable[[], bool]
    again: Callable[[], Awaitable[object]] | None = None


def statements(found: Finding) -> list[str]:
    """Those that signal a session, the last resort behind `--` included."""
    return SIGNAL.findall(found.remedy)


def typed(database: FreshDatabase, statement: str) -> list[str]:
    """The rows: one for each session it has signalled."""
    return database.sql(statement).splitlines()


@asynccontextmanager
async def idle_root(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with table(database), database.session() as root, database.session() as waiter:
        await root.execute("BEGIN")
        await root.execute("UPDATE stock SET n = 1")
        task = asyncio.create_task(waiter.execute("UPDATE stock SET n = 2"))
        await until(lambda: waiting(database) == 1)
        tasks = [task]

        async def again() -> None:
            await root.execute("BEGIN")
            await root.execute("UPDATE stock SET n = 3")
            tasks.append(asyncio.create_task(waiter.execute("UPDATE stock SET n = 4")))
            await until(lambda: waiting(database) == 1)

        yield Trouble(recover=lambda: root.execute("ROLLBACK"), mended=lambda: waiting(database) == 0, again=again)
        database.sql(f"SELECT pg_terminate_backend({root.get_server_pid()})")
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def alter_behind_a_dump(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(table(database))
        dump = await stack.enter_async_context(database.session(server_settings={"application_name": "pg_dump"}))
        change = await stack.enter_async_context(database.session())
        readers = [await stack.enter_async_context(database.session()) for _ in range(3)]
        tasks = [asyncio.create_task(dump.execute("SELECT count(*), pg_sleep(60) FROM stock"))]
        await until(lambda: sessions_where(database, "wait_event = 'PgSleep'") == 1)
        tasks.append(asyncio.create_task(change.execute('ALTER TABLE stock ADD COLUMN "no te" text')))
        await until(lambda: waiting(database) == 1)
        tasks += [asyncio.create_task(reader.execute("SELECT * FROM stock")) for reader in readers]
        await until(lambda: waiting(database) == 4)
        yield Trouble(
            recover=lambda: asyncio.to_thread(database.sql, f"SELECT pg_cancel_backend({dump.get_server_pid()})"),
            mended=lambda: waiting(database) == 0,
        )
        database.sql(f"SELECT pg_cancel_backend({dump.get_server_pid()})")
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def lock_of_a_session(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with database.session() as root, database.session() as waiter:
        await root.execute("SELECT pg_advisory_lock(4711)")
        task = asyncio.create_task(waiter.execute("SELECT pg_advisory_lock(4711)"))
        await until(lambda: waiting(database) == 1)
        yield Trouble(
            recover=lambda: root.execute("SELECT pg_advisory_unlock(4711)"), mended=lambda: waiting(database) == 0
        )
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def busy_root(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with table(database), database.session() as root, database.session() as waiter:
        slow = asyncio.create_task(
            root.execute("WITH u AS (UPDATE stock SET n = 1 RETURNING 1) SELECT *, pg_sleep(60) FROM u")
        )
        await until(lambda: sessions_where(database, "wait_event = 'PgSleep'") == 1)
        task = asyncio.create_task(waiter.execute("UPDATE stock SET n = 2"))
        await until(lambda: waiting(database) == 1)
        pid = root.get_server_pid()
        yield Trouble(
            recover=lambda: asyncio.to_thread(database.sql, f"SELECT pg_cancel_backend({pid})"),
            mended=lambda: waiting(database) == 0,
        )
        await asyncio.gather(slow, task, return_exceptions=True)


@asynccontextmanager
async def copy_without_rows(database: FreshDatabase) -> AsyncIterator[Trouble]:
    go_on = asyncio.Event()

    async def rows() -> AsyncIterator[bytes]:
        yield b"7\n"
        await go_on.wait()

    async with table(database), database.session() as root, database.session() as waiter:
        tasks: list[asyncio.Task[object]] = [asyncio.create_task(root.copy_to_table("stock", source=rows()))]
        await until(lambda: sessions_where(database, "state = 'active' AND wait_event = 'ClientRead'") == 1)
        tasks.append(asyncio.create_task(waiter.execute("TRUNCATE stock")))
        await until(lambda: waiting(database) == 1)

        async def recover() -> None:
            go_on.set()
            await tasks[0]

        yield Trouble(recover=recover, mended=lambda: waiting(database) == 0)
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def leaked(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(database.session()) for _ in range(3)]

        async def again() -> None:
            for session in held:
                await session.execute("BEGIN")
                await session.execute("SELECT 1")

        await again()
        idle = "state = 'idle in transaction'"
        yield Trouble(
            recover=lambda: asyncio.gather(*(session.execute("ROLLBACK") for session in held)),
            mended=lambda: sessions_where(database, idle) == 0,
            again=again,
        )


@asynccontextmanager
async def aborted(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with database.session() as session:

        async def again() -> None:
            await session.execute("BEGIN")
            with pytest.raises(Exception, match="division by zero"):
                await session.execute("SELECT 1 / 0")

        await again()
        yield Trouble(
            recover=lambda: session.execute("ROLLBACK"),
            mended=lambda: sessions_where(database, "state LIKE '%(aborted)'") == 0,
            again=again,
        )


@asynccontextmanager
async def long_running(database: FreshDatabase) -> AsyncIterator[Trouble]:
    async with database.session() as session:
        tasks = []
        sleeps = "wait_event = 'PgSleep'"

        async def again() -> None:
            await asyncio.gather(*tasks, return_exceptions=True)
            tasks.append(asyncio.create_task(session.execute("SELECT pg_sleep(60)")))
            await until(lambda: sessions_where(database, sleeps) == 1)

        await again()
        pid = session.get_server_pid()
        yield Trouble(
            recover=lambda: asyncio.to_thread(database.sql, f"SELECT pg_cancel_backend({pid})"),
            mended=lambda: sessions_where(database, sleeps) == 0,
            again=again,
        )
        database.sql(f"SELECT pg_cancel_backend({pid})")
        await asyncio.gather(*tasks, return_exceptions=True)


CASES = (
    ("blocking-session", idle_root, {"wait_s": 0.0}),
    ("blocking-session", alter_behind_a_dump, {"wait_s": 0.0}),
    ("blocking-session", lock_of_a_session, {"wait_s": 0.0}),
    ("blocking-session", busy_root, {"wait_s": 0.0}),
    ("blocking-session", copy_without_rows, {"wait_s": 0.0}),
    ("leaked-transactions", leaked, {"idle_s": 0.0, "sure_s": 0.0}),
    ("aborted-transaction", aborted, AT_ONCE),
    ("long-statement", long_running, {"running_s": 0.0}),
    ("long-transaction", long_running, {"open_s": 0.0}),
)


@pytest.mark.parametrize(("check", "state", "limits"), CASES, ids=[f"{case[0]}-{case[1].__name__}" for case in CASES])
async def test_it_mends_the_state_and_leaves_the_recovered_one_alone(
    fresh_database18: FreshDatabase,
    check: str,
    state: Callable[[FreshDatabase], object],
    limits: dict[str, float],
) -> None:
    database = fresh_database18
    only: Limits = {check: limits}
    async with state(database) as trouble:  # type: ignore[attr-defined]
        told = statements(one(await examine(_as_owner(database), only), check))
        assert told
        await trouble.recover()
        await until(trouble.mended)
        assert [typed(database, statement) for statement in told] == [[]] * len(told)
    async with state(database) as trouble:  # type: ignore[attr-defined]
        first = statements(one(await examine(_as_owner(database), only), check))[0]
        assert typed(database, first)
        await until(trouble.mended)


@pytest.mark.parametrize(
    ("check", "state", "limits"), [case for case in CASES if case[1] in (idle_root, leaked, aborted, long_running)]
)
async def test_the_same_session_in_the_same_trouble_later_is_another(
    fresh_database18: FreshDatabase,
    check: str,
    state: Callable[[FreshDatabase], object],
    limits: dict[str, float],
) -> None:
    database = fresh_database18
    async with state(database) as trouble:  # type: ignore[attr-defined]
        told = statements(one(await examine(_as_owner(database), {check: limits}), check))
        await trouble.recover()
        await until(trouble.mended)
        await trouble.again()
        assert [typed(database, statement) for statement in told] == [[]] * len(told)
        assert not trouble.mended()


async def test_what_follows_a_sick_transaction_for_ever_is_set_for_the_role_by_its_quoted_name(
    fresh_database18: FreshDatabase,
) -> None:
    role = 'o"dd; DROP TABLE x --'
    quoted = '"o""dd; DROP TABLE x --"'
    server = fresh_database18.server
    server.sql(f"CREATE ROLE {quoted} LOGIN PASSWORD 'pw'")
    try:
        connection = await server.connect(user=role, password="pw", database="postgres")
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1")
        found = one(await examine(server.dsn(), {"idle-in-transaction": AT_ONCE}), "idle-in-transaction")
        server.sql(found.remedy.splitlines()[-1])
        assert server.sql("SELECT setconfig FROM pg_db_role_setting JOIN pg_roles ON oid = setrole") == (
            "{idle_in_transaction_session_timeout=60s}"
        )
        await connection.close()
    finally:
        server.sql(f"DROP ROLE {quoted}")


VANISH = """
import asyncio, asyncpg, os, socket, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    own = connection._transport.get_extra_info("socket")
    await asyncio.sleep(0.3)  # what the server sent must be acknowledged: sent again, it would be refused
    own.setsockopt(socket.IPPROTO_TCP, int(sys.argv[2]), 1)
    print(connection.get_server_pid(), flush=True)
    os._exit(0)
asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may drop a connection silently")
async def test_an_orphan_is_ended_by_its_own_port_alone(fresh_database18: FreshDatabase) -> None:
    database = fresh_database18
    async with database.session() as alive:
        # Gone without a word to the server, as a host that loses its power.
        arguments = [sys.executable, "-c", VANISH, database.dsn(), str(TCP_REPAIR)]
        gone = subprocess.run(arguments, capture_output=True, text=True, timeout=30)
        if "PermissionError" in gone.stderr:
            pytest.skip("this container may not drop a connection silently")
        pid = int(gone.stdout)
        found = one(await examine(_as_owner(database), {"orphaned-session": {"session_s": 0}}), "orphaned-session")
        (statement,) = statements(found)
        assert found.sessions == (pid,)
        wrong = re.sub(r"\('127\.0\.0\.1', \d+\)", "('127.0.0.1', 1)", statement)
        assert typed(database, wrong) == []
        assert typed(database, statement) == [f"{pid}|t"]
        assert await alive.fetchval("SELECT 1") == 1


async def test_a_statement_that_goes_on_for_a_client_that_was_killed(fresh_database18: FreshDatabase) -> None:
    database = fresh_database18
    client = subprocess.Popen((str(database.server.bin_dir / "psql"), "-c", "SELECT pg_sleep(60)", database.dsn()))
    try:
        await until(lambda: sessions_where(database, "wait_event = 'PgSleep'") == 1)
    finally:
        client.kill()
        client.wait()
    try:
        found = one(await examine(_as_owner(database), {"orphaned-session": {"session_s": 0}}), "orphaned-session")
        assert "the other end is closed, and the server goes on with SELECT for nobody" in found.message
        (statement,) = statements(found)
        assert len(typed(database, statement)) == 1
        await until(lambda: sessions_where(database, "wait_event = 'PgSleep'") == 0)
    finally:
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


def _as_owner(database: FreshDatabase) -> str:
    return database.server.dsn(database=database.name)


def waiting(database: FreshDatabase) -> int:
    return sessions_where(database, "wait_event_type = 'Lock'")


@asynccontextmanager
async def table(database: FreshDatabase) -> AsyncIterator[None]:
    database.sql(
        f"CREATE TABLE stock (n int); INSERT INTO stock VALUES (1); ALTER TABLE stock OWNER TO {database.user}"
    )
    try:
        yield
    finally:
        database.sql("DROP TABLE stock")
