"""A real database in the states a deployment leaves it in: what is told, and what is printed to be typed is typed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.migrations.history import History
from forge_doctor.migrations.live import record
from forge_doctor.migrations.live.collect import QUERIES
from forge_doctor.report import Report
from tests.support.examination import sessions_where, until
from tests.support.live_migrations import judge, look, told, tree
from tests.support.pgbouncer import PgBouncer
from tests.support.postgres import FreshDatabase

TABLES = """
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);
INSERT INTO alembic_version VALUES ('b002');
CREATE TABLE orders (id int PRIMARY KEY, note text);
CREATE TABLE clients (id int PRIMARY KEY);
CREATE TABLE bills (id int PRIMARY KEY);
INSERT INTO orders SELECT n, n % 2 FROM generate_series(1, 1000) AS n;
"""
AT_ONCE = {
    "migration-waits": {"wait_s": 0.0},
    "migration-blocks": {"wait_s": 0.0, "idle_s": 0.0},
    "pending-migration-blocks": {"blocks_s": 0.0},
}


@pytest.fixture(scope="module")
def shop_tree(tmp_path_factory: pytest.TempPathFactory) -> History:
    return tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture
def shop(fresh_database18: FreshDatabase) -> FreshDatabase:
    """A database at the second of three revisions, its tables owned by its own role."""
    fresh_database18.sql(f"SET ROLE {fresh_database18.user}; {TABLES}")
    return fresh_database18


def typed(database: FreshDatabase, remedy: str, program: str = "psql") -> str:
    """The lines of a remedy as psql takes them from a terminal."""
    lines = [line.partition("   --")[0] for line in remedy.splitlines() if not line.startswith("--")]
    assert program == "psql"
    return database.server.psql(*(part for line in lines for part in ("-c", line)), database=database.name)


def gexec(database: FreshDatabase, remedy: str, folder: Path) -> str:
    """A remedy with psql's own \\gexec."""
    script = folder / "typed.sql"
    script.write_text("\n".join(line for line in remedy.splitlines() if not line.startswith("--")) + "\n")
    return database.server.psql("-f", str(script), database=database.name)


def examine(database: FreshDatabase, *histories: History, dsn: str = "") -> Report:
    return judge(asyncio.run(look(dsn or database.dsn())), *histories, limits=AT_ONCE)


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_every_statement_only_reads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(("SELECT", "WITH"))
    assert ";" not in text


def test_a_database_in_order_has_its_pending_revision_and_what_it_costs(
    shop: FreshDatabase, shop_tree: History
) -> None:
    report = examine(shop, shop_tree)
    assert "the database is at b002, 1 of 3 revisions pending" in report.headline
    assert [one.check for one in report.findings] == ["pending-migration-blocks"]
    assert report.tables[0].rows[0][2] == "orders"
    assert report.not_run == ()


def test_a_snapshot_gives_the_same_report(shop: FreshDatabase, shop_tree: History, tmp_path: Path) -> None:
    seen = asyncio.run(look(shop.dsn()))
    (tmp_path / "seen.json").write_text(record.dump(seen))
    assert judge(record.load(tmp_path / "seen.json"), shop_tree) == judge(seen, shop_tree)
    (tmp_path / "bad.json").write_text('{"format": "forge-doctor/migrations-snapshot/1", "snapshot": {"taken_at": 3}}')
    with pytest.raises(CannotInspect, match="is damaged"):
        record.load(tmp_path / "bad.json")


def test_a_rolled_back_deployment(shop: FreshDatabase, shop_tree: History) -> None:
    shop.sql("UPDATE alembic_version SET version_num = 'd004'")
    [found] = told(examine(shop, shop_tree), "database-ahead-of-code")
    assert "Can't locate revision identified by 'd004'" in found.message


def test_rows_that_overlap_are_mended_by_what_is_printed_and_then_left(shop: FreshDatabase, shop_tree: History) -> None:
    shop.sql("INSERT INTO alembic_version VALUES ('a001')")
    [found] = told(examine(shop, shop_tree), "version-rows-overlap")
    typed(shop, found.remedy)
    assert shop.sql("SELECT version_num FROM alembic_version") == "b002"
    # Alone it is where the database stands.
    shop.sql("UPDATE alembic_version SET version_num = 'a001'")
    typed(shop, found.remedy)
    assert shop.sql("SELECT version_num FROM alembic_version") == "a001"


