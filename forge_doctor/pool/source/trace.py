"""From the last statements of sessions to lines of the source their processes run; reads files, judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import replace
from forge_doctor.pool.inference.idle_spans import unreturned
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import workloads
from forge_doctor.pool.snapshot import PoolSnapshot, StatementLine
from forge_doctor.probes.application.runtime import find_source, read_runtime
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import Endpoint, Process, Role

if TYPE_CHECKING:
    from forge_doctor.code.orm.origins.circumstances import Circumstances
    from forge_doctor.code.orm.origins.search import Origin, Statements

# Sessions whose line is worth reading source for: idle in a transaction, or in one for so long.
IDLE_S = 1.0
OPEN_S = 5.0
MOST_STATEMENTS = 12
MOST_LINES = 3


class Tracer:
    """Traces again and again: source is read once for each folder, each statement looked for once."""

    def __init__(self, source: Path | None = None) -> None:
        self._source = source
        self._folders: dict[tuple[int, str], Path | None] = {}
        self._projects: dict[Path, Statements] = {}
        self._found: dict[tuple[Path, str], tuple[tuple[Origin, Circumstances | None], ...]] = {}

    def traced(self, snapshot: PoolSnapshot) -> PoolSnapshot:
        """The snapshot with the lines that may have sent what its suspicious sessions sent last."""
        return replace(snapshot, statement_lines=tuple(self._lines(snapshot)))

    def _lines(self, snapshot: PoolSnapshot) -> Iterator[StatementLine]:
        owners = {socket.local: process for process in snapshot.processes or () for socket in process.database_sockets}
        pooled = [one for one in snapshot.processes or () if one.pooler_sockets]
        behind = next(iter(sorted(pooled, key=lambda one: one.role is not Role.WORKER)), None)
        blockers = {pid for session in snapshot.sessions for pid in session.blocked_by}
        situation = Situation(snapshot)
        lost = {one.pid for _, kept in unreturned(situation) for one in kept}
        lost |= {one.pid for load in workloads(situation) for one in load.held}
        asked: set[tuple[Path, str]] = set()
        for session in snapshot.sessions:
            if not session.statement or not (_is_suspicious(session) or session.pid in blockers | lost):
                continue
            owner = _owner(session, owners)
            through = owner is not None and owner.name in POOLERS
            folder = self._source or self._folder_of(behind if through else owner)
            if folder is None or (len(asked) >= MOST_STATEMENTS and (folder, session.statement) not in asked):
                continue
            asked.add((folder, session.statement))
            for one, around in self._origins(folder, session.statement):
                yield _line(session, one, around)

    def _folder_of(self, process: Process | None) -> Path | None:
        if process is None:
            return None
        key = (process.pid, process.application)
        if key not in self._folders:
            runtime = read_runtime(process.pid, process.parent_pid)
            self._folders[key] = None if runtime is None else find_source(runtime, process.application)
        return self._folders[key]

    def _origins(self, folder: Path, statement: str) -> tuple[tuple[Origin, Circumstances | None], ...]:
        """With the circumstances of each, unless there are more than are told."""
        key = (folder, statement)
        if key not in self._found:
            if folder not in self._projects:
                from forge_doctor.code.orm.origins.search import Statements
                from forge_doctor.code.semantics.project import Project

                self._projects[folder] = Statements(Project(folder))
            project = self._projects[folder]
            found = project.origins(statement, most=MOST_LINES + 1)
            all_told = len(found) <= MOST_LINES
            self._found[key] = tuple(
                (one, project.circumstances(one) if all_told else None) for one in found[:MOST_LINES]
            )
        return self._found[key]


def _line(session: Session, one: Origin, around: Circumstances | None) -> StatementLine:
    return StatementLine(
        pid=session.pid,
        file=one.path,
        line=one.line,
        function=one.function,
        confidence=one.confidence,
        why=one.why,
        runs_as=around.runs_as.value if around else "",
        starter=around.starter if around else "",
        ended=around.ended if around else None,
    )


def _is_suspicious(session: Session) -> bool:
    if session.idle_in_transaction:
        return (session.state_age_s or 0) >= IDLE_S
    return (session.xact_age_s or 0) >= OPEN_S


def _owner(session: Session, owners: dict[Endpoint, Process]) -> Process | None:
    if session.client_addr is None or session.client_port is None:
        return None
    return owners.get(Endpoint(address=session.client_addr, port=session.client_port))
