"""The lines a session was taken at, stands in or sent its statement from, surest first; guesses none."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.finding import Confidence
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.source_lines import written_down
from forge_doctor.pool.inference.stack_lines import main_thread, standing
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import CodeLine, Process
from forge_doctor.triage.facts import Application
from forge_doctor.triage.graph.places import Places, Spot

WRITTEN, STATEMENT, STACK = "written down", "statement", "stack"


def session_lines(
    session: Session, situation: Situation, places: Places, application: Application | None
) -> tuple[Spot, ...]:
    """What its process wrote down, where its task stands, what may have sent its last statement."""
    process = situation.process_of(session)
    found = [*_written(session, process, situation, places, application)]
    found += (
        _spot(each.lines, each.kind, each.confidence, places, application)
        for each in standing(session, process, situation.snapshot)
    )
    for one in situation.snapshot.statement_lines:
        if one.pid == session.pid:
            place = places.place(one.file, one.line, one.function, application)
            found.append(Spot(place=place, how=STATEMENT, confidence=one.confidence))
    return tuple(sorted(found, key=lambda spot: -spot.confidence))


def _written(
    session: Session, process: Process | None, situation: Situation, places: Places, application: Application | None
) -> Iterator[Spot]:
    held = written_down(session, process, situation.snapshot)
    if held is not None and held.lines:
        sure = Confidence.HIGH if held.held_s is not None else Confidence.MEDIUM
        yield _spot(held.lines, WRITTEN, sure, places, application)


def loop_lines(process: Process, situation: Situation, places: Places, application: Application | None) -> list[Spot]:
    """Where the event loop of a worker stood in every sample."""
    thread = main_thread(process, situation.snapshot)
    if thread is None or not thread.steady or not thread.lines:
        return []
    return [_spot(thread.lines, STACK, Confidence.HIGH, places, application)]


def _spot(
    lines: tuple[CodeLine, ...], how: str, confidence: Confidence, places: Places, application: Application | None
) -> Spot:
    called_at = places.of(lines[1], application) if len(lines) > 1 else None
    return Spot(place=places.of(lines[0], application), how=how, confidence=confidence, called_at=called_at)