def test_an_index_left_invalid_is_dropped_only_while_it_is(
    shop: FreshDatabase, shop_tree: History, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="could not create unique index"):
        shop.sql("CREATE UNIQUE INDEX CONCURRENTLY ix_note ON orders (note)")
    [found] = told(examine(shop, shop_tree), "index-left-invalid")
    shop.sql("DELETE FROM orders WHERE id > 2")
    shop.sql("REINDEX INDEX CONCURRENTLY ix_note")
    gexec(shop, found.remedy, tmp_path)
    assert shop.sql("SELECT count(*) FROM pg_class WHERE relname = 'ix_note'") == "1"
    shop.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_note'::regclass")
    gexec(shop, found.remedy, tmp_path)
    assert shop.sql("SELECT count(*) FROM pg_class WHERE relname = 'ix_note'") == "0"


def test_a_constraint_is_validated_by_what_is_printed(shop: FreshDatabase) -> None:
    shop.sql('ALTER TABLE orders ADD CONSTRAINT "a ""check" CHECK (id > 0) NOT VALID')
    [found] = told(examine(shop), "constraint-not-validated")
    typed(shop, found.remedy)
    assert shop.sql("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == "0"
    typed(shop, found.remedy)
    assert told(examine(shop), "constraint-not-validated") == []


async def test_a_migration_that_waits_is_cancelled_and_the_queue_drains(shop: FreshDatabase) -> None:
    async with shop.session() as reader, shop.session() as migration, shop.session() as behind:
        await reader.execute("BEGIN; SELECT * FROM orders LIMIT 1")
        change = asyncio.create_task(migration.execute("ALTER TABLE orders ADD COLUMN x int"))
        await until(lambda: sessions_where(shop, "wait_event_type = 'Lock'") == 1)
        query = asyncio.create_task(behind.fetchval("SELECT count(*) FROM orders"))
        await until(lambda: sessions_where(shop, "wait_event_type = 'Lock'") == 2)
        [found] = told(judge(await look(shop.dsn()), limits=AT_ONCE), "migration-waits")
        assert "1 session waits behind it" in found.message
        typed(shop, found.remedy.splitlines()[0])
        assert await query == 1000
        with suppress(Exception):
            await change
        # Nobody waits any more: the second time it reaches nobody, and the root blocks nobody.
        assert typed(shop, found.remedy) == ""
        assert await reader.fetchval("SELECT 1") == 1
        await reader.execute("ROLLBACK")


async def test_a_migration_left_open_is_ended_by_what_is_printed(shop: FreshDatabase, shop_tree: History) -> None:
    async with shop.session() as migration, shop.session() as writer:
        await migration.execute("BEGIN; LOCK TABLE orders; UPDATE alembic_version SET version_num = 'c003'")
        insert = asyncio.create_task(writer.execute("INSERT INTO orders VALUES (0)"))
        await until(lambda: sessions_where(shop, "wait_event_type = 'Lock'") == 1)
        # The table is closed to us as well, and its size is told all the same.
        report = judge(await look(shop.dsn()), shop_tree, limits=AT_ONCE)
        [found] = told(report, "migration-blocks")
        assert "idle in transaction" in found.message
        await until(lambda: typed(shop, found.remedy) != "")
        await insert
        assert shop.sql("SELECT version_num FROM alembic_version") == "b002"


async def test_a_version_table_that_is_locked_is_said_and_the_rest_is_looked_at(
    shop: FreshDatabase, shop_tree: History
) -> None:
    async with shop.session() as migration:
        await migration.execute("BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        report = judge(await look(shop.dsn()), shop_tree)
        assert any("alembic_version locked" in one.reason for one in report.not_run)
        assert report.inspected["tables"] == 4


def test_a_role_without_rights_is_told_what_lets_it_look(shop: FreshDatabase, shop_tree: History) -> None:
    shop.sql(f"CREATE ROLE guest_{shop.user} LOGIN PASSWORD 'guest'")
    try:
        dsn = shop.server.dsn(database=shop.name, user=f"guest_{shop.user}", password="guest")
        before = examine(shop, shop_tree, dsn=dsn)
        [refused] = [one for one in before.not_run if "alembic_version" in one.reason]
        typed(shop, refused.remedy)
        after = examine(shop, shop_tree, dsn=dsn)
        assert "is at b002" in after.headline
    finally:
        shop.sql(f"DROP OWNED BY guest_{shop.user}; DROP ROLE guest_{shop.user}")


def test_through_pgbouncer_it_looks_the_same(pgbouncer: PgBouncer, shop: FreshDatabase, shop_tree: History) -> None:
    dsn = pgbouncer.dsn(database=shop.name)
    assert "is at b002, 1 of 3" in examine(shop, shop_tree, dsn=dsn).headline


def test_no_database_is_a_clear_refusal(shop: FreshDatabase) -> None:
    with pytest.raises(CannotInspect, match="does not exist"):
        asyncio.run(look(shop.server.dsn(database="nowhere")))
