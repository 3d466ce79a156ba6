"""A clue: one thing that one part said, with its lines, its sessions and its times; joins nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.finding import Confidence, Finding
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.lock_queues import Pileup
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.triage.facts import ANY_DATABASE, Application, Facts
from forge_doctor.triage.graph.places import Places, Spot
from forge_doctor.triage.graph.session_lines import loop_lines, session_lines
from forge_doctor.triage.graph.words import EXHAUSTION, RAN_OUT, VICTIMS, of_ages, refined

RULE, TRACEBACK, ENDPOINT = "rule", "traceback", "endpoint"
# Of so many sessions the lines are looked for: the others say the same.
MOST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """`says` are the ids it says, refined ones among them, `also` those of the symptoms it took in. `holding` are the
    sessions that are the trouble, `sessions`
    all it is about. `victim`: its lines only suffer; `astray`: it may be about another database, and begins no cause.
    Times are seconds since the epoch on the server's clock.
    """

    part: str
    says: frozenset[str]
    finding: Finding
    spots: tuple[Spot, ...] = ()
    holding: tuple[int, ...] = ()
    sessions: frozenset[int] = frozenset()
    tables: frozenset[str] = frozenset()
    victim: bool = False
    astray: bool = False
    count: int = 1
    first: float | None = None
    last: float | None = None
    statements: tuple[str, ...] = ()
    also: frozenset[str] = frozenset()
    application: str = ""

    @property
    def check(self) -> str:
        """The id of what said so."""
        return self.finding.check

    @property
    def live(self) -> bool:
        """Whether it was seen to happen, not only to be possible."""
        return self.part != "lint"


def clues_of(facts: Facts, places: Places, situation: Situation | None) -> tuple[Clue, ...]:
    """What all parts said."""
    told = (
        *_pool(facts, places, situation),
        *_logs(facts, places),
        *_of_source(facts, places),
        *_others(facts, places, situation),
    )
    return told if situation is not None else tuple(_unseen(one) for one in told)


def _unseen(clue: Clue) -> Clue:
    """Nobody looked at the sessions: of connections that ran out the source alone can say more."""
    return replace(clue, also=clue.also | {"ran-out-unseen"}) if clue.check in RAN_OUT else clue


def _pool(facts: Facts, places: Places, situation: Situation | None) -> Iterator[Clue]:
    for finding in facts.findings("pool"):
        if situation is None:
            yield Clue(
                part="pool", says=frozenset({finding.check}), finding=finding, sessions=frozenset(finding.sessions)
            )
        elif finding.location.line is not None:
            yield _of_line(finding, facts, places)
        else:
            yield _of_sessions(finding, facts, places, situation)


def _of_line(finding: Finding, facts: Facts, places: Places) -> Clue:
    """What the processes wrote down, of sessions that nobody could see; `:unowned` where no request can end them."""
    sure = {f"{finding.check}:unowned"} if finding.confidence is Confidence.HIGH else set()
    clue = _with_line("pool", finding, places, facts, "")
    taken = _seconds(facts.taken_at)
    return replace(clue, says=clue.says | sure, holding=finding.sessions, count=len(finding.sessions), last=taken)


def _of_sessions(finding: Finding, facts: Facts, places: Places, situation: Situation) -> Clue:
    by_pid = {one.pid: one for one in (*situation.sessions, *situation.snapshot.background)}
    pileup = _pileup(finding, situation)
    holding = _holding(finding, pileup)
    # Who waits for a lock holds its connection in vain: a victim, whatever else is said of it.
    held = [by_pid[pid] for pid in holding if pid in by_pid and not by_pid[pid].blocked_by]
    held.sort(key=lambda one: (-(one.xact_age_s or 0), one.pid))
    owner = _owner(held, facts, situation)
    spots = [spot for one in held[:MOST_LINES] for spot in session_lines(one, situation, places, owner)]
    if finding.check == "event-loop-blocked":
        own = {pid for one in facts.case.applications for pid in one.pids}
        loops = [one for one in situation.workers if not own or one.pid in own]
        spots = [spot for one in loops for spot in loop_lines(one, situation, places, owner)]
    # A session outside a transaction holds nothing since a moment: what it is part of may be older than any of its ages.
    ages = [one.xact_age_s for one in held if one.xact_age_s is not None]
    taken = _seconds(facts.taken_at)
    return Clue(
        part="pool",
        says=frozenset((*refined(finding, pileup), *of_ages(finding, held))),
        finding=finding,
        spots=_distinct(spots),
        holding=tuple(one.pid for one in held),
        sessions=frozenset(finding.sessions),
        count=max(1, len(held)),
        first=taken - max(ages) if ages and taken is not None else None,
        last=taken,
        statements=tuple(dict.fromkeys(one.statement for one in held if one.statement)),
        also=frozenset(one.check for one in finding.related if one.check),
        application=owner.name if owner else "",
    )


def _pileup(finding: Finding, situation: Situation) -> Pileup | None:
    if finding.check != "blocking-session":
        return None
    pids = set(finding.sessions)
    return next((one for one in situation.pileups if pids >= {each.pid for each in one.blocked} and pids), None)


def _holding(finding: Finding, pileup: Pileup | None) -> tuple[int, ...]:
    """Of a lock queue the root alone: those behind it are its victims."""
    if pileup is None:
        return finding.sessions
    return (pileup.root.pid,) if pileup.root is not None else ()


def _owner(sessions: list[Session], facts: Facts, situation: Situation) -> Application | None:
    processes = (situation.process_of(one) for one in sessions)
    return facts.application_of(next((one.pid for one in processes if one is not None), None))


def _logs(facts: Facts, places: Places) -> Iterator[Clue]:
    for part in facts.parts:
        if part.name != "logs" or part.report is None:
            continue
        told = [*part.report.data.get("problems", ()), *part.report.data.get("other_errors", ())]
        told += [{}] * (len(part.report.findings) - len(told))
        for finding, data in zip(part.report.findings, told, strict=False):
            yield _of_log(finding, data, facts, places, part.application)


def _of_log(finding: Finding, data: Mapping[str, Any], facts: Facts, places: Places, application: str) -> Clue:
    owner = next((one for one in facts.case.applications if one.name == application), None)
    ahead = facts.server_ahead_s or 0.0
    first, last = (
        None if at is None else at + ahead for at in (_seconds(data.get("first")), _seconds(data.get("last")))
    )
    return Clue(
        part="logs",
        says=frozenset(refined(finding, None)),
        finding=finding,
        spots=tuple(_log_spots(data, places, owner)),
        victim=finding.check in VICTIMS,
        # Slots that run out are the whole server's, whoever is refused.
        astray=finding.check not in EXHAUSTION and any(one.label == ANY_DATABASE for one in finding.evidence),
        count=int(data.get("count") or 1),
        first=first,
        last=last,
        statements=tuple(data.get("statements", ())),
        application=application,
    )


def _log_spots(data: Mapping[str, Any], places: Places, owner: Application | None) -> Iterator[Spot]:
    culprit = data.get("culprit")
    if culprit:
        place = places.place(culprit["file"], culprit["line"], culprit.get("function") or "", owner)
        yield Spot(place=place, how=TRACEBACK, confidence=Confidence.HIGH)
    where, _, function = (data.get("endpoint") or "").partition(" ")
    file, _, line = where.rpartition(":")
    if file and line.isdigit():
        place = places.place(file, int(line), function, owner)
        yield Spot(place=place, how=ENDPOINT, confidence=Confidence.MEDIUM)


def _of_source(facts: Facts, places: Places) -> Iterator[Clue]:
    for part in facts.parts:
        for finding in part.report.findings if part.name == "lint" and part.report is not None else ():
            yield _with_line("lint", finding, places, facts, part.application)


def _others(facts: Facts, places: Places, situation: Situation | None) -> Iterator[Clue]:
    waiting = {one.pid for one in situation.sessions if one.blocked_by} if situation is not None else set()
    for part in facts.parts:
        for finding in part.report.findings if part.name in ("slow", "migrations") and part.report is not None else ():
            clue = _with_line(part.name, finding, places, facts, part.application)
            yield replace(clue, holding=tuple(pid for pid in clue.holding if pid not in waiting))


def _with_line(part: str, finding: Finding, places: Places, facts: Facts, application: str) -> Clue:
    owner = next((one for one in facts.case.applications if one.name == application), None)
    context, spots = finding.code, []
    lines = [(finding.location, context.function if context else "")]
    lines += [(one.location, "") for one in finding.related if part != "lint" and one.location is not None]
    for location, function in lines:
        if location.line is not None:
            place = places.place(location.target, location.line, function, owner)
            spots.append(Spot(place=place, how=RULE, confidence=finding.confidence))
    return Clue(
        part=part,
        says=frozenset({finding.check}),
        finding=finding,
        spots=tuple(spots),
        holding=finding.sessions,
        sessions=frozenset(finding.sessions),
        tables=frozenset(one.lower() for one in context.tables) if context else frozenset(),
        victim=finding.check in VICTIMS,
        statements=tuple(str(one.value) for one in finding.evidence if one.label == "statement"),
        application=application,
    )


def _distinct(spots: list[Spot]) -> tuple[Spot, ...]:
    kept: dict[tuple[str, int | None], Spot] = {}
    for one in sorted(spots, key=lambda spot: -spot.confidence):
        kept.setdefault((one.place.file, one.place.line), one)
    return tuple(kept.values())


def _seconds(moment: str | None) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp() if moment else None
    except ValueError:
        return None
