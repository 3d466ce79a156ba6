"""Where a PostgreSQL server of this machine writes its log, by its processes; connects to none of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.deployment.outputs import Output, Way, read_outputs
from forge_doctor.probes.processes.table import ProcessTable, TableRow

NAMES = frozenset({"postgres", "postmaster", "edb-postgres"})
LOGGER = "postgres: logger"
MOST_FILES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """The first process of a server. `port` and `socket_folder` stand in its postmaster.pid, None and empty where that
    may not be read; `logger` is the collector's pid, where it has one."""

    pid: int
    port: int | None = None
    socket_folder: str = ""
    logger: int | None = None


def find_postmasters(table: ProcessTable) -> tuple[Postmaster, ...]:
    """Every server that runs here, in containers as well."""
    servers = {pid: row for pid, row in table.rows.items() if row.program.name in NAMES}
    heads = (row for row in servers.values() if row.parent_pid not in servers)
    return tuple(_postmaster(row, servers.values()) for row in sorted(heads, key=lambda row: row.pid))


def _postmaster(row: TableRow, servers: Iterable[TableRow]) -> Postmaster:
    lines = _text(f"/proc/{row.pid}/cwd/postmaster.pid").splitlines()
    port = int(lines[3]) if len(lines) > 4 and lines[3].strip().isdigit() else None
    children = [each.pid for each in servers if each.parent_pid == row.pid]
    logger = next((pid for pid in children if _text(f"/proc/{pid}/cmdline").startswith(LOGGER)), None)
    folder = lines[4].strip() if len(lines) > 4 else ""
    return Postmaster(pid=row.pid, port=port, socket_folder=folder, logger=logger)


def log_of(server: Postmaster) -> tuple[Output, ...]:
    """What it writes to: the files of its collector, else its standard error."""
    if server.logger is not None:
        outputs = read_outputs(server.logger)
        files = outputs.files or [one for one in outputs.standard if one.way is Way.FILE]
        if files:
            return tuple(files[:MOST_FILES])
    return read_outputs(server.pid).standard[-1:]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def resolved(name: str) -> frozenset[str]:
    """The addresses of a host; none where nobody knows it."""
    import socket

    try:
        return frozenset(str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except OSError:
        return frozenset()
