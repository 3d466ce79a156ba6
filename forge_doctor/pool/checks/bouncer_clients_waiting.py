"""Clients wait in pgbouncer for a server connection.

Why:
    pgbouncer has given out every connection of that pool. The wait counts against the application's
    own timeouts, and PostgreSQL shows nothing of it.

Measures (s):
    cl_waiting and maxwait of SHOW POOLS: `waiting_clients` clients or more, of whom one has waited `least_s`.
    Error where one has waited `wait_s` or longer. Pools by session are `bouncer-session-pinned`'s where clients that do
    nothing hold their connections.

Wrong when:
    The queue drains in milliseconds, as under any load: maxwait, how long the first in line has waited now, has to
    reach `least_s`.

Source:
    pgbouncer documentation, "Admin console", SHOW POOLS.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.bouncer_pools import idle_clients
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import BouncerPool
from forge_doctor.pool.visibility import unseen_bouncer
from forge_doctor.pool.wording import count, duration
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.WARNING, limits={"waiting_clients": 1, "least_s": 0.1, "wait_s": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool somebody waits in."""
    yield from unseen_bouncer(situation)
    bouncer = situation.snapshot.bouncer
    for pool in (bouncer.pools or ()) if bouncer else ():
        if pool.clients_waiting < limits["waiting_clients"] or pool.max_wait_s < limits["least_s"]:
            continue
        if bouncer and idle_clients(situation, bouncer, pool):
            continue
        yield Finding(
            severity=Severity.ERROR if pool.max_wait_s >= limits["wait_s"] else Severity.WARNING,
            confidence=Confidence.HIGH,
            message=f"{count(pool.clients_waiting, 'client waits', 'clients wait')} in pgbouncer for a connection to {pool.database} as "
            f"{pool.user}, the longest for {duration(pool.max_wait_s)}; its {pool.servers_active} server connections are all in use.",
            location=situation.here,
            evidence=(
                Evidence(label="cl_waiting", value=pool.clients_waiting, unit="clients", source="pgbouncer SHOW POOLS"),
                Evidence(label="maxwait", value=round(pool.max_wait_s, 1), unit="s", source="pgbouncer SHOW POOLS"),
                Evidence(
                    label="sv_active", value=pool.servers_active, unit="connections", source="pgbouncer SHOW POOLS"
                ),
            ),
            remedy="Shorten the transactions that hold them (idle-in-transaction, long-statement); raise default_pool_size only while "
            "the server has slots.",
            sessions=tuple(one.pid for one in situation.sessions if _is_of(situation, pool, one)),
        )


def _is_of(situation: Situation, pool: BouncerPool, session: Session) -> bool:
    """Whether the session is one of the pool's server connections."""
    return situation.is_pooled(session) and (session.database, session.user) == (pool.database, pool.user)
