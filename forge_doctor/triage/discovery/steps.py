"""Finds what there is to look at, step by step, and says after each what it found and where it learned it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forge_doctor.code.orm.engines import EngineCall
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.application.app_engine import EngineFacts
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.probes.docker.inspection import Inspected, inspect_running
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.processes.identity import running_as
from forge_doctor.probes.processes.table import read_process_table
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.databases import Database, databases_of, own_database
from forge_doctor.triage.discovery.engines import engines_in, facts_of
from forge_doctor.triage.discovery.literals import database_in
from forge_doctor.triage.discovery.logs import Surroundings, application_logs, server_logs
from forge_doctor.triage.discovery.processes import Running, find_running
from forge_doctor.triage.discovery.sources import files_of, source_of, told_source
from forge_doctor.triage.discovery.targets import chosen
from forge_doctor.triage.facts import APPLICATION, Application, Case, Discovery, LogSource, SourceTree, Step

Tell = Callable[[Step], None]
SUDO = "run it as root: sudo forge-doctor triage"


@dataclass(slots=True)
class _Steps:
    """What the steps have said so far."""

    tell: Tell
    told: list[Step] = field(default_factory=list)

    def say(self, name: str, **said: str) -> None:
        step = Step(name=name, **said)
        self.told.append(step)
        self.tell(step)


def discover(asked: Asked, folder: Path, tell: Tell) -> Discovery:
    """Everything that can be found; `folder` takes what is only to be had as a file of our own (a journal).

    Raises `UsageProblem` where a target means nothing that runs, or nothing at all is named or runs here.
    """
    steps = _Steps(tell)
    table = read_process_table()
    running = find_running(table)
    containers = _containers(running, asked, steps)
    running = chosen(running, asked, containers, table)
    for one in running:
        _say_workers(one, containers, steps)
    if not running:
        steps.say(
            "workers",
            missing="no application server runs here that was recognised",
            remedy="pass --pid N or --container NAME",
        )
    around = Surroundings(table=table, containers=containers, since_s=asked.since_s, folder=folder)
    found = [_application(one, asked, around, steps) for one in running]
    cases = _of_record(found, asked, steps) if asked.recorded else _cases(found, asked, around, steps)
    if not cases:
        raise CannotInspect(_nothing(steps))
    return Discovery(cases=cases, steps=tuple(steps.told))


def _containers(running: Sequence[Running], asked: Asked, steps: _Steps) -> tuple[Inspected, ...]:
    """What the engine tells, asked only where something runs in a container, or nothing was found without it."""
    wanted = bool(asked.containers) or any(one.group.container and not one.group.pod for one in running)
    if not wanted:
        return ()
    try:
        return inspect_running()
    except CannotInspect as problem:
        if asked.containers:
            raise
        steps.say("containers", missing=str(problem), remedy=SUDO)
        return ()


def _say_workers(one: Running, containers: Sequence[Inspected], steps: _Steps) -> None:
    pids = [str(worker.pid) for worker in one.workers if worker.role == "worker"]
    pids = pids or [str(worker.pid) for worker in one.workers]
    shown = ", ".join(pids[:8]) + (f" and {len(pids) - 8} more" if len(pids) > 8 else "")
    what = f"{len(pids)} {one.server} {'worker' if len(pids) == 1 else 'workers'} of {one.name}: pid {shown}"
    place = next((f"in container {each.shown}" for each in containers if each.id == one.group.container), "")
    place = place or (f"in container {one.group.container[:12]}" if one.group.container else "")
    place = place or (f"of the unit {one.group.unit}" if one.group.unit else "")
    steps.say("workers", found=f"{what} {place}".rstrip(), source="the process table", application=one.name)
    if one.runtime is None:
        reason = f"the processes of {one.name} are user {one.user}'s, and {running_as()} may not look into them: Permission denied"
        steps.say("workers", missing=reason, remedy=SUDO, application=one.name)
        return
    interpreter = one.runtime.interpreter or "the interpreter is not told by its command line"
    told = f"{interpreter}, working directory {one.runtime.directory}"
    steps.say("interpreter", found=told, source=f"/proc/{one.runtime.pid}", application=one.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An application with the databases its surroundings name."""

    application: Application
    databases: tuple[Database, ...]


