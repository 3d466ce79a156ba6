"""What can't be looked at is said, with what lets it: never the same as clean."""

from __future__ import annotations

from itertools import count

import pytest

from forge_doctor.probes.postgres.look import Connection, Row, fetch_rows
from forge_doctor.slow.server.work import NOT_CREATED, NOT_LOADED, READY
from tests.slow.live.conftest import busy, judged, opened, seen
from tests.support.pgbouncer import PgBouncer
from tests.support.postgres import FreshDatabase, new_database, postgres18_bin, run_postgres


async def test_an_extension_that_is_not_created_here(shop_database: FreshDatabase) -> None:
    with new_database(shop_database.server) as empty:
        snapshot = await seen(empty, 0.3)
    assert snapshot.server is not None
    assert snapshot.server.statistics.state == NOT_CREATED
    assert snapshot.server.samples is not None
    told = judged(snapshot).not_run
    assert [one.remedy.startswith("CREATE EXTENSION IF NOT EXISTS pg_stat_statements;") for one in told] == [True]


async def test_an_extension_that_is_not_loaded() -> None:
    with (
        run_postgres(postgres18_bin(), {"shared_preload_libraries": "auto_explain"}) as server,
        new_database(server) as empty,
    ):
        snapshot = await seen(empty, dsn=server.dsn(database=empty.name))
    assert snapshot.server is not None
    assert snapshot.server.statistics.state == NOT_LOADED
    remedy = judged(snapshot).not_run[0].remedy
    assert "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements';" in remedy


async def test_a_role_without_rights_sees_no_text_and_says_what_opens_them(shop_database: FreshDatabase) -> None:
    async with opened(shop_database) as shop:
        for _ in range(30):
            await shop.movements()
    with new_database(shop_database.server) as other:
        shop_database.sql(f"GRANT CONNECT ON DATABASE {shop_database.name} TO {other.user}")
        dsn = shop_database.server.dsn(database=shop_database.name, user=other.user, password=other.password)
        hidden = await seen(shop_database, dsn=dsn)
        shop_database.sql(f"GRANT pg_monitor TO {other.user}")
        texts = await seen(shop_database, dsn=dsn)
        shop_database.sql(f"GRANT pg_read_all_data TO {other.user}")
        plans = await seen(shop_database, dsn=dsn)
        shop_database.sql(f"REVOKE CONNECT ON DATABASE {shop_database.name} FROM {other.user}")
    assert hidden.server is not None
    assert hidden.server.statistics.statements == ()
    told = judged(hidden).not_run
    assert any(f'GRANT pg_monitor, pg_read_all_data TO "{other.user}";' in one.remedy for one in told)
    assert texts.server is not None
    assert texts.server.statistics.statements
    asked = {one.key for one in texts.server.statistics.statements if "FROM movement WHERE" in one.text}
    assert {one.why_not for one in texts.server.plans if one.key in asked} == {"our role may not read its tables"}
    assert plans.server is not None
    assert all(one.root is not None for one in plans.server.plans if one.key in asked)


@pytest.mark.slow
@pytest.mark.parametrize("given_up", [1, 10_000])
async def test_looks_that_a_busy_server_gives_up_are_none(
    given_up: int, shop_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count(1)

    async def fetch(connection: Connection, sql: str) -> tuple[Row, ...]:
        return await fetch_rows(connection, "SELECT 1 / 0" if next(asked) <= given_up else sql)

    monkeypatch.setattr("forge_doctor.slow.collect.fetch_rows", fetch)
    snapshot = await seen(shop_database, 0.5)
    assert snapshot.server is not None
    looks = 0 if snapshot.server.samples is None else snapshot.server.samples.looks
    assert (looks > 0, len(snapshot.server.unread)) == (given_up == 1, int(given_up > 1))
    told = [one.reason for one in judged(snapshot).not_run if "sessions could not be looked at" in one.reason]
    assert len(told) == int(given_up > 1)


async def test_through_a_pgbouncer_in_transaction_mode(shop_database: FreshDatabase, pgbouncer: PgBouncer) -> None:
    async with opened(shop_database) as shop, busy(shop.one, clients=1):
        server = shop_database.server
        dsn = pgbouncer.dsn(database=shop_database.name, user=server.user, password=server.password)
        snapshot = await seen(shop_database, 0.5, dsn=dsn)
    assert snapshot.server is not None
    assert snapshot.server.statistics.state == READY
    assert any(one.root is not None for one in snapshot.server.plans)
    left = shop_database.sql("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'forge_doctor%'")
    assert left == "0"


async def test_a_catalog_that_is_locked_is_said_and_the_rest_is_told(shop_database: FreshDatabase) -> None:
    server = shop_database.server
    holder = await server.connect(database=shop_database.name)
    try:
        await holder.execute("BEGIN; LOCK TABLE pg_catalog.pg_inherits IN ACCESS EXCLUSIVE MODE")
        snapshot = await seen(shop_database, dsn=server.dsn(database=shop_database.name), explain=False)
    finally:
        await holder.execute("ROLLBACK")
        await holder.close()
    assert snapshot.server is not None
    assert snapshot.server.statistics.statements
    assert any("tables could not be read" in one.reason for one in judged(snapshot).not_run)
