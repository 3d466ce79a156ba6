"""Who holds sessions: a process found here, or a client known by its name alone; judges nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import Process, Role
from forge_doctor.sql.commands import command_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A client of the server and the sessions it holds.

    `process` is the process whose sockets they are, None where none was found; then the sessions
    of one (application_name, role, client address) are taken together. `connections` counts
    sessions, or sockets where the server could not be asked.
    """

    name: str
    process: Process | None
    sessions: tuple[Session, ...]
    connections: int

    @property
    def short_name(self) -> str:
        """`worker pid 4211 in api-1`: for lists, where the application's name would only be repeated."""
        if self.process is None or not self.is_worker:
            return self.name
        return f"worker pid {self.process.pid}" + (f" in {self.process.container}" if self.process.container else "")

    @property
    def is_worker(self) -> bool:
        """Whether it is a worker process of an application server."""
        return self.process is not None and self.process.role is Role.WORKER

    def in_state(self, *states: str) -> tuple[Session, ...]:
        """Its sessions in one of the states of pg_stat_activity."""
        return tuple(session for session in self.sessions if session.state in states)

    @property
    def idle_in_transaction(self) -> tuple[Session, ...]:
        """Its sessions with a transaction open in which nothing runs, aborted ones included."""
        return tuple(session for session in self.sessions if session.idle_in_transaction)

    def pools(self) -> Iterator[tuple[str, tuple[Session, ...]]]:
        """Its sessions by (role, database): an engine has one URL, hence one pool for each. What waits for notifications
        is no pool's to give out."""
        by_pool: defaultdict[str, list[Session]] = defaultdict(list)
        for session in (one for one in self.sessions if not is_listener(one)):
            by_pool[f"{session.user}@{session.database}"].append(session)
        for name, sessions in sorted(by_pool.items()):
            yield name, tuple(sessions)


def unit_of_work(process: Process | None) -> str:
    """How code of this process takes a connection so that every path gives it back, as its driver and pool write it."""
    libraries = set(process.libraries or ()) if process else set()
    if uses_sqlalchemy(process):
        return "async with Session() as session: ..."
    if "asyncpg" in libraries:
        return "async with pool.acquire() as connection, connection.transaction(): ..."
    return "with pool.connection() as connection: ..."


def client_name(session: Session) -> str:
    """How to call a client of which no process was found: its application_name, role and address."""
    where = "a Unix socket" if session.client_port == -1 else session.client_addr or "an address hidden from this role"
    return f"{session.application_name or 'unnamed client'} ({session.user} from {where})"


def process_name(process: Process) -> str:
    """`worker pid 4211 (gunicorn shop.main:app in api-1)`, `pid 12 (psql), stopped`."""
    what = " ".join(part for part in (process.server, process.application) if part) or process.name or "unknown"
    place = f" in {process.container}" if process.container else ""
    return f"{'worker ' if process.role is Role.WORKER else ''}pid {process.pid} ({what}{place})" + (
        f", {process.suspension.how}" if process.suspension else ""
    )


def uses_sqlalchemy(process: Process | None) -> bool:
    """False only where its libraries could be read and SQLAlchemy is none of them: then pool_size means nothing.

    greenlet stands for a SQLAlchemy of pure Python, of which nothing else is to be seen.
    """
    libraries = process.libraries if process else None
    return not libraries or bool({"sqlalchemy", "greenlet"} & set(libraries))


def was_returned(session: Session) -> bool:
    """Idle after what a pool sends when a connection comes back to it: SQLAlchemy's and psycopg's ROLLBACK,
    asyncpg's RESET ALL, a pooler's DISCARD ALL."""
    return session.state == "idle" and (
        command_of(session.statement) in ("ROLLBACK", "DISCARD") or "RESET ALL" in session.statement.upper()
    )


def is_listener(session: Session) -> bool:
    """Whether it waits for notifications: idle after LISTEN."""
    return session.state == "idle" and command_of(session.statement) == "LISTEN"


def is_checked_out(session: Session, process: Process | None) -> bool:
    """Idle outside any transaction and yet not returned: told only of asyncpg's own pool, which resets every connection
    that comes back; of a worker that has loaded SQLAlchemy as well nothing is known."""
    libraries = set(process.libraries or ()) if process else set()
    alone = "asyncpg" in libraries and not uses_sqlalchemy(process)
    used = bool(session.statement) and command_of(session.statement) != "LISTEN"
    return alone and session.state == "idle" and used and not was_returned(session)


def process_holder(process: Process, sessions: Iterable[Session]) -> Holder:
    """A process with its sessions; with none matched, it holds as many connections as it has sockets."""
    held = tuple(sessions)
    return Holder(
        name=process_name(process),
        process=process,
        sessions=held,
        connections=len(held) or len(process.database_sockets),
    )