def _application(one: Running, asked: Asked, around: Surroundings, steps: _Steps) -> _Found:
    container = next((each for each in around.containers if each.id == one.group.container), None)
    source = _source(one, asked, steps)
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
    return _Found(application=application, databases=databases)


def _variables(one: Running, container: Inspected | None) -> Mapping[str, str]:
    read = (read_variables(pid) for pid in one.readable)
    return next((found for found in read if found is not None), None) or (container.variables if container else {})


def _folders(one: Running, source: SourceTree | None) -> tuple[Path, ...]:
    """Where a `.env` file may lie: the source root, and where the application was started."""
    folders = [source.here] if source is not None else []
    if one.runtime is not None:
        folders.append(Path(one.runtime.root + one.runtime.directory))
    return tuple(dict.fromkeys(folders))


def _source(one: Running, asked: Asked, steps: _Steps) -> SourceTree | None:
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
    steps: _Steps,
) -> tuple[Database, ...]:
    if asked.dsn or asked.recorded:
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
    one: Running, source: SourceTree | None, variables: Mapping[str, str], asked: Asked, steps: _Steps
) -> tuple[EngineFacts | None, Database | None]:
    """(the engine's numbers, the database its URL names in the code)."""
    if asked.app:
        return _read_engine(asked.app, one, steps), None
    if source is None:
        return None, None
    calls = engines_in(source.here, files_of(source, one.name))
    for place, call in calls:
        facts = facts_of(place, call, variables)
        if facts is not None:
            told = (
                f"pool_size {facts.pool_size}, max_overflow {facts.max_overflow}"
                if facts.pool_size is not None
                else facts.pool_class
            )
            steps.say("pool", found=told, source=f"{calls[0][1].maker}() at {place}", application=one.name)
            return facts, _literal(call, place) if asked.borrow else None
    why = (
        f"what the engine at {calls[0][0]} is given is not written there"
        if calls
        else "no call in its source makes an engine"
    )
    steps.say("pool", missing=why, remedy="pass --app MODULE:ENGINE", application=one.name)
    return None, _literal(calls[0][1], calls[0][0]) if calls and asked.borrow else None


def _literal(call: EngineCall, place: str) -> Database | None:
    return database_in(call, place)


def _read_engine(app: str, one: Running, steps: _Steps) -> EngineFacts:
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


def _logs(one: Running, asked: Asked, around: Surroundings, steps: _Steps) -> tuple[LogSource, ...]:
    if asked.logs:
        return ()
    found = application_logs(one, around)
    for log in found.logs:
        steps.say("application log", found=log.word, source=log.source, application=one.name)
    for why in found.missing:
        steps.say("application log", missing=why, remedy=_remedy(why, "pass --log FILE"), application=one.name)
    return found.logs


def _cases(found: Sequence[_Found], asked: Asked, around: Surroundings, steps: _Steps) -> tuple[Case, ...]:
    """One case for each database, with the applications that use it."""
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


def _of_record(found: Sequence[_Found], asked: Asked, steps: _Steps) -> tuple[Case, ...]:
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


def _told_logs(asked: Asked, steps: _Steps) -> tuple[LogSource, ...]:
    for word in asked.logs:
        steps.say("application log", found=word, source="--log")
    return tuple(LogSource(word=word, kind=APPLICATION, source="--log") for word in asked.logs)


def _case(
    database: Database,
    applications: tuple[Application, ...],
    logs: tuple[LogSource, ...],
    asked: Asked,
    around: Surroundings,
    steps: _Steps,
) -> Case:
    own: tuple[LogSource, ...] = ()
    if not asked.logs:
        found = server_logs(database.target, around)
        own = found.logs
        for log in own:
            steps.say("server log", found=log.word, source=log.source)
        for why in found.missing:
            steps.say("server log", missing=why, remedy=_remedy(why, "pass --log FILE with PostgreSQL's log"))
    if not applications and asked.source is not None:
        applications = _unknown(asked)
    return Case(
        applications=applications, target=database.target, target_source=database.source, server_logs=(*logs, *own)
    )


def _remedy(why: str, otherwise: str) -> str:
    return SUDO if "Permission denied" in why else otherwise


def _nothing(steps: _Steps) -> str:
    reasons = "; ".join(step.missing for step in steps.told if step.missing)
    return f"nothing to look at: {reasons or 'no application server runs here'}; pass --dsn URL, --log FILE or --source DIR"
