"""Every way of being slow, done by a real application on a real server, is told for the statement that is."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy.pool import NullPool

from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.report import Report
from tests.slow.live.conftest import busy, judged, opened, seen, told_of
from tests.support.postgres import FreshDatabase

SICK = {
    "movements": ("missing-index", "movement.parcel_id = $1"),
    "newest": ("missing-index", "ORDER BY movement.place DESC"),
    "sent_on": ("index-defeated-by-expression", "CAST(parcel.sent_at AS DATE)"),
    "by_mail": ("index-defeated-by-expression", "lower(parcel.mail)"),
    "search": ("leading-wildcard", "parcel.note LIKE"),
    "in_zone": ("json-without-gin", "parcel.labels @>"),
    "count": ("count-of-big-table", "SELECT count(*) AS count_1 FROM parcel"),
    "everything": ("too-many-rows", "SELECT movement.id, movement.place FROM movement"),
    "page": ("deep-offset", "OFFSET"),
    "spilling": ("sort-spill", "ORDER BY parcel.note"),
    "all_pairs": ("cartesian-product", "FROM hub, parcel"),
    "both": ("multiplied-rows", "LEFT OUTER JOIN shift AS shift_1 ON hub.id = shift_1.hub_id"),
    "lazy": ("n-plus-one", "= parcel.hub_id"),
    "looped": ("query-in-loop", "hub.id = $1"),
    "each_committed": ("commit-per-row", "INSERT INTO ping"),
}


@pytest.fixture(scope="module")
def totals(shop_database: FreshDatabase) -> Report:
    """All of it, judged by the totals."""

    async def work() -> Report:
        database = f"(SELECT oid FROM pg_database WHERE datname = '{shop_database.name}')"
        shop_database.sql(f"SELECT pg_stat_statements_reset(0, {database}, 0)")
        async with opened(shop_database) as shop:
            for _ in range(3):
                for name in SICK:
                    if name != "each_committed":
                        await getattr(shop, name)()
            await shop.each_committed(120)
        return judged(await seen(shop_database))

    return asyncio.run(work())


def about(report: Report, check: str, words: str) -> list[Finding]:
    return [
        one
        for one in report.findings
        if one.check == check and any(words in " ".join(str(told.value).split()) for told in one.evidence)
    ]


@pytest.mark.parametrize("name", SICK)
def test_it_is_told_for_the_statement(totals: Report, name: str) -> None:
    check, words = SICK[name]
    assert about(totals, check, words), [(one.check, one.message[:80]) for one in totals.findings]


def test_a_statement_by_its_key_is_no_finding(totals: Report) -> None:
    healthy = [one for one in totals.findings if "WHERE parcel.id = $1" in one.message]
    assert healthy == []


@pytest.mark.parametrize("name", ["movements", "newest", "by_mail"])
async def test_a_proposed_index_halves_the_cost_at_least(
    totals: Report, shop_database: FreshDatabase, name: str
) -> None:
    """Made in a transaction that is rolled back: nobody else has it."""
    found = about(totals, *SICK[name])[0]
    text = next(str(one.value) for one in found.evidence if one.label == "statement")
    made = re.sub("CONCURRENTLY ", "", found.remedy.splitlines()[0].partition(";")[0])
    costs = []
    async with shop_database.session() as connection:
        await connection.execute("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan")
        for step in ("SELECT 1", made):
            await connection.execute(step)
            await connection.execute(f"ANALYZE; PREPARE p AS {text}")
            rows = await connection.fetch("EXPLAIN EXECUTE p(NULL)")
            costs.append(float(re.search(r"\.\.(\d+\.\d+)", rows[0][0])[1]))  # type: ignore[index]
            await connection.execute("DEALLOCATE p")
        await connection.execute("ROLLBACK")
    assert costs[1] <= costs[0] / 2


async def test_collections_loaded_apart_give_each_row_once(shop_database: FreshDatabase) -> None:
    rows = []
    here = f"(SELECT oid FROM pg_database WHERE datname = '{shop_database.name}')"
    for apart in (False, True):
        shop_database.sql(f"SELECT pg_stat_statements_reset(0, {here}, 0)")
        async with opened(shop_database) as shop:
            await shop.both(apart=apart)
        told = "SELECT sum(rows) FROM pg_stat_statements WHERE query ~ 'FROM (hub|parcel|shift)' AND dbid ="
        rows.append(int(shop_database.sql(f"{told} {here}")))
    assert rows == [400 * 40, 1 + 400 + 40]


@pytest.mark.slow
async def test_what_is_sent_again_and_again_is_caught(shop_database: FreshDatabase) -> None:
    async with opened(shop_database) as shop, busy(shop.lazy):
        found = await told_of("n-plus-one", shop_database, 1.5)
    assert "= parcel.hub_id" in found.message


@pytest.mark.slow
async def test_who_waits_for_a_row_is_seen_waiting(shop_database: FreshDatabase) -> None:
    async with opened(shop_database) as shop, busy(lambda: shop.hold(5, 0.2)):
        found = await told_of("slow-by-lock", shop_database, 1.5)
    assert "UPDATE parcel" in found.message
    assert found.confidence is Confidence.HIGH


@pytest.mark.slow
async def test_held_while_something_else_is_done(shop_database: FreshDatabase) -> None:
    async with opened(shop_database) as shop, busy(lambda: shop.idle(0.4)):
        found = await told_of("not-the-database", shop_database, 2.0)
    assert found.severity is Severity.WARNING
    assert "hardly send anything" in found.message


@pytest.mark.slow
async def test_a_connection_for_each_request(shop_database: FreshDatabase) -> None:
    async with opened(shop_database, poolclass=NullPool) as shop, busy(shop.one):
        assert "new connections" in (await told_of("connection-per-request", shop_database, 1.5)).message


async def test_tables_and_indexes(shop_database: FreshDatabase) -> None:
    shop_database.sql(
        "CREATE INDEX again ON parcel (sent_at); CREATE TABLE dead AS SELECT generate_series(1, 30000) AS a"
    )
    shop_database.sql("INSERT INTO dead SELECT 7 FROM generate_series(1, 2)")
    with pytest.raises(RuntimeError, match="could not create unique index"):
        shop_database.sql("CREATE UNIQUE INDEX CONCURRENTLY failed ON dead (a)")
    shop_database.sql("DELETE FROM dead WHERE a > 10; SELECT pg_stat_force_next_flush()")
    async with asyncio.timeout(30):
        while (
            int(
                shop_database.sql("SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE relname = 'dead'")
            )
            < 20_000
        ):
            await asyncio.sleep(0.1)
    snapshot = await seen(shop_database, explain=False)
    from forge_doctor.settings import Settings
    from forge_doctor.slow.run import run_slow

    told = {one.check: one.message for one in run_slow(snapshot, Settings()).findings}
    shop_database.sql("DROP TABLE dead; DROP INDEX again")
    assert "public.dead holds" in told["dead-rows"]
    assert "failed of dead is invalid" in told["invalid-index"]
    assert "again" in told["duplicate-index"]
    assert "stale-statistics" in told


async def test_one_plan_for_common_and_rare_values(shop_database: FreshDatabase) -> None:
    async with opened(shop_database) as shop:
        for _ in range(6):
            await shop.rare("sent")
        for _ in range(8):
            await shop.rare("lost")
        snapshot = await seen(shop_database)
    server = snapshot.server
    assert server is not None
    rare = [one.rare for one in server.plans if one.rare is not None]
    assert [(one.column, one.index) for one in rare] == [("status", "parcel_status_idx")]
    assert "lost" not in repr(snapshot)
    assert about(judged(snapshot), "generic-plan-trap", "parcel.status = $1")
