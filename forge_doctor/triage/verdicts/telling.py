"""A suspicion that stands, as the diagnosis people read: holders, symptoms, reasons, what to type and what to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Place, Reason, RuledOut, Symptom, Urgency, Verdict
from forge_doctor.finding import Confidence
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.graph import Graph
from forge_doctor.triage.graph.places import Spot
from forge_doctor.triage.verdicts.explaining import Explained, Standing
from forge_doctor.triage.verdicts.remedies import change, now
from forge_doctor.triage.verdicts.suspicion import Joined, Suspicion

MOST_HOLDERS = 8
# `2026-11-22T03:02:10` of a moment.
SECOND = 19
MOST_PLACES = 3
MOST_MOMENTS = 24
FROM = {
    "pool": "PostgreSQL's sessions and locks, sockets of the workers",
    "logs": "the log",
    "lint": "the source",
    "slow": "PostgreSQL's statistics",
    "migrations": "the migrations",
}
HOW = {
    "written down": "written down by its process",
    "statement": "its last statement",
    "task": "its task",
    "thread": "its thread",
}


def told(standing: Standing, graph: Graph, urgency: Urgency, ruled_out: tuple[RuledOut, ...]) -> Diagnosis:
    """The diagnosis."""
    suspicion, cause = standing.suspicion, standing.suspicion.cause
    verdict = suspicion.verdict or Verdict.INCONCLUSIVE
    places = suspicion.places(graph.code)[:MOST_PLACES]
    holders = tuple(holders_of(suspicion, graph))
    return Diagnosis(
        cause=cause.id,
        verdict=verdict,
        urgency=urgency,
        title=title_of(suspicion, places, verdict),
        application=next((one.application for one in suspicion.live if one.application), ""),
        place=places[0] if places else None,
        holders=holders,
        symptoms=tuple(symptom_of(one) for one in standing.symptoms),
        why=tuple(reasons_of(suspicion)),
        now=now(suspicion),
        change=change(suspicion),
        next=cause.next if verdict is not Verdict.CONFIRMED else (),
        ruled_out=ruled_out,
        timeline=tuple(timeline_of(standing, holders)),
        explains=tuple(
            dict.fromkeys(one.check for one in (*suspicion.clues, *(each.clue for each in standing.symptoms)))
        ),
        sessions=suspicion.holding,
    )


def title_of(suspicion: Suspicion, places: list[Place], verdict: Verdict) -> str:
    """The fact in one sentence, with its line."""
    where = f": {places[0]}" if places else ""
    return f"{suspicion.cause.title}{' perhaps' if verdict is Verdict.INCONCLUSIVE and places else ''}{where}"


def holders_of(suspicion: Suspicion, graph: Graph) -> Iterator[Holder]:
    """Who holds, the one that has held for longest first."""
    sessions = [one for pid in suspicion.holding if (one := graph.session(pid)) is not None]
    ranked = sorted(sessions, key=lambda one: -_held_s(one))
    for one in ranked[:MOST_HOLDERS]:
        yield _holder(one, graph)


def _holder(session: Session, graph: Graph) -> Holder:
    process = graph.process_of(session)
    spot = next(iter(graph.lines_of(session)), None)
    return Holder(
        session=session.pid,
        worker=process.pid if process else None,
        name=graph.holder_name(session),
        place=spot.place if spot else None,
        how=_how(spot),
        since=graph.since(_held_s(session)),
        held_s=_held_s(session),
        state=session.state or "",
        statement=session.statement if graph.shows_statements else "",
    )


def _how(spot: Spot | None) -> str:
    if spot is None:
        return ""
    return f"{HOW.get(spot.how, spot.how)}, {spot.confidence.label} confidence"


def _held_s(session: Session) -> float:
    if session.idle_in_transaction or session.xact_age_s is None:
        return session.state_age_s or 0.0
    return session.xact_age_s


def symptom_of(one: Explained) -> Symptom:
    """A symptom; its line is a victim's."""
    clue = one.clue
    return Symptom(
        part=clue.part,
        check=clue.check,
        text=clue.finding.message,
        count=clue.count,
        place=clue.spots[0].place if clue.spots else None,
    )


def reasons_of(suspicion: Suspicion) -> Iterator[Reason]:
    """The facts it rests on, those that say this very cause first."""
    showing = suspicion.showing
    for one in (*showing, *(each for each in suspicion.live if each not in showing)):
        yield Reason(text=one.finding.message, part=one.part, source=FROM.get(one.part, one.part))
        yield from _line_reason(one, suspicion)
    for joined in suspicion.source:
        yield _of_source(joined)
    for check in suspicion.against:
        yield Reason(text=f"{check} speaks against it", part="pool", source=FROM["pool"])


def _line_reason(clue: Clue, suspicion: Suspicion) -> Iterator[Reason]:
    spot = next(iter(clue.spots), None)
    if spot is None or clue.part != "pool" or not suspicion.cause.held:
        return
    called = f", called at {spot.called_at}" if spot.called_at else ""
    text = f"{'it stands' if spot.how == 'stack' else 'its line is'} {spot.place}{called}"
    yield Reason(text=text, part="worker" if spot.how != "statement" else "lint", source=_how(spot))


def _of_source(joined: Joined) -> Reason:
    clue, found = joined.clue, joined.edge
    place = clue.spots[0].place if clue.spots else None
    text = f"{place or clue.finding.location}: {clue.finding.message}"
    sure = "" if found.confidence is Confidence.HIGH else f", {found.confidence.label} confidence"
    return Reason(text=text, part="lint", source=f"{clue.check}, joined by: {found.kind}{sure}")


def timeline_of(standing: Standing, holders: tuple[Holder, ...]) -> Iterator[Moment]:
    """What happened when, in order; of many sessions the first and the last."""
    moments = list(_began(holders))
    for clue in (*standing.suspicion.live, *(one.clue for one in standing.symptoms)):
        if clue.part != "logs":
            continue
        for at, word in ((clue.first, "first"), (clue.last, "last")):
            if at is not None and (word == "first" or clue.last != clue.first):
                moments.append(Moment(at=_iso(at), text=f"{word} {clue.check}", lane="log"))
    yield from sorted(moments, key=lambda one: one.at)[:MOST_MOMENTS]


def _began(holders: tuple[Holder, ...]) -> Iterator[Moment]:
    """Those that began in one second by one worker, and are in one state, together."""
    together: dict[tuple[str, str, str], list[Holder]] = {}
    for one in holders:
        if one.since:
            together.setdefault((one.since[:SECOND], one.name, one.state), []).append(one)
    for (_, lane, state), alike in together.items():
        pids = ", ".join(str(one.session) for one in alike)
        text = f"{'sessions' if len(alike) > 1 else 'session'} {pids} {state or 'begins'}"
        yield Moment(at=min(one.since for one in alike), text=text, lane=lane)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds")
