"""What the source says of the lines that may have sent a session's last statement: asked of all of them, never of one."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import StatementLine
from forge_doctor.probes.postgres.backends.session import Session

DEPENDENCY, BACKGROUND = "dependency", "background task"


def lines_of(situation: Situation, session: Session) -> tuple[StatementLine, ...]:
    """The lines that may have sent its last statement."""
    return tuple(one for one in situation.snapshot.statement_lines if one.pid == session.pid)


def of_dependency(situation: Situation, session: Session) -> StatementLine | None:
    """The line of a dependency that sent it, where every line that may have is one."""
    lines = lines_of(situation, session)
    return lines[0] if lines and all(one.runs_as == DEPENDENCY for one in lines) else None


def in_background(situation: Situation, sessions: Iterable[Session]) -> StatementLine | None:
    """A line among those of these sessions that runs apart from any request."""
    lines = (line for one in sessions for line in lines_of(situation, one))
    return next((one for one in lines if one.runs_as == BACKGROUND), None)


def is_ended(situation: Situation, sessions: Iterable[Session]) -> bool:
    """Whether code that is sure to run ends each of these sessions, whichever line began it."""
    lines = [lines_of(situation, one) for one in sessions]
    return bool(lines) and all(own and all(one.ended for one in own) for own in lines)


def left_by(situation: Situation, sessions: Iterable[Session]) -> StatementLine | None:
    """The one line that sent them all and whose session nothing ends there."""
    lines = {(one.file, one.line): one for own in sessions for one in lines_of(situation, own)}
    only = next(iter(lines.values())) if len(lines) == 1 else None
    return only if only is not None and only.ended is False else None
