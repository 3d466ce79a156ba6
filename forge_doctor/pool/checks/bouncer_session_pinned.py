"""pgbouncer pools by session, and clients that do nothing keep its server connections.

Why:
    With pool_mode = session a client keeps one server connection for as long as it is connected. Behind
    an application's own pool clients stay connected for ever, so that its idle connections pin the
    server's, and whoever comes next waits although nothing runs.

Measures (connections):
    A pool by session in which at least `waiting_clients` clients wait while half or more of the server
    connections given out are idle in no transaction. Warning where nobody waits yet and all of them are
    pinned so, from `pinned_connections` on; error where clients wait.

Wrong when:
    The clients are busy between two statements: the server's own state of each session is looked at, and
    it must be idle, outside any transaction.

Source:
    pgbouncer documentation, pool_mode; pgbouncer/pgbouncer#384. Seen with 1.18: five idle clients, five
    server connections in use, everybody else waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.bouncer_pools import idle_clients
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Bouncer, BouncerPool
from forge_doctor.pool.visibility import unseen_bouncer
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.ERROR, limits={"waiting_clients": 1, "pinned_connections": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool."""
    yield from unseen_bouncer(situation)
    bouncer = situation.snapshot.bouncer
    for pool in (bouncer.pools or ()) if bouncer else ():
        idle = idle_clients(situation, bouncer, pool) if bouncer else ()
        if bouncer and idle and pool.clients_waiting >= limits["waiting_clients"]:
            yield _finding(situation, bouncer, pool, idle)


def _finding(situation: Situation, bouncer: Bouncer, pool: BouncerPool, idle: tuple[Session, ...]) -> Finding:
    longest = max(idle, key=lambda one: one.state_age_s or 0)
    source = "pgbouncer SHOW POOLS"
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{count(pool.clients_waiting, 'client waits', 'clients wait')} in pgbouncer for a connection to {pool.database} as "
        f"{pool.user}, the longest for {duration(pool.max_wait_s)}, while {len(idle)} of its {pool.servers_active} server "
        "connections do nothing: pool_mode = session pins one for each client that is connected, idle ones included.",
        location=situation.here,
        evidence=(
            Evidence(label="pool_mode", value="session", source="pgbouncer SHOW CONFIG, SHOW POOLS"),
            Evidence(label="cl_waiting", value=pool.clients_waiting, unit="clients", source=source),
            Evidence(label="cl_active", value=pool.clients_active, unit="clients", source=source),
            Evidence(label="sv_active", value=pool.servers_active, unit="connections", source=source),
            Evidence(label="idle on the server", value=len(idle), unit="sessions", source=f"pids {pids(idle)}"),
            Evidence(label="default_pool_size", value=bouncer.default_pool_size, source="pgbouncer SHOW CONFIG"),
            *situation.about(longest),
        ),
        remedy="pool_mode = transaction   ; in pgbouncer.ini, then RELOAD: no session state may then be relied on (SET, LISTEN, "
        "advisory locks)\ncreate_async_engine(url, poolclass=NullPool)   # or let the clients keep no connection of their own",
        sessions=tuple(one.pid for one in idle),
    )
