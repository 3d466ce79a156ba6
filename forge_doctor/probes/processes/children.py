"""Processes we start ourselves: each in a group of its own and surely ended, by its id alone."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running process and the file its output goes to."""

    process: asyncio.subprocess.Process
    name: str
    log: Path

    def raise_if_ended(self) -> None:
        """Raise `CannotInspect` with the end of its log where it is no longer running."""
        if self.process.returncode is not None:
            said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise CannotInspect(f"{self.name} ended with status {self.process.returncode}:\n" + "\n".join(said))


@asynccontextmanager
async def stopping(
    command: Sequence[str | Path],
    *,
    log: Path,
    graceful_s: float,
    environment: Mapping[str, str] | None = None,
    account: pwd.struct_passwd | None = None,
) -> AsyncIterator[Child]:
    """A process that ends with the block: SIGINT first, and after `graceful_s` its whole group is killed."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=output,
            stderr=output,
            env=None if environment is None else {**os.environ, **environment},
            **_apart(account),
        )
    try:
        yield Child(process=process, name=Path(command[0]).name, log=log)
    finally:
        await _end(process, graceful_s)


async def _end(process: asyncio.subprocess.Process, graceful_s: float) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), graceful_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def run_to_end(
    command: Sequence[str | Path], *, account: pwd.struct_passwd | None = None, timeout_s: float
) -> None:
    """Run a program that ends by itself; raises `CannotInspect` with what it said where it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **_apart(account)
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise CannotInspect(f"{Path(command[0]).name} failed: {said.decode(errors='replace').strip()}")


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _apart(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """How a process begins: as that account, without our input, and in a session of its own.

    A Ctrl-C on the terminal must reach the conductor alone, which ends the others in order.
    """
    begun: dict[str, Any] = {"stdin": asyncio.subprocess.DEVNULL, "start_new_session": True, "cwd": "/"}
    if account:
        begun |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return begun
