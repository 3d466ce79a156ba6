"""The graph of one case: clues, sessions with their processes and lines, functions and who calls them; judges nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from forge_doctor.dataclass import replace
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import Process
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.graph.clues import Clue, clues_of
from forge_doctor.triage.graph.ownership import of_this_case
from forge_doctor.triage.graph.places import Places, Spot
from forge_doctor.triage.graph.session_lines import session_lines


class Graph:
    """Facts and the questions asked of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.places = Places(facts)
        self.situation = Situation(facts.pool) if facts.pool is not None else None

    @cached_property
    def code(self) -> CodeMap:
        """The functions of the source, and the line of its engine where there is one application."""
        named = {one.engine.name for one in self.facts.case.applications if one.engine is not None}
        path, _, line = next(iter(named)).rpartition(":") if len(named) == 1 else ("", "", "")
        if not (path.endswith(".py") and line.isdigit()):
            return self.facts.code
        return replace(self.facts.code, engine=(self.places.place(path, int(line)).file, int(line)))

    @cached_property
    def clues(self) -> tuple[Clue, ...]:
        """What all parts said."""
        return of_this_case(clues_of(self.facts, self.places, self.situation), self.facts, self.situation)

    def session(self, pid: int) -> Session | None:
        """The session with that pid."""
        return self._sessions.get(pid)

    @cached_property
    def _sessions(self) -> dict[int, Session]:
        snapshot = self.facts.pool
        return {one.pid: one for one in (*snapshot.background, *snapshot.sessions)} if snapshot else {}

    def process_of(self, session: Session) -> Process | None:
        """The process whose socket it is."""
        return self.situation.process_of(session) if self.situation else None

    def holder_name(self, session: Session) -> str:
        """`worker pid 4211 in api-1`, or the client's name."""
        return self.situation.holder_of(session) if self.situation else ""

    def lines_of(self, session: Session) -> tuple[Spot, ...]:
        """Its lines, surest first."""
        if self.situation is None:
            return ()
        process = self.process_of(session)
        owner = self.facts.application_of(process.pid if process else None)
        return session_lines(session, self.situation, self.places, owner)

    def since(self, age_s: float) -> str:
        """The moment so many seconds before the look, in ISO 8601."""
        try:
            return (datetime.fromisoformat(self.facts.taken_at) - timedelta(seconds=age_s)).isoformat()
        except ValueError:
            return ""

    @property
    def shows_statements(self) -> bool:
        """Whether statements are to be shown at all."""
        return self.facts.pool is None or self.facts.pool.show_query
