"""Application server processes and their sockets, read from the operating system; signals none of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a process is to its application server."""

    WORKER = "worker"  # runs the application
    MASTER = "master"  # supervises workers, runs no application code
    OTHER = "other"  # holds connections to the database but is no web worker we know


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One end of a TCP connection, address as PostgreSQL prints it (`127.0.0.1`, `::1`)."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSocket:
    """An established connection to the database: `local` is what pg_stat_activity calls
    (client_addr, client_port), unless a proxy or address translation lies between."""

    local: Endpoint
    remote: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSocket:
    """A port the process accepts requests on.

    `accept_queue`: connections the kernel completed and nobody accepted yet (Recv-Q);
    `backlog`: its limit, None where the system does not say; `established`: connections now
    open on that port, shared by every worker that inherited the socket.
    """

    address: str
    port: int
    accept_queue: int = 0
    backlog: int | None = None
    established: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that serves the application or holds connections to the database.

    `pid` is the host's number; `container_pid` the one inside its own namespace, None on the
    host. `name` is safe to show: server and application, or the program's name, never a whole
    command line, since those hold passwords. `web_concurrency` is read from the environment of
    the process itself; `workers_flag` from its own command line; both None where absent.
    `requests_in_flight` counts the connections this process has accepted on its own port whose
    peer waits for an answer. Where the kernel does not tell (`requests_exact` is False) it is an
    upper bound: connections kept alive between two requests are in it.
    """

    pid: int
    role: Role
    server: str = ""
    application: str = ""
    name: str = ""
    user: str = ""
    parent_pid: int | None = None
    container: str = ""
    container_pid: int | None = None
    age_s: float | None = None
    workers_flag: int | None = None
    web_concurrency: int | None = None
    database_sockets: tuple[DatabaseSocket, ...] = ()
    listen: tuple[ListenSocket, ...] = ()
    requests_in_flight: int = 0
    requests_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessScan:
    """What was found and what could not be seen (`no permission to read the sockets of pid 7`).

    `unmatched` are application servers without any connection to this database: they may belong
    to another one, so nothing may be counted from them.
    """

    processes: tuple[Process, ...] = ()
    unmatched: tuple[Process, ...] = ()
    blind_spots: tuple[str, ...] = ()
