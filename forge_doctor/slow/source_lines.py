"""From statements to the lines of a source that may have sent them; reads files of the project, runs none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forge_doctor.slow.situation import Situation
from forge_doctor.slow.snapshot import SlowSnapshot, StatementLine
from forge_doctor.slow.statement import Statement

MOST_STATEMENTS, MOST_LINES = 200, 3


def traced(snapshot: SlowSnapshot, source: Path) -> SlowSnapshot:
    """The snapshot with the lines of what costs the most, by time or by round trips."""
    from forge_doctor.code.orm.origins.search import Statements
    from forge_doctor.code.semantics.project import Project

    known = Statements(Project(source))
    lines = (
        StatementLine(
            key=statement.key,
            file=one.path,
            line=one.line,
            function=one.function,
            confidence=one.confidence,
            why=one.why,
        )
        for statement in _worth_it(Situation(snapshot))
        for one in known.origins(statement.text, most=MOST_LINES)
    )
    return replace(snapshot, lines=tuple(lines))


def _worth_it(situation: Situation) -> tuple[Statement, ...]:
    by_time = situation.statements[:MOST_STATEMENTS]
    by_trips = sorted(situation.statements, key=lambda one: -one.calls)[:MOST_STATEMENTS]
    return tuple({one.key: one for one in (*by_time, *by_trips)}.values())
