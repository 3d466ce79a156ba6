"""One application that runs here: its source, the databases it names, its engine's numbers, its logs; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from forge_doctor.code.orm.engine_numbers import facts_of
from forge_doctor.code.orm.engine_places import engines_in
from forge_doctor.dataclass import dataclass, replace
from forge_doctor.probes.application.app_engine import EngineFacts
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.probes.docker.inspection import Inspected
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.databases import Database, databases_of
from forge_doctor.triage.discovery.literals import database_in
from forge_doctor.triage.discovery.logs import Surroundings, application_logs
from forge_doctor.triage.discovery.processes import Running
from forge_doctor.triage.discovery.sources import files_of, source_of, told_source
from forge_doctor.triage.discovery.steps import SUDO, Steps, remedy
from forge_doctor.triage.facts import Application, LogSource, SourceTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrounded:
    """An application with the databases its surroundings name."""

    application: Application
    databases: tuple[Database, ...]


def application_of(one: Running, asked: Asked, around: Surroundings, steps: Steps) -> Surrounded:
    """What its surroundings tell of it, each step said as it is done."""
    container = next((each for each in around.containers if each.id == one.group.container), None)
    source = _source(one, asked, steps)
    if source is not None:
        source = replace(source, files=files_of(source, one.name))
    folders = _folders(one, source)
    databases = _databases(one, asked, container, around.containers, folders, steps)
    variables = _variables(one, container)
    engine, literal = _engine(one, source, variables, asked, steps)
    if not databases and literal is not None:
        databases = (literal,)
        steps.say("database", found=literal.target.label, source=literal.source, application=one.name)
    logs = _logs(one, asked, around, steps)
    application = Application(
        name=one.name,
        server=one.server,
        workers=one.workers,
        interpreter=one.runtime.interpreter if one.runtime else "",
        directory=one.runtime.directory if one.runtime else "",
        source=source,
        logs=logs,
        engine=engine,
        container=container.name if container else one.group.container[:12],
        project=container.project if container else "",
        service=container.service if container else "",
        unit=one.group.unit,
    )
    return Surrounded(application=application, databases=databases)


def _variables(one: Running, container: Inspected | None) -> Mapping[str, str]:
    read = (read_variables(pid) for pid in one.readable)
    return next((found for found in read if found is not None), None) or (container.variables if container else {})


def _folders(one: Running, source: SourceTree | None) -> tuple[Path, ...]:
    """Where a `.env` file may lie: the source root, and where the application was started."""
    folders = [source.here] if source is not None else []
    if one.runtime is not None:
        folders.append(Path(one.runtime.root + one.runtime.directory))
    return tuple(dict.fromkeys(folders))


def _source(one: Running, asked: Asked, steps: Steps) -> SourceTree | None:
    if asked.source is not None:
        steps.say("source", found=str(asked.source), source="--source", application=one.name)
        return told_source(asked.source, one)
    source, learned, why_not = source_of(one)
    if source is None:
        steps.say("source", missing=why_not, remedy="pass --source DIR", application=one.name)
        return None
    seen = f", which is {source.seen} for it" if source.seen != str(source.here) else ""
    steps.say("source", found=f"{source.here}{seen}", source=learned, application=one.name)
    return source


def _databases(
    one: Running,
    asked: Asked,
    container: Inspected | None,
    containers: Sequence[Inspected],
    folders: Sequence[Path],
    steps: Steps,
) -> tuple[Database, ...]:
    if asked.dsn or asked.recorded is not None:
        return ()
    if not asked.borrow:
        steps.say(
            "database",
            missing="the worker's own may not be used (--no-borrow-dsn)",
            remedy="pass --dsn URL",
            application=one.name,
        )
        return ()
    found, denied = databases_of(one, container, containers, folders)
    for each in found:
        steps.say("database", found=each.target.label, source=each.source, application=one.name)
    if not found and denied:
        steps.say("database", missing=f"{denied} cannot be read: Permission denied", remedy=SUDO, application=one.name)
    return found


def _engine(
    one: Running, source: SourceTree | None, variables: Mapping[str, str], asked: Asked, steps: Steps
) -> tuple[EngineFacts | None, Database | None]:
    """(the engine's numbers, the database its URL names in the code)."""
    if asked.app:
        return _read_engine(asked.app, one, steps), None
    if source is None:
        return None, None
    calls = engines_in(source.here, files_of(source, one.name))
    for call in calls:
        facts = facts_of(call, variables)
        if facts is not None:
            told = (
                f"pool_size {facts.pool_size}, max_overflow {facts.max_overflow}"
                if facts.pool_size is not None
                else facts.pool_class
            )
            steps.say("pool", found=told, source=f"{call.maker}() at {call.place}", application=one.name)
            return facts, database_in(call) if asked.borrow else None
    why = (
        f"what the engine at {calls[0].place} is given is not written there"
        if calls
        else "no call in its source makes an engine"
    )
    steps.say("pool", missing=why, remedy="pass --app MODULE:ENGINE", application=one.name)
    return None, database_in(calls[0]) if calls and asked.borrow else None


def _read_engine(app: str, one: Running, steps: Steps) -> EngineFacts:
    from forge_doctor.probes.application.app_engine import read_engine
    from forge_doctor.probes.application.interpreters import find_interpreter

    facts = read_engine(app, python=find_interpreter(app, python=None, variables={}))
    steps.say(
        "pool",
        found=f"pool_size {facts.pool_size}, max_overflow {facts.max_overflow}",
        source="--app",
        application=one.name,
    )
    return facts


def _logs(one: Running, asked: Asked, around: Surroundings, steps: Steps) -> tuple[LogSource, ...]:
    if asked.logs:
        return ()
    found = application_logs(one, around)
    for log in found.logs:
        steps.say("application log", found=log.word, source=log.source, application=one.name)
    for why in found.missing:
        steps.say("application log", missing=why, remedy=remedy(why, "pass --log FILE"), application=one.name)
    return found.logs
