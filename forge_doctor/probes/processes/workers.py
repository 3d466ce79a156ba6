"""Application server processes and their sockets, read from the operating system; signals none of them."""

from __future__ import annotations

from enum import StrEnum

from forge_doctor.dataclass import dataclass


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
    (client_addr, client_port), unless a proxy or address translation lies between. `inode` is the kernel's
    number of the socket, 0 where it is not told: one number in two processes is one connection."""

    local: Endpoint
    remote: Endpoint
    inode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSocket:
    """A port the process accepts requests on.

    `accept_queue`: connections the kernel completed and nobody accepted yet (Recv-Q);
    `stalled`: those of them that have waited for a second or longer, and `backlog`: its limit, both None
    where the system does not say; `established`: connections now open on that port, shared by every worker
    that inherited the socket.
    """

    address: str
    port: int
    accept_queue: int = 0
    stalled: int | None = None
    backlog: int | None = None
    established: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A line of a running application, as its own interpreter names it (the file as it is in its container)."""

    file: str
    line: int
    function: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldConnection:
    """A connection of a pool. `lines` are the application's, innermost first, none where it had none on the stack.

    `backend_pid` is the server's, or what a pgbouncer gave as such; `local_port` 0 over a Unix socket;
    `held_s` None where it was returned to the pool: `lines` then name who used it last.
    """

    backend_pid: int
    local_port: int
    lines: tuple[CodeLine, ...] = ()
    held_s: float | None = None


class Suspended(StrEnum):
    """What keeps a process from running."""

    STOPPED = "stopped"  # by a signal: SIGSTOP, Ctrl-Z in its shell
    TRACED = "traced"  # by a debugger
    FROZEN = "frozen"  # with its control group: docker pause, systemctl freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """How a process is kept from running. `group` is the folder of the control group that was frozen, `tracer_pid` the
    debugger's, 0 where it is none of this namespace."""

    how: Suspended
    group: str = ""
    tracer_pid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that serves the application or holds connections to the database.

    `pid` is the host's number; `container_pid` the one inside its own namespace, None on the
    host. `name` is safe to show: server and application, or the program's name, never a whole
    command line, since those hold passwords. `web_concurrency` is read from the environment of
    the process itself; `workers_flag` from its own command line; both None where absent.
    `requests_in_flight` counts the connections this process has accepted on its own port whose peer waits for an
    answer. Where the kernel does not tell (`requests_exact` is False) it is an upper bound: connections kept alive
    between two requests are in it. `streams_open` counts those where the process went on speaking long after its
    peer: event streams, downloads; `quiet_open` those on which neither has spoken for longer than the server lets a
    connection idle between two requests: a WebSocket, a stream without events; `kept_open` those on which somebody
    has: kept alive between two requests, or a WebSocket that was pinged a moment ago. `request_ages_s` tells of each
    of both how long ago it came: only of the first on its connection, where no later word of the peer hides it, else
    None.
    `requests_unread` counts those whose
    request lies in the socket and has not been read for a second. `listens` is whether it accepts connections
    at all, over TCP or a Unix socket (None: not to be seen). `pooler_sockets` lead to a pooler on this host.
    `libraries` are the drivers and pools it has loaded, None where that may not be read. `held` is what the
    application wrote down of its pools (`forge_doctor.holders`), None where it writes nothing.
    `suspension` says what keeps it from running, None where nothing does.
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
    streams_open: int = 0
    quiet_open: int = 0
    kept_open: int = 0
    request_ages_s: tuple[float | None, ...] = ()
    calls_out: int = 0
    requests_unread: int = 0
    listens: bool | None = None
    pooler_sockets: tuple[DatabaseSocket, ...] = ()
    libraries: tuple[str, ...] | None = None
    held: tuple[HeldConnection, ...] | None = None
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessScan:
    """What was found and what could not be seen (`no permission to read the sockets of pid 7`).

    `unmatched` are the pids of application servers without any connection to this database: they may belong
    to another one, so none of them is looked into. `half_open` are clients of the server that are gone
    without its notice, `closed_by_client` those that have said so, which it has not read yet (see `half_open`).
    """

    processes: tuple[Process, ...] = ()
    unmatched: tuple[int, ...] = ()
    blind_spots: tuple[str, ...] = ()
    half_open: tuple[Endpoint, ...] = ()
    closed_by_client: tuple[Endpoint, ...] = ()
