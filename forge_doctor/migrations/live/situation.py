"""A look with the trees it is about: what every check of the live part asks; asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from forge_doctor.finding import Location, NotRun
from forge_doctor.migrations.history import History
from forge_doctor.migrations.live.cost import Cost, costs
from forge_doctor.migrations.live.placement import Placement, placements
from forge_doctor.migrations.live.snapshot import LiveSnapshot, VersionTable
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, pileups
from forge_doctor.probes.postgres.backends.session import CLIENT, Session
from forge_doctor.sql.commands import changes_schema
from forge_doctor.sql.quoting import quote_identifier


class Situation:
    """What is known of one database and the migrations it belongs to; `histories` is empty where there is no tree."""

    def __init__(self, snapshot: LiveSnapshot, histories: Sequence[History] = ()) -> None:
        self.snapshot = snapshot
        self.server = snapshot.server
        self.histories = tuple(one for one in histories if one.dialect == "postgresql")

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """Each tree with where the database stands in it."""
        return placements(self.snapshot, self.histories)

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """What is pending costs."""
        return tuple(cost for placement in self.placements for cost in costs(self.snapshot, placement))

    @cached_property
    def pileups(self) -> tuple[Pileup, ...]:
        """Who blocks whom, in this database."""
        return pileups(self.snapshot.sessions, self.snapshot.locks)

    def is_migration(self, session: Session) -> bool:
        """Whether it has a revision's transaction open, or changes the schema just now."""
        if session.pid in self.snapshot.migrators:
            return True
        here = session.backend_type == CLIENT and session.database == self.server.database
        return here and session.state == "active" and changes_schema(session.statement)

    @property
    def here(self) -> Location:
        """The database."""
        return Location(target=self.snapshot.target)

    def at(self, table: VersionTable) -> Location:
        """The version table."""
        return Location(target=f"{self.snapshot.target} table {table.label}")

    def of(self, session: Session) -> Location:
        """The session."""
        name = f" {session.application_name}" if session.application_name else ""
        return Location(target=f"pid {session.pid}{name} {session.user}@{session.database}")

    def unseen_sessions(self) -> Iterator[NotRun]:
        """For checks that judge what sessions do."""
        # A lock on a table is of its own database.
        here = [one for one in self.snapshot.sessions if one.database == self.server.database]
        hidden = [one for one in here if one.hidden]
        if hidden:
            yield NotRun(
                reason=f"role {self.server.role} may not see what {len(hidden)} of {len(here)} sessions here do",
                remedy=f"GRANT pg_monitor TO {quote_identifier(self.server.role)};   -- as a superuser",
            )
        if self.server.in_recovery:
            yield NotRun(
                reason="this is a standby: a migration runs on the primary, where its locks are; pass its --dsn"
            )

    def unread_tables(self) -> Iterator[NotRun]:
        """For checks that judge where the database stands."""
        for placement in self.placements:
            table = placement.table
            if table is not None and table.locked:
                yield NotRun(reason=f"a session holds {table.label} locked: a migration may be at work; look again")
            elif table is not None and table.revisions is None:
                whole = f"{quote_identifier(table.schema)}.{quote_identifier(table.name)}"
                yield NotRun(
                    reason=f"role {self.server.role} may not read {table.label}, so where the database stands is unknown",
                    remedy=f"GRANT SELECT ON {whole} TO {quote_identifier(self.server.role)};   -- as {table.owner}",
                )
