"""Servers that refuse or break off, for the faults no healthy server has; and migrations that Alembic refuses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import (
    SETTINGS,
    PostgresServer,
    free_port,
    hand_over,
    postgres15_bin,
    run_postgres,
    spawn,
    stop,
    unprivileged_directory,
)
from tests.support.tls import Certificate

STARTING, RECOVERING = "is starting up", "is not yet accepting connections"
READY_S = 30.0


@contextmanager
def run_standby(server: PostgresServer, refusal: str) -> Iterator[str]:
    """`host:port` of a copy of `server` that waits for the rest of its log, and refuses everybody meanwhile.

    STARTING has none of the log and looks for its first checkpoint, RECOVERING lacks its end.
    """
    with unprivileged_directory("standby") as directory:
        data_dir, port = directory / "data", free_port()
        _copy(server, data_dir)
        if refusal == STARTING:
            for segment in (data_dir / "pg_wal").glob("0*"):
                segment.unlink()
        settings = {**SETTINGS, "port": str(port), "unix_socket_directories": str(directory), "hot_standby": "on"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        process = spawn([server.bin_dir / "postgres", "-D", data_dir, *options], directory / "server.log")
        try:
            _wait_for_refusal(server, directory, port, refusal)
            yield f"127.0.0.1:{port}"
        finally:
            stop(process, signal.SIGQUIT)


def _copy(server: PostgresServer, data_dir: Path) -> None:
    """A base backup whose log ends before the backup does."""
    script = ("SELECT pg_backup_start('copy', true)", f"\\! cp -a {server.data_dir} {data_dir}")
    label = server.psql(
        *(word for line in (*script, "SELECT labelfile FROM pg_backup_stop(false)") for word in ("-c", line))
    )
    (data_dir / "postmaster.pid").unlink()
    (data_dir / "backup_label").write_text(label[label.index("START WAL") :] + "\n")
    (data_dir / "standby.signal").touch()
    for name in ("backup_label", "standby.signal"):
        hand_over(data_dir / name)


def _wait_for_refusal(server: PostgresServer, directory: Path, port: int, refusal: str) -> None:
    command = [str(server.bin_dir / "psql"), "-X", "-h", str(directory), "-p", str(port), "-U", server.user, "-c", ""]
    deadline, said = time.monotonic() + READY_S, ""
    while refusal not in said:
        assert time.monotonic() < deadline, said + (directory / "server.log").read_text()
        said = subprocess.run(command, capture_output=True, text=True, timeout=10).stderr
        time.sleep(0.05)


@contextmanager
def run_tls_postgres(certificate: Certificate, password: str) -> Iterator[PostgresServer]:
    """PostgreSQL 15 that speaks TLS, whose superuser has `password`."""
    settings = {"ssl": "on", "ssl_cert_file": str(certificate.cert), "ssl_key_file": str(certificate.key)}
    with run_postgres(postgres15_bin(), settings) as server:
        server.sql(f"ALTER ROLE {server.user} PASSWORD '{password}'")
        yield server


class Migrations:
    """An Alembic project with an SQLite database in `folder`, driven by the real command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.run("init", "migrations")
        settings = folder / "alembic.ini"
        text = settings.read_text().replace("driver://user:pass@localhost/dbname", f"sqlite:///{folder}/shop.db")
        settings.write_text(text)
        self.run("revision", "-m", "first", "--rev-id", "first")

    def branch(self) -> None:
        """Two revisions on the same parent, as two merged branches leave them."""
        for name in ("left", "right"):
            self.run("revision", "-m", name, "--rev-id", name, "--head", "first", "--splice")

    def forget(self, revision: str) -> None:
        """Take a revision's file away, as an older image does."""
        (path,) = (self._folder / "migrations" / "versions").glob(f"{revision}_*.py")
        path.unlink()
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)

    def run(self, *arguments: str) -> bytes:
        """What the command printed, whether or not it succeeded."""
        command = [sys.executable, "-m", "alembic.config", *arguments]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, timeout=60)
        return done.stdout + done.stderr
