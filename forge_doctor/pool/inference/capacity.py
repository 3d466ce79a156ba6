"""The arithmetic of connection slots and pool sizes; asks nobody and knows no server.

Sources: PostgreSQL documentation, "Connections and Authentication" (reserved slots);
SQLAlchemy documentation, "Connection Pooling" (a limit per process); Little's law for the mean
number of connections in use.
"""

from __future__ import annotations

import math

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import counted
from forge_doctor.pool.snapshot import Application, Server
from forge_doctor.probes.postgres.backends.session import Session

# Slots kept free for psql, cron and a migration while the application uses all of its own.
SPARE_SLOTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Slots an ordinary role may use, and the limit that says so: that of a role or a database counts only its sessions."""

    slots: int
    source: str
    role: str = ""
    database: str = ""

    def counts(self, session: Session) -> bool:
        """Whether a session takes one of them."""
        return session.user == (self.role or session.user) and session.database == (self.database or session.database)


def usable_slots(server: Server, role: str = "", database: str = "") -> Usable:
    """max_connections - superuser_reserved_connections - reserved_connections, or the CONNECTION
    LIMIT of the role or the database where that is lower (superusers are held to neither)."""
    slots = server.max_connections - server.superuser_reserved - server.reserved
    source = f"max_connections {server.max_connections} - superuser_reserved_connections {server.superuser_reserved}"
    if server.reserved:
        source += f" - reserved_connections {server.reserved}"
    candidates = [Usable(slots=slots, source=source)]
    if role in server.role_limits and role not in server.superusers:
        candidates.append(Usable(slots=server.role_limits[role], source=f"CONNECTION LIMIT of role {role}", role=role))
    if database in server.database_limits and role not in server.superusers:
        candidates.append(
            Usable(
                slots=server.database_limits[database],
                source=f"CONNECTION LIMIT of database {database}",
                database=database,
            )
        )
    return min(candidates, key=lambda one: one.slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the application may open. `workers` counts over all replicas; `surge_workers` while a
    deployment runs old and new side by side; the connection counts are None where unlimited."""

    workers: int
    surge_workers: int
    per_worker: int | None

    @property
    def connections(self) -> int | None:
        """Workers times what each may open."""
        return None if self.per_worker is None else self.workers * self.per_worker

    @property
    def surge_connections(self) -> int | None:
        """The same while a deployment runs."""
        return None if self.per_worker is None else self.surge_workers * self.per_worker


def demand(application: Application) -> Demand | None:
    """None where the number of workers is not known."""
    if application.workers is None:
        return None
    workers = application.workers.value * application.replicas.value
    return Demand(
        workers=workers,
        surge_workers=math.ceil(workers * application.surge) if application.replicas.value > 1 else workers,
        per_worker=application.per_worker,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """A recommended pool per worker and the numbers it follows from.

    `budget` is what each worker may open at most; `fits` is False where even one connection for
    each worker does not: then a pooler in front of the server is the mend.
    """

    usable: int
    others: int
    workers: int
    budget: int
    pool_size: int
    max_overflow: int
    formula: str
    upper_bound_only: bool = True

    @property
    def fits(self) -> bool:
        """Whether a sane pool remains for each worker."""
        return self.budget >= 2


def recommend(usable: int, others: int, workers: int, in_use_per_worker: float | None = None) -> Sizing:
    """The pool that fits: budget = floor((usable - others - spare) / workers).

    `in_use_per_worker` is the mean number of connections in use (arrival rate times hold time,
    Little's law); the pool then covers the 99th percentile of a Poisson number, mean + 2.33 * its
    root, as far as the budget goes. Where it is unknown the budget itself is advised, half of it
    as overflow, which is an upper bound.
    """
    budget = max(0, (usable - others - SPARE_SLOTS) // max(1, workers))
    formula = (
        f"floor(({usable} usable - {others} of others - {SPARE_SLOTS} spare) / {counted(workers, 'worker')}) = {budget}"
    )
    if in_use_per_worker is None:
        pool_size = math.ceil(budget / 2)
        peak = budget
    else:
        peak = min(budget, math.ceil(in_use_per_worker + 2.33 * math.sqrt(in_use_per_worker)))
        pool_size = min(peak, max(1, math.ceil(in_use_per_worker)))
    return Sizing(
        usable=usable,
        others=others,
        workers=workers,
        budget=budget,
        pool_size=pool_size,
        max_overflow=peak - pool_size,
        formula=formula,
        upper_bound_only=in_use_per_worker is None,
    )
