"""What the catalog says while it changes: indexes that are being made, statistics that are told late."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from forge_doctor.finding import Confidence, Finding
from forge_doctor.settings import Settings
from forge_doctor.slow.queries import load_query
from forge_doctor.slow.run import run_slow
from tests.slow.live.conftest import seen
from tests.support.examination import until
from tests.support.postgres import FreshDatabase, PostgresServer, new_database


async def found(database: FreshDatabase, check: str, **request: str) -> list[Finding]:
    snapshot = await seen(database, explain=False, **request)
    return list(run_slow(snapshot, Settings(), select=(check,)).findings)


async def test_rows_that_an_analyze_saw_are_none_that_changed_since(postgres18: PostgresServer) -> None:
    with new_database(postgres18) as database:
        loaded = "CREATE TABLE {0} (a int) WITH (autovacuum_enabled = false); INSERT INTO {0} SELECT generate_series(1, 20000)"
        database.sql(f"{loaded.format('at_once')}; ANALYZE at_once")
        database.sql(f"{loaded.format('grown')}; ANALYZE grown")
        database.sql("INSERT INTO grown SELECT generate_series(1, 20000)")

        def told() -> bool:
            changed = database.sql("SELECT sum(n_mod_since_analyze) FROM pg_stat_user_tables")
            return changed == "60000"

        await until(told)
        findings = await found(database, "stale-statistics")
    assert [(one.location.target.rpartition(" ")[2], one.confidence) for one in findings] == [
        ("public.grown", Confidence.HIGH)
    ]


async def test_indexes_that_are_being_made_are_not_invalid_and_those_that_failed_are(
    postgres18: PostgresServer,
) -> None:
    with new_database(postgres18) as database, new_database(postgres18) as other:
        database.sql(
            "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 2);"
            "CREATE TABLE parts (a int) PARTITION BY RANGE (a); CREATE TABLE part PARTITION OF parts DEFAULT;"
            f"CREATE INDEX parts_a ON ONLY parts (a); ALTER TABLE t OWNER TO {database.user}"
        )
        database.sql(f"GRANT CONNECT ON DATABASE {database.name} TO {other.user}")
        stranger = database.server.dsn(database=database.name, user=other.user, password=other.password)
        holder, maker = await database.connect(), await database.connect()
        with pytest.raises(asyncpg.UniqueViolationError):
            await maker.execute("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
        await holder.execute("BEGIN; INSERT INTO t VALUES (3, 3)")
        making = asyncio.create_task(maker.execute("CREATE INDEX CONCURRENTLY t_b ON t (b)"))

        def waits() -> bool:
            return database.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"

        try:
            await until(waits)
            during = await found(database, "invalid-index", dsn=stranger)
            await holder.execute("COMMIT")
            await making
            after = await found(database, "invalid-index", dsn=stranger)
        finally:
            making.cancel()
            with suppress(asyncio.CancelledError, asyncpg.PostgresError):
                await making
            await holder.close()
            await maker.close()
            database.sql(f"REVOKE CONNECT ON DATABASE {database.name} FROM {other.user}")
    assert during == []
    assert [one.location.target.rpartition(" ")[2] for one in after] == ["public.t_a"]
    assert "while there are duplicates" in after[0].remedy


async def test_columns_of_a_few_tables_are_not_looked_for_among_those_of_all(postgres18: PostgresServer) -> None:
    with new_database(postgres18) as database:
        database.sql("CREATE TABLE wanted (a int, b text)")
        query = load_query("columns", 18).replace("$1", "'{public.wanted}'")
        plan = database.sql(f"EXPLAIN {query}")
        rows = database.sql(query)
    assert "on pg_statistic" in plan
    assert "Seq Scan on pg_statistic" not in plan
    assert "Seq Scan on pg_attribute" not in plan
    assert [row.split("|")[:3] for row in rows.splitlines()] == [["public", "wanted", "a"], ["public", "wanted", "b"]]
