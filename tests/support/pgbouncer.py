"""A real pgbouncer in front of a test's PostgreSQL, gone when the tests end."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest

from tests.support.postgres import PostgresServer, free_port, missing, spawn, stop, unprivileged_directory

ADMIN, STATS, OTHER = "bouncer_admin", "bouncer_stats", "bouncer_nobody"
START_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PgBouncer:
    """A running pgbouncer; `admin` may use its console, any role of `server` may use its databases."""

    host: str
    port: int
    server: PostgresServer
    admin: str = ADMIN
    stats: str = STATS
    password: str = field(repr=False)  # of `admin`, `stats` and a user without rights, OTHER
    directory: Path
    pid: int

    def dsn(self, *, database: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        """A URL through pgbouncer, as the server's superuser unless told otherwise."""
        name = quote(self.server.user if user is None else user, safe="")
        secret = quote(self.server.password if password is None else password, safe="")
        return f"postgresql://{name}:{secret}@{self.host}:{self.port}/{database}"


@contextmanager
def run_pgbouncer(
    server: PostgresServer, settings: Mapping[str, str] = MappingProxyType({}), password: str = ""
) -> Iterator[PgBouncer]:
    """pgbouncer in transaction mode before `server`; `settings` go over the defaults here."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        missing("pgbouncer (apt-get install pgbouncer)")
    assert program is not None
    with unprivileged_directory("pgb") as directory:
        password = password or secrets.token_urlsafe(12)
        port = free_port()
        configuration = _configure(directory, server, port, password, settings)
        process = spawn([program, configuration], directory / "pgbouncer.log")
        try:
            _wait(process, port, directory)
            yield PgBouncer(
                host="127.0.0.1", port=port, server=server, password=password, directory=directory, pid=process.pid
            )
        finally:
            if process.poll() is None:
                stop(process, signal.SIGTERM)


@pytest.fixture(scope="session")
def pgbouncer(postgres18: PostgresServer) -> Iterator[PgBouncer]:
    """pgbouncer in transaction mode before PostgreSQL 18."""
    with run_pgbouncer(postgres18) as bouncer:
        yield bouncer


def _configure(directory: Path, server: PostgresServer, port: int, password: str, settings: Mapping[str, str]) -> Path:
    users = {ADMIN: password, STATS: password, OTHER: password, server.user: server.password}
    lines = ['"{}" "{}"\n'.format(name, secret.replace('"', '""')) for name, secret in users.items()]
    (directory / "users.txt").write_text("".join(lines))
    values = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": str(directory),
        "auth_type": "scram-sha-256",
        "auth_file": str(directory / "users.txt"),
        "auth_user": server.user,
        "auth_query": "SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = $1",
        "admin_users": ADMIN,
        "stats_users": STATS,
        "pool_mode": "transaction",
        "default_pool_size": "5",
        "max_client_conn": "100",
        "server_idle_timeout": "2",
        **settings,
    }
    sections = ["[databases]", f"* = host={server.host} port={server.port}", "[pgbouncer]"]
    sections += [f"{name} = {value}" for name, value in values.items()]
    (directory / "pgbouncer.ini").write_text("\n".join(sections) + "\n")
    return directory / "pgbouncer.ini"


def _wait(process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"pgbouncer did not start:\n{(directory / 'pgbouncer.log').read_text()}")
