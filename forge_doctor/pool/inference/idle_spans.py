"""What the ages of idle connections prove of pools: one that has a connection to give out opens no other.

Sessions whose lives do not overlap (each opened after the one before it was used for the last time) cannot have lain
in one pool meanwhile: each was kept by somebody, or lies in a pool of its own. A pool's first filling and a burst open
many at about one moment, whose lives overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.pool.inference.holders import Holder, is_listener, uses_sqlalchemy, was_returned
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.sql.commands import command_of

# A connection still being opened when another is returned is none that a pool opened needlessly.
GAP_S = 0.2
# A burst opens its connections within less.
SPAN_S = 2.0
LEAST = 3
# Of a worker with SQLAlchemy: what its pool of that size may show after a restart of the server, one after another.
DEFAULT_POOL = 5


def apart(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """The most of these idle sessions of which each was opened after the one before it had been used for the last time."""
    found: list[Session] = []
    for one in sorted(sessions, key=lambda each: -(each.state_age_s or 0)):
        last_used_s = found[-1].state_age_s or 0 if found else float("inf")
        if (one.backend_age_s or 0) <= last_used_s - GAP_S:
            found.append(one)
    return tuple(found)


def is_kept(session: Session) -> bool:
    """Idle outside a transaction after some statement of the application's."""
    return session.state == "idle" and bool(session.statement) and not is_listener(session)


def unreturned(situation: Situation) -> Iterator[tuple[Holder, tuple[Session, ...]]]:
    """The idle sessions of each pool of each worker that nobody gave back, where that is proven of enough of them."""
    for holder in situation.worker_holders:
        application = situation.application_of(holder)
        pool_size = DEFAULT_POOL if application.sizes_assumed else application.pool_size.value
        least = max(LEAST, pool_size + 1) if uses_sqlalchemy(holder.process) else LEAST
        for _, sessions in holder.pools():
            kept = tuple(one for one in sessions if is_kept(one) and not _is_back(one))
            chain = apart(kept)
            if len(chain) >= least and _span(chain) >= SPAN_S:
                yield holder, kept


def _is_back(session: Session) -> bool:
    """After what a pool sends on a return; a COMMIT may be the last before one as well."""
    return was_returned(session) or command_of(session.statement) in ("COMMIT", "END")


def _span(chain: tuple[Session, ...]) -> float:
    return (chain[0].backend_age_s or 0) - (chain[-1].backend_age_s or 0) if chain else 0.0
