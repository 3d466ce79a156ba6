"""Whose sessions a user wants to hear of; every session still counts where slots are counted."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionScope:
    """Names or patterns with `*` and `?`; none means all."""

    exclude_apps: tuple[str, ...] = ()
    only_databases: tuple[str, ...] = ()
    only_users: tuple[str, ...] = ()

    def wants(self, session: Session) -> bool:
        """Whether the user wants to hear of it."""
        return (
            not _named(session.application_name, self.exclude_apps)
            and (not self.only_databases or _named(session.database, self.only_databases))
            and (not self.only_users or _named(session.user, self.only_users))
        )

    def __bool__(self) -> bool:
        return bool(self.exclude_apps or self.only_databases or self.only_users)


def _named(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def narrowed(report: Report, snapshot: PoolSnapshot, scope: SessionScope) -> Report:
    """The report without findings that are about unwanted sessions alone; how many there were is told."""
    if not scope:
        return report
    wanted = {session.pid for session in snapshot.sessions if scope.wants(session)}
    kept = tuple(one for one in report.findings if not one.sessions or wanted & set(one.sessions))
    left_out = len(report.findings) - len(kept)
    inspected = {**report.inspected, **({"findings left out": left_out} if left_out else {})}
    return replace(report, findings=kept, inspected=inspected)
