"""One case for each database that applications of this machine use; looks into none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.triage.discovery.application import Surrounded
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.databases import Database, own_database
from forge_doctor.triage.discovery.logs import Surroundings, server_logs
from forge_doctor.triage.discovery.sources import told_source
from forge_doctor.triage.discovery.steps import Steps, remedy
from forge_doctor.triage.facts import APPLICATION, Application, Case, LogSource


def cases_of(found: Sequence[Surrounded], asked: Asked, around: Surroundings, steps: Steps) -> tuple[Case, ...]:
    """The cases; an application that names no database has one of its own, with what else there is to see of it."""
    told = (
        [Database(target=target, source="--dsn") for target in resolve_targets(asked.dsn, asked.environ)]
        if asked.dsn
        else []
    )
    for one in told:
        steps.say("database", found=one.target.label, source="--dsn")
    own = None if told else own_database(asked.environ)
    by_key: dict[tuple[object, ...], Database] = {}
    users: defaultdict[tuple[object, ...], list[Application]] = defaultdict(list)
    without: list[Application] = []
    for each in found:
        databases = told or each.databases or ([own] if own else [])
        if not each.databases and own and not told:
            steps.say("database", found=own.target.label, source=own.source, application=each.application.name)
        for database in databases:
            by_key.setdefault(database.key, database)
            users[database.key].append(each.application)
        if not databases:
            steps.say(
                "database", missing="nothing names one", remedy="pass --dsn URL", application=each.application.name
            )
            without.append(each.application)
    if not found:
        for database in told or ([own] if own else []):
            by_key.setdefault(database.key, database)
            if not told:
                steps.say("database", found=database.target.label, source=database.source)
    logs = _told_logs(asked, steps)
    cases = [_case(by_key[key], tuple(users[key]), logs, asked, around, steps) for key in by_key]
    if without or (not cases and (logs or asked.source)):
        cases.append(Case(applications=tuple(without) or _unknown(asked), server_logs=logs))
    return tuple(cases)


def case_of_record(found: Sequence[Surrounded], asked: Asked, steps: Steps) -> tuple[Case, ...]:
    """One case of all that runs here now and may be what was recorded: its source and its logs are there still."""
    logs = _told_logs(asked, steps)
    applications = tuple(one.application for one in found) or _unknown(asked)
    return (Case(applications=applications, server_logs=logs),)


def _unknown(asked: Asked) -> tuple[Application, ...]:
    """An application that does not run here: its source alone."""
    return (
        (Application(name=asked.source.absolute().name, source=told_source(asked.source, None)),)
        if asked.source
        else ()
    )


def _told_logs(asked: Asked, steps: Steps) -> tuple[LogSource, ...]:
    for word in asked.logs:
        steps.say("application log", found=word, source="--log")
    return tuple(LogSource(word=word, kind=APPLICATION, source="--log") for word in asked.logs)


def _case(
    database: Database,
    applications: tuple[Application, ...],
    logs: tuple[LogSource, ...],
    asked: Asked,
    around: Surroundings,
    steps: Steps,
) -> Case:
    own: tuple[LogSource, ...] = ()
    if not asked.logs:
        found = server_logs(database.target, around)
        own = found.logs
        for log in own:
            steps.say("server log", found=log.word, source=log.source)
        for why in found.missing:
            steps.say("server log", missing=why, remedy=remedy(why, "pass --log FILE with PostgreSQL's log"))
    if not applications and asked.source is not None:
        applications = _unknown(asked)
    return Case(
        applications=applications, target=database.target, target_source=database.source, server_logs=(*logs, *own)
    )
