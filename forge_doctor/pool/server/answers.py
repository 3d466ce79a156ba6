"""What the server says in one look, in one short read-only transaction; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.pool.queries import load_query
from forge_doctor.pool.server.rows import server_of
from forge_doctor.pool.snapshot import Refusal, Server
from forge_doctor.probes.postgres.backends.rows import session_of
from forge_doctor.probes.postgres.backends.session import CLIENT, Lock, Session
from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch, Row, read_only
from forge_doctor.probes.processes.workers import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the server said in one look. `address` and `port` are its own view of itself, `client` its view of
    us, None over a Unix socket; `server` is None and `refusal` set where it gave no slot."""

    server: Server | None = None
    address: str | None = None
    port: int | None = None
    client: Endpoint | None = None
    sessions: tuple[Session, ...] = ()
    background: tuple[Session, ...] = ()
    locks: tuple[Lock, ...] = ()
    progress: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


async def ask_server(connection: Connection, database: str) -> Answers:
    """Everything in one read-only transaction; `database` is the one that is examined."""
    major = connection.version_num // 10000
    names = ("server", "sessions", "locks", "progress", "counters", "settings", "prepared")
    async with read_only(connection) as fetch:
        rows = {name: await fetch(load_query(name, major)) for name in names}
        replication = await _replication(fetch, major)  # the last one: should it fail, the transaction has ended
    own = rows["server"][0]
    backends = tuple(session_of(row) for row in rows["sessions"])
    sessions = tuple(one for one in backends if one.backend_type == CLIENT)
    server = server_of(
        own,
        counters=rows["counters"],
        settings=rows["settings"],
        prepared=rows["prepared"],
        replication=replication,
        app=_most_common_client([(one.user, one.database) for one in sessions], (own["role"], database)),
    )
    return Answers(
        server=server,
        address=own["server_addr"],
        port=own["server_port"],
        client=Endpoint(address=own["client_addr"], port=own["client_port"]) if own["client_addr"] else None,
        sessions=sessions,
        background=tuple(one for one in backends if one.backend_type != CLIENT),
        locks=tuple(Lock(**row) for row in rows["locks"]),
        progress={str(row["pid"]): row["progress"] for row in rows["progress"]},
    )


async def _replication(fetch: Fetch, major: int) -> Row | str:
    """The row, or why there is none: a service that hides its log has no answer to how much of it is kept."""
    try:
        return (await fetch(load_query("replication", major)))[0]
    except QueryFailed as problem:
        return str(problem)


def _most_common_client(clients: Sequence[tuple[str, str]], default: tuple[str, str]) -> tuple[str, str]:
    """The (role, database) of most sessions: whose settings count."""
    return max(sorted(set(clients)), key=clients.count, default=default)
