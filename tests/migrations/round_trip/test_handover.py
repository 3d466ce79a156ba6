"""However an env.py wants its address, its connections end at the throw-away server; no other is ever reached."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.migrations.round_trip.handover import Application, migrations_of
from forge_doctor.probes.throw_away.databases import Address, databases
from tests.support.migration_trees import INI, revision
from tests.support.postgres import FreshDatabase, PostgresServer, unprivileged_directory
from tests.support.trip_projects import application, project

ONE = revision("r1", None, 'op.create_table("t", sa.Column("id", sa.Integer))', 'op.drop_table("t")')
SYNC = """
from alembic import context
from sqlalchemy import create_engine, engine_from_config
{before}
with {engine}.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def sync(engine: str, before: str = "") -> str:
    return SYNC.format(engine=engine, before=before)


SETTINGS = """
import os
class Settings:
    host, port = os.environ["POSTGRES_HOST"], int(os.environ["POSTGRES_PORT"])
    user, password, name = os.environ["POSTGRES_USER"], os.environ["POSTGRES_PASSWORD"], os.environ["POSTGRES_DB"]
url = "postgresql+psycopg://%s:%s@%s:%d/%s" % (Settings.user, Settings.password, Settings.host, Settings.port, Settings.name)
"""
POOLED = """
from shop import engine
"""
WAYS = {
    "a variable": sync('create_engine(os.environ["APP_DB_DSN"].replace("asyncpg", "psycopg"))', "import os"),
    "parts": sync("create_engine(url)", SETTINGS),
    "the ini": sync('engine_from_config(context.config.get_section("alembic"), prefix="sqlalchemy.")'),
    "-x": sync('create_engine("postgresql+psycopg://" + context.get_x_argument(as_dictionary=True)["host"] + "/x")'),
    "a fixed address": sync('create_engine("postgresql+psycopg://me:secret@production.example:6432/live?sslmode=require")'),
    "a creator": sync(
        'create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect("host=production.example"))', "import psycopg"
    ),
    "asyncpg": """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://me:secret@production.example/live", connect_args={"ssl": "require"})

def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run():
    async with engine.connect() as connection:
        await connection.run_sync(migrate)

asyncio.run(run())
""",
}  # fmt: skip


@pytest.fixture(scope="module")
def address(postgres18: PostgresServer) -> Address:
    server = postgres18
    return Address(host=server.host, port=server.port, user=server.user, password=server.password)


async def stepped(app: Application, address: Address) -> list[list[str]]:
    """The tables of two databases after the revision was run in each of them."""
    async with databases(address) as made:
        first, second = await made.make("one"), await made.make("two")
        async with migrations_of(app, made, first) as (child, _):
            seen = []
            for database in (first, second):
                answer = await child.order("step", limit_s=30, database=database, revisions=["r1"], up=True)
                assert answer.failure is None, answer.failure
                async with made.session(database) as session:
                    rows = await session.fetch("SELECT relname::text FROM pg_class WHERE relname = 't'")
                    seen.append([row["relname"] for row in rows])
    return seen


QUICK = ("a variable", "a creator", "asyncpg")


@pytest.mark.parametrize("way", [way if way in QUICK else pytest.param(way, marks=pytest.mark.slow) for way in WAYS])
def test_it_ends_at_the_throw_away_server(way: str, address: Address, tmp_path: Path) -> None:
    folder = project(tmp_path, WAYS[way], INI + "sqlalchemy.url = driver://user:pass@localhost/dbname\n", r1=ONE)
    app = application(folder, x=("host=production.example",))
    assert asyncio.run(stepped(app, address)) == [["t"], ["t"]]


def test_modules_of_the_application_that_are_called_as_those_of_python(address: Address, tmp_path: Path) -> None:
    folder = project(tmp_path, WAYS["a fixed address"], r1=ONE)
    for name in ("enum", "types", "calendar", "uuid"):
        (folder / f"{name}.py").write_text("KIND = 'own'\n")
    assert asyncio.run(stepped(application(folder), address)) == [["t"], ["t"]]


