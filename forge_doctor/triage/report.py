"""The report of a triage: each diagnosis as a finding for every format, and its own data for the JSON and the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from forge_doctor.diagnosis import Diagnosis, Urgency, Verdict
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Related, Severity
from forge_doctor.picture import Picture
from forge_doctor.report import Report, Table
from forge_doctor.triage.cause import load_causes
from forge_doctor.triage.data import data_of, steps_of
from forge_doctor.triage.facts import Discovery, Facts, Step
from forge_doctor.triage.join import Joined

SEVERITIES: Mapping[Urgency, Severity] = {
    Urgency.DATA_LOSS: Severity.CRITICAL,
    Urgency.OUTAGE: Severity.CRITICAL,
    Urgency.OUTAGE_SOON: Severity.ERROR,
    Urgency.RISK: Severity.WARNING,
}
MOST_RELATED = 12


def report_of(facts: Facts, joined: Joined, found: Discovery) -> Report:
    """The report on one case."""
    findings = [_finding(one) for one in joined.diagnoses] + list(joined.unexplained)
    return Report(
        command="triage",
        subject=facts.subject,
        findings=tuple(sorted(findings, key=lambda one: one.rank)),
        not_run=facts.not_run,
        inspected=dict(_inspected(facts)),
        headline=_headline(facts, joined),
        verdict=_verdict(facts, joined),
        tables=(_discovery_table(steps_of(facts.case, found)),),
        data=data_of(facts, joined, found),
        diagnoses=joined.diagnoses,
        rules={cause.id: cause.about for cause in load_causes().values()},
        pictures=(*_pictures(facts), *(one.excerpt for one in joined.diagnoses if one.excerpt is not None)),
    )


def _pictures(facts: Facts) -> Iterator[Picture]:
    """What the parts drew: sessions and the log's problems share one axis, as both have moments."""
    for part in facts.parts:
        yield from part.report.pictures if part.report is not None else ()


def _finding(one: Diagnosis) -> Finding:
    """The diagnosis for formats that know findings alone."""
    severity = SEVERITIES[one.urgency]
    if one.verdict is Verdict.INCONCLUSIVE:
        severity = Severity(max(Severity.WARNING, severity - 1))
    place = one.place
    remedy = "\n".join((*one.now, *one.change, *(one.next if one.verdict is Verdict.INCONCLUSIVE else ())))
    return Finding(
        check=one.cause,
        severity=severity,
        confidence=Confidence.HIGH if one.verdict is Verdict.CONFIRMED else Confidence.MEDIUM,
        message=f"{one.title} ({one.verdict.value})",
        location=Location(target=place.file, line=place.line)
        if place
        else Location(target=one.application or "triage"),
        evidence=(
            Evidence(label="verdict", value=one.verdict.value),
            Evidence(label="urgency", value=one.urgency.label),
            *(Evidence(label="why", value=reason.text, source=reason.source) for reason in one.why),
        ),
        remedy=remedy,
        related=tuple(
            Related(
                message=f"symptom: {symptom.text}",
                check=symptom.check,
                location=Location(target=symptom.place.file, line=symptom.place.line) if symptom.place else None,
            )
            for symptom in one.symptoms[:MOST_RELATED]
        ),
        sessions=one.sessions,
    )


def _headline(facts: Facts, joined: Joined) -> str:
    recorded = facts.pool is not None and facts.case.target is None
    then = f"At {facts.taken_at}, from a record; what to type was right then. " if recorded else ""
    return then + (_counted(joined) if joined.diagnoses else _nothing_found(facts, joined))


def _nothing_found(facts: Facts, joined: Joined) -> str:
    """That no cause is told, and before it that the sessions were not seen, where they were not: most causes show there."""
    told = (
        "Something is wrong, and no cause is known for it."
        if joined.unexplained
        else "No cause of an incident was found."
    )
    missed = next((one.why_not for one in facts.parts if one.name == "pool" and one.why_not is not None), None)
    if missed is None:
        return told
    return (
        f"The database's sessions could not be looked at ({missed.reason.partition(chr(10))[0]}). In the rest: {told}"
    )


def _counted(joined: Joined) -> str:
    count = Counter(one.verdict for one in joined.diagnoses)
    told = ", ".join(f"{count[verdict]} {verdict.value}" for verdict in Verdict if count[verdict])
    return f"{len(joined.diagnoses)} {'cause' if len(joined.diagnoses) == 1 else 'causes'}: {told}."


def _verdict(facts: Facts, joined: Joined) -> str:
    """The answer once more: what it is, what to type."""
    if joined.diagnoses:
        first = joined.diagnoses[0]
        lines = [f"{first.urgency.label.capitalize()}, {first.verdict.value}: {first.title}"]
        then = next(iter((*first.now, *first.change, *first.next)), "")
        return "\n".join([*lines, *([f"Do: {then}"] if then else [])])
    if joined.unexplained:
        worst = min(joined.unexplained, key=lambda one: one.rank)
        return f"Not explained: {worst.message}"
    seen = {part.name: part.report is not None and any(part.report.inspected.values()) for part in facts.parts}
    looked = ", ".join(name for name, is_seen in seen.items() if is_seen)
    missed = ", ".join(name for name, is_seen in seen.items() if not is_seen)
    left = f"; nothing was seen by {missed}" if missed else ""
    return f"Nothing is wrong in what was looked at: {looked}{left}." if looked else ""


def _inspected(facts: Facts) -> Iterator[tuple[str, int]]:
    totals: Counter[str] = Counter()
    for part in facts.parts:
        totals.update(part.report.inspected if part.report is not None else {})
    yield from totals.items()


def _discovery_table(steps: tuple[Step, ...]) -> Table:
    rows = tuple((step.name, step.found or f"not found: {step.missing}", step.source or step.remedy) for step in steps)
    return Table(title="How it was found", columns=("what", "found", "where it was learned"), rows=rows)
