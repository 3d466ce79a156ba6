"""A pgbouncer's pool beside the sessions the server has for it; judges none."""

from __future__ import annotations

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Bouncer, BouncerPool
from forge_doctor.probes.postgres.backends.session import Session


def pool_mode(bouncer: Bouncer, pool: BouncerPool) -> str:
    """The pool's own mode, else that of the whole pgbouncer."""
    return pool.mode or bouncer.pool_mode


def server_sessions(situation: Situation, pool: BouncerPool) -> tuple[Session, ...]:
    """The server's sessions of that pool's role and database: those whose process is a pooler here, where it can be seen."""
    own = [one for one in situation.sessions if (one.user, one.database) == (pool.user, pool.database)]
    pooled = [one for one in own if situation.is_pooled(one)]
    return tuple(pooled or own)


def idle_clients(situation: Situation, bouncer: Bouncer, pool: BouncerPool) -> tuple[Session, ...]:
    """In a pool by session: server connections given to a client that does nothing with them, in no transaction."""
    if pool_mode(bouncer, pool) != "session" or not pool.servers_active:
        return ()
    idle = tuple(one for one in server_sessions(situation, pool) if one.state == "idle")
    return idle if len(idle) * 2 >= pool.servers_active else ()