def test_an_engine_with_a_pool_does_not_stay_in_the_first_database(address: Address, tmp_path: Path) -> None:
    folder = project(tmp_path, sync("engine", POOLED), r1=ONE)
    (folder / "shop.py").write_text(
        "from sqlalchemy import create_engine\nengine = create_engine('postgresql+psycopg://x/y', pool_size=1, max_overflow=0)\n"
    )
    assert asyncio.run(stepped(application(folder), address)) == [["t"], ["t"]]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (sync('create_engine("sqlite:///shop.db")'), "connects by sqlite"),
        ("async def run(): ...\nrun()\n", "ended without running any migration"),
        ("import not_installed_here\n", r"No module named 'not_installed_here' \(env.py:1\)"),
        ('import os\nos.environ["STRIPE_KEY"]\n', "set STRIPE_KEY in the environment"),
        ("raise SystemExit('not today')\n", "SystemExit: not today"),
    ],
)
def test_what_stands_in_the_way_is_said(env: str, said: str, address: Address, tmp_path: Path) -> None:
    folder = project(tmp_path, env, r1=ONE)
    with pytest.raises(CannotInspect, match=said):
        asyncio.run(stepped(application(folder), address))
    assert not (folder / "shop.db").exists()


def test_a_revision_with_an_engine_of_its_own_reaches_no_other_server(
    address: Address, fresh_database18: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database18.sql("CREATE TABLE precious (id int)")
    url = fresh_database18.dsn(scheme="postgresql+psycopg")
    drop = f'sa.create_engine("{url}").connect().execute(sa.text("SELECT 1 FROM precious"))'
    folder = project(tmp_path, sync(f'create_engine("{url}")'), r1=revision("r1", None, drop))
    with pytest.raises(AssertionError, match="precious"):
        asyncio.run(stepped(application(folder), address))


def test_a_program_that_a_revision_starts_finds_no_other_address(address: Address, tmp_path: Path) -> None:
    ask = "import os, sys; sys.exit(os.environ['DATABASE_URL'].split('@')[1].split('/')[0] + os.environ['PGHOST'])"
    start = f'import subprocess, sys\n    raise RuntimeError(subprocess.run([sys.executable, "-c", {ask!r}], stderr=-1, text=True).stderr)'
    folder = project(tmp_path, WAYS["a fixed address"], r1=revision("r1", None, start))
    app = application(
        folder, environment={**os.environ, "DATABASE_URL": "postgresql://me:secret@production.example/live"}
    )
    with pytest.raises(AssertionError, match=f"{address.host}:{address.port}{address.host}"):
        asyncio.run(stepped(app, address))


def test_a_database_without_the_token_is_refused(address: Address, tmp_path: Path) -> None:
    folder = project(tmp_path, WAYS["a fixed address"], r1=ONE)

    async def refused() -> str:
        async with databases(address) as made:
            name = await made.make("one")
            made.token = "another"
            try:
                async with migrations_of(application(folder), made, name):
                    return ""
            except CannotInspect as problem:
                return str(problem)

    assert "is not the throw-away one; nothing was run there" in asyncio.run(refused())


JOURNEY = """
import asyncio, sys
from pathlib import Path
from forge_doctor.migrations.round_trip.collect import TripRequest, collect_round_trip
from forge_doctor.migrations.round_trip.handover import Application
folder = Path(sys.argv[1])
application = Application(config=folder / "alembic.ini", folder=folder, python=sys.executable)
def told(done, total, revision):
    print(revision, flush=True)
asyncio.run(collect_round_trip(TripRequest(application=application), told))
"""


@pytest.fixture
def long_project(tmp_path: Path) -> Iterator[Path]:
    slow = revision("r1", None, 'op.execute("SELECT pg_sleep(60)")')
    return project(tmp_path / "project", WAYS["a fixed address"], r1=slow)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_behind(number: signal.Signals, long_project: Path) -> None:
    with unprivileged_directory("trip") as scratch:
        interrupted(long_project, scratch, number)
        assert list(scratch.iterdir()) == []


def interrupted(long_project: Path, scratch: Path, number: signal.Signals) -> None:
    """A journey that is interrupted in the middle of a revision; every process it started has ended."""
    with subprocess.Popen(
        [sys.executable, "-c", JOURNEY, str(long_project)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(scratch)},
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "r1\n"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) > 2
        process.send_signal(number)
        process.wait(60)
    deadline = time.monotonic() + 30
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family):
        assert time.monotonic() < deadline
        time.sleep(0.05)
