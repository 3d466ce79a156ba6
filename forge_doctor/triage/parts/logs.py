"""The part `logs`: the last half hour of every log of the case, grouped into problems."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Evidence
from forge_doctor.logs.collect import opened
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.problem import TriageOptions
from forge_doctor.logs.run import Plan, Request, discover, judge, read
from forge_doctor.probes.deployment.outputs import is_empty
from forge_doctor.report import Report
from forge_doctor.triage.facts import ANY_DATABASE, SERVER
from forge_doctor.triage.looks import WantedLogs
from forge_doctor.triage.parts.database_lines import OfDatabase

OF_ANY = Evidence(
    label=ANY_DATABASE, value="any of the server's", source="the log does not tell in which: log_line_prefix without %d"
)


def look(wanted: WantedLogs) -> Report:
    """What the logs say; raises `CannotInspect` where there is none."""
    if not wanted.logs:
        raise CannotInspect("no log was found to read: pass --log FILE")
    written = [one.word for one in wanted.logs if not is_empty(one.word)]
    if not written:
        # A service that never complained is no log that could not be read.
        words = ", ".join(one.word for one in wanted.logs)
        return Report(command="logs", subject=words, headline="Nothing was ever written to it.")
    plan = discover(
        Request(
            words=tuple(written),
            rules=Rules(app_roots=wanted.app_roots, zone_s=wanted.zone_s, reference=wanted.now),
            shown=TriageOptions(),
            since=wanted.since,
            until=wanted.until,
            tail=wanted.tail,
        )
    )
    kept = _of_one_database(plan, wanted)
    tasks = (
        replace(one, source=kept[one.source.name], tail=None) if one.source.name in kept else one for one in plan.tasks
    )
    plan = replace(plan, tasks=tuple(tasks))
    report = judge(plan, read(plan, lambda _name, _bytes, _found: None))
    return _with_doubt(report, {name for name, source in kept.items() if source.lines.unknown})


def _of_one_database(plan: Plan, wanted: WantedLogs) -> Mapping[str, OfDatabase]:
    """The server's logs by name, without what other databases wrote."""
    servers = {one.word for one in wanted.logs if one.kind == SERVER} if wanted.database else set()
    return {
        one.source.name: OfDatabase(one.source.name, one.source.way, wanted.database, partial(opened, one))
        for one in plan.tasks
        if one.source.name in servers
    }


def _with_doubt(report: Report, unsure: set[str]) -> Report:
    """What was read only in logs that do not tell of each error in which database it was, says so."""
    if not unsure:
        return report
    told = [*report.data.get("problems", ()), *report.data.get("other_errors", ())]
    told += [{}] * (len(report.findings) - len(told))
    findings = (
        replace(one, evidence=(*one.evidence, OF_ANY))
        if data.get("sources") and set(data["sources"]) <= unsure
        else one
        for one, data in zip(report.findings, told, strict=False)
    )
    return replace(report, findings=tuple(findings))
