"""Healthy services, busy and with neighbours: nothing above info in ten looks, and no check that could not look."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.dsn import resolve_targets
from tests.support.app_server import AppServer, StartApp
from tests.support.examination import Limits, judge, look, of, sessions_where, until
from tests.support.pgbouncer import PgBouncer, run_pgbouncer
from tests.support.postgres import FreshDatabase, client_programs, new_database, postgres18_bin, run_postgres

# Many looks at services under load: the checks say the same on every Python.
pytestmark = pytest.mark.slow

LOOKS = 10
CLIENT = """
import asyncio, asyncpg, sys

async def main():
    held = [await asyncpg.connect(sys.argv[1], server_settings={"application_name": sys.argv[2]}) for _ in range(int(sys.argv[3]))]
    for one in held:
        await one.execute(sys.argv[4])
    print("ready", flush=True)
    await asyncio.sleep(120)
asyncio.run(main())
"""

# One process that runs the command many times: what it loads first is dear. Ends with the worst of their codes.
END = "\n== end of a run ==\n"
MANY_RUNS = f"""
import sys
from forge_doctor.cli.ending import run
codes = []
for _ in range(int(sys.argv[1])):
    codes.append(run(sys.argv[2:]))
    print({END!r}, end="")
sys.exit(max(codes))
"""


async def ten_looks(dsn: str, limits: Limits | None = None, **options: Any) -> None:
    """Look ten times and name what should not have been said."""
    for _ in range(LOOKS):
        report = judge(await look(dsn, **options), limits)
        said = [(found.check, found.message) for found in report.findings if found.severity > Severity.INFO]
        assert said == []
        assert report.not_run == ()
        assert report.verdict.startswith("Nothing above info in ")
        await asyncio.sleep(0.05)


@contextmanager
def traffic(app: AppServer, path: str, clients: int, pause_s: float = 0.05) -> Iterator[None]:
    """Requests one after the other, from some clients at once, who hang up at the end."""
    done = threading.Event()
    asking: dict[int, http.client.HTTPConnection] = {}

    def ask(client: int) -> None:
        while not done.is_set():
            asking[client] = connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", path)
                connection.getresponse().read()
            connection.close()
            done.wait(pause_s)

    threads = [threading.Thread(target=ask, args=(client,), daemon=True) for client in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        while any(thread.is_alive() for thread in threads):
            for connection in list(asking.values()):
                # Whoever waits for an answer reads its end.
                with contextlib.suppress(OSError, AttributeError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(0.2)


@asynccontextmanager
async def client(
    dsn: str,
    name: str,
    sessions: int = 1,
    statement: str = "SELECT 1",
    prefix: tuple[str, ...] = (),
    script: Path | None = None,
) -> AsyncIterator[int]:
    """Another process with connections of its own, as a script of that name where asked."""
    code = ["-c", CLIENT]
    if script is not None:
        script.write_text(CLIENT)
        code = [str(script)]
    process = await asyncio.create_subprocess_exec(
        *(*prefix, sys.executable, *code, dsn, name, str(sessions), statement), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.kill()
        await process.wait()


def _seen_whole(database: FreshDatabase) -> str:
    database.server.sql(f"GRANT pg_monitor TO {database.user}")
    return database.dsn()


async def test_a_busy_service_with_jobs_a_listener_a_console_and_a_walreceiver(
    app_server: StartApp, fresh_database18: FreshDatabase, tmp_path: Path
) -> None:
    database = fresh_database18
    dsn = _seen_whole(database)
    app = app_server(dsn, workers=2)
    receiver = client_programs(database.server.bin_dir) / "pg_receivewal"
    follow = [
        str(receiver),
        "-h",
        str(database.server.socket_dir),
        "-p",
        str(database.server.port),
        "-U",
        database.server.user,
    ]
    with contextlib.ExitStack() as stack:
        if receiver.is_file():
            (tmp_path / "wal").mkdir()
            wal = stack.enter_context(subprocess.Popen([*follow, "-D", str(tmp_path / "wal"), "--no-loop"]))
            stack.callback(wal.kill)
        stack.enter_context(traffic(app, "/healthy", 4))
        async with (
            client(dsn, "jobs", 4, script=tmp_path / "celery"),
            client(dsn, "notifier", 1, "LISTEN orders"),
            client(dsn, "psql", 1),
        ):
            await asyncio.gather(ten_looks(dsn, told=Told(pool_size=5, max_overflow=10)), ten_looks(dsn))


@pytest.mark.long
async def test_a_service_through_a_pgbouncer_on_this_host(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    database = fresh_database18
    database.server.sql(f"GRANT pg_monitor TO {database.user}")
    with run_pgbouncer(database.server) as bouncer:
        through = f"postgresql://{database.user}:{database.password}@127.0.0.1:{bouncer.port}/{database.name}"
        app = app_server(through, workers=2, pool_class="NullPool", env={"PATIENT_BEHIND_POOLER": "1"})
        with traffic(app, "/healthy", 4):
            await until(lambda: sessions_where(database, f"usename = '{database.user}'") > 0)
            await asyncio.gather(
                ten_looks(database.dsn(), bouncer=_console(bouncer)),
                ten_looks(database.dsn()),
                ten_looks(through, bouncer=_console(bouncer)),
            )
            for dsn in (database.dsn(), through):
                assert of(judge(await look(dsn), {"orphaned-session": {"session_s": 0}}), "orphaned-session") == ()


def _console(bouncer: PgBouncer) -> Any:
    return resolve_targets((bouncer.dsn(database="pgbouncer", user=bouncer.stats, password=bouncer.password),))[0]


@pytest.mark.long
async def test_a_hot_row_whose_lock_changes_hands(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    database = fresh_database18
    database.sql(
        f"CREATE TABLE counter (n int); INSERT INTO counter VALUES (0); ALTER TABLE counter OWNER TO {database.user}"
    )
    dsn = _seen_whole(database)
    size = {"pool_size": 5, "max_overflow": 2}
    apps = [app_server(dsn, workers=2, **size), app_server(dsn, "hypercorn", **size)]
    # Workers that get no turn on a busy machine leave a transaction idle behind its BEGIN for as long as that lasts.
    starved = {"slow-code-in-transaction": {"idle_s": 10}}
    with traffic(apps[0], "/hit", 4, 0.01), traffic(apps[1], "/hit", 4, 0.01):
        await asyncio.gather(ten_looks(dsn, starved), ten_looks(dsn, starved, told=Told(**size)))


BRIDGE, POD, HOST = "fdbr0", "fdpod0", "10.209.8.1"


@pytest.fixture
def pod() -> Iterator[tuple[str, ...]]:
    """The command that runs something in another network and pid namespace, from which the server's host is elsewhere."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2")
    setup = (
        f"ip netns add {POD}",
        f"ip link add {BRIDGE} type veth peer name eth0 netns {POD}",
        f"ip addr add {HOST}/24 dev {BRIDGE}",
        f"ip link set {BRIDGE} up",
        f"ip -n {POD} addr add 10.209.8.10/24 dev eth0",
        f"ip -n {POD} link set eth0 up",
        f"ip -n {POD} link set lo up",
    )
    try:
        for command in setup:
            done = subprocess.run(command.split(), capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"{command}: {done.stderr.strip()}")
        yield ("ip", "netns", "exec", POD, "unshare", "-pf", "--mount-proc", "--kill-child")
    finally:
        for command in (f"ip netns del {POD}", f"ip link del {BRIDGE}"):
            subprocess.run(command.split(), capture_output=True)


async def test_a_server_elsewhere_with_agents_of_its_own(pod: tuple[str, ...], tmp_path: Path) -> None:
    settings = {"listen_addresses": f"127.0.0.1,{HOST}"}
    hba = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all 10.209.8.0/24 scram-sha-256\n"
    with run_postgres(postgres18_bin(), settings, hba) as server, new_database(server) as database:
        dsn = _seen_whole(database)
        from_pod = dsn.replace("127.0.0.1", HOST)
        async with client(dsn, "postgres_exporter", 2), client(from_pod, "shop-api", 3, prefix=pod[:4]):
            await until(lambda: sessions_where(database, "application_name = 'shop-api'") == 3)
            command = [*pod, sys.executable, "-c", MANY_RUNS, str(LOOKS), "pool", "--dsn", from_pod, "-f", "json"]
            (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor.limits.orphaned-session]\nsession_s = 0\n")
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, timeout=120
            )
            documents = done.stdout.split(END)[:-1]
            assert len(documents) == LOOKS, done.stderr
            for document in map(json.loads, documents):
                said = [one["check"] for one in document["findings"] if one["severity"] != "info"]
                assert (said, document["not_run"]) == ([], [])
                assert "seen from the database alone" in document["verdict"]
            assert done.returncode == 0
