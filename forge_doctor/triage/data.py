"""What a triage adds to the JSON document, mapped by hand: diagnoses, workers, discovery, clocks, source roots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forge_doctor.diagnosis import Diagnosis, Holder, Place, Symptom
from forge_doctor.triage.facts import Application, Case, Discovery, Facts, Step, Worker
from forge_doctor.triage.join import Joined

Json = Mapping[str, Any]


def data_of(facts: Facts, joined: Joined, found: Discovery) -> Json:
    """Top-level keys of the document."""
    pool, subject = facts.report("pool"), facts.subject
    return {
        "diagnoses": [{"subject": subject, **diagnosis_data(one)} for one in joined.diagnoses],
        "ruled_out": [{"subject": subject, "cause": one.cause, "why": one.why} for one in joined.ruled_out],
        "sessions": list(pool.data.get("sessions", ())) if pool is not None else [],
        "workers": [
            {"subject": subject, **_worker(worker, one)} for one in facts.case.applications for worker in one.workers
        ],
        "discovery": [{"subject": subject, **_step(one)} for one in steps_of(facts.case, found)],
        "applications": [_application(one) for one in facts.case.applications],
        "parts": [
            {
                "part": one.name,
                "application": one.application,
                "seconds": round(one.seconds, 3),
                "findings": len(one.report.findings) if one.report is not None else None,
                "why_not": one.why_not.reason if one.why_not is not None else None,
            }
            for one in facts.parts
        ],
        "clock": {"taken_at": facts.taken_at, "server_ahead_s": facts.server_ahead_s},
    }


def steps_of(case: Case, found: Discovery) -> tuple[Step, ...]:
    """The steps that are about this case; of several the first has those that are about none alone."""
    names = {one.name for one in case.applications}
    label = case.target.label if case.target else ""
    first = not found.cases or found.cases[0] is case
    return tuple(
        step
        for step in found.steps
        if step.application in names or (not step.application and (first or (label and step.found == label)))
    )


def diagnosis_data(one: Diagnosis) -> Json:
    """A diagnosis."""
    return {
        "cause": one.cause,
        "verdict": one.verdict.value,
        "urgency": one.urgency.label,
        "title": one.title,
        "application": one.application,
        "place": place_data(one.place),
        "excerpt": None if one.excerpt is None else {"first": one.excerpt.first, "lines": list(one.excerpt.lines)},
        "holders": [_holder(each) for each in one.holders],
        "symptoms": [_symptom(each) for each in one.symptoms],
        "why": [{"text": each.text, "part": each.part, "source": each.source} for each in one.why],
        "now": list(one.now),
        "change": list(one.change),
        "next": list(one.next),
        "ruled_out": [{"cause": each.cause, "why": each.why} for each in one.ruled_out],
        "timeline": [{"at": each.at, "text": each.text, "lane": each.lane} for each in one.timeline],
        "explains": list(one.explains),
        "sessions": list(one.sessions),
    }


def place_data(place: Place | None) -> Json | None:
    """A line of code: its path from the source root, and as it was seen."""
    if place is None:
        return None
    return {"file": place.file, "line": place.line, "function": place.function, "seen": place.seen or place.file}


def _holder(one: Holder) -> Json:
    return {
        "session": one.session,
        "worker": one.worker,
        "name": one.name,
        "place": place_data(one.place),
        "how": one.how,
        "since": one.since or None,
        "held_s": one.held_s,
        "state": one.state,
        "statement": one.statement or None,
    }


def _symptom(one: Symptom) -> Json:
    return {
        "part": one.part,
        "check": one.check,
        "text": one.text,
        "count": one.count,
        "place": place_data(one.place),
    }


def _worker(one: Worker, application: Application) -> Json:
    return {
        "pid": one.pid,
        "parent_pid": one.parent_pid,
        "role": one.role,
        "server": one.server,
        "application": application.name,
        "user": one.user,
        "container": one.container or None,
        "container_pid": one.container_pid,
        "age_s": one.age_s,
    }


def _step(one: Step) -> Json:
    return {
        "step": one.name,
        "application": one.application or None,
        "found": one.found or None,
        "source": one.source or None,
        "missing": one.missing or None,
        "remedy": one.remedy or None,
    }


def _application(one: Application) -> Json:
    engine = one.engine
    return {
        "name": one.name,
        "server": one.server,
        "interpreter": one.interpreter or None,
        "directory": one.directory or None,
        "source_root": str(one.source.here) if one.source else None,
        "source_root_seen": one.source.seen if one.source else None,
        "container": one.container or None,
        "compose_project": one.project or None,
        "compose_service": one.service or None,
        "unit": one.unit or None,
        "logs": [{"log": log.word, "of": log.kind, "source": log.source} for log in one.logs],
        "pool_size": engine.pool_size if engine else None,
        "max_overflow": engine.max_overflow if engine else None,
        "engine": engine.name if engine else None,
    }
