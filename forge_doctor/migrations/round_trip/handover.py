"""Finds out how an application's env.py wants to be started, by starting it: what it misses is given, then it is asked again.

Wherever it would connect to, it reaches the throw-away server; so an address is given only where it cannot do without.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.alembic_runner.process import FOLDER, Answer, Child, child_process
from forge_doctor.probes.throw_away.databases import Databases

START_S = 60.0
MOST_STARTS = 12  # settings read one by one are missed one by one
DATABASES = "db|database|postgres|postgresql|pg|sql|sqlalchemy|psql|alembic|asyncpg"
OF_A_DATABASE = re.compile(rf"(?:^|_)(?:{DATABASES})(?:_|$|url|uri|dsn)", re.IGNORECASE)
OF_URL = re.compile(r"(?:url|uri|dsn)", re.IGNORECASE)
PARTS = (
    (re.compile(r"host|server|address", re.IGNORECASE), "host"),
    (re.compile(r"port", re.IGNORECASE), "port"),
    (re.compile(r"pass|pwd|secret", re.IGNORECASE), "password"),
    (re.compile(r"user|login|role", re.IGNORECASE), "user"),
    (re.compile(r"name|database|schema|(?:^|_)db$", re.IGNORECASE), "database"),
)
NOT_ITS_OWN = (str(FOLDER), "site-packages", "<", "/lib/python3")
DRIVERS = ("psycopg2", "psycopg", "asyncpg", "pg8000")
WRITTEN = re.compile(r"postgresql\+(\w+)")
IS_ASYNC = re.compile(r"\basyncio\b|async_engine|AsyncEngine|AsyncConnection")
# What SQLAlchemy says of a driver that does not go with how env.py makes its engine.
WANTS_ASYNC = re.compile(r"requires an async driver|asyncio extension", re.IGNORECASE)
WANTS_SYNC = re.compile(r"greenlet_spawn|MissingGreenlet|await_only", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Whose migrations: `config` is alembic.ini or pyproject.toml, `folder` where alembic would be run, `x` its -x."""

    config: Path
    folder: Path
    python: str
    section: str = "alembic"
    x: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is handed over beside the redirected connections."""

    variables: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@asynccontextmanager
async def migrations_of(
    application: Application, made: Databases, database: str
) -> AsyncIterator[tuple[Child, Mapping[str, Any]]]:
    """A child that has run env.py once, to no step, and the facts of its tree.

    Raises `CannotInspect` that says what was tried where env.py cannot be brought to run.
    """
    given = Given()
    for _ in range(MOST_STARTS):
        async with child_process(
            application.python, "child", folder=application.folder, environment=application.environment
        ) as child:
            loaded = await _load(child, application, made, database, given)
            answer = loaded
            if loaded.failure is None:
                answer = await child.order("step", limit_s=START_S, database=database, revisions=[], up=True)
            if answer.failure is None:
                _be_sure_it_runs(answer)
                yield child, loaded.facts
                return
        more = _more(given, answer, application, made, database)
        if more == given:
            break
        given = more
    raise CannotInspect(_sentence("env.py" if loaded.failure is None else "the revisions", answer, given))


def _be_sure_it_runs(answer: Answer) -> None:
    if not answer.facts["ran"]:
        raise CannotInspect(
            "env.py ended without running any migration: alembic upgrade does nothing here either "
            "(context.run_migrations() is not reached, or a coroutine is not awaited)"
        )


async def _load(child: Child, application: Application, made: Databases, database: str, given: Given) -> Answer:
    return await child.order(
        "load",
        limit_s=START_S,
        config=str(application.config.absolute()),
        section=application.section,
        x=list(application.x),
        url=given.url,
        variables=dict(given.variables),
        token=made.token,
        address=made.address.arguments(),
        database=database,
    )


def _more(given: Given, answer: Answer, application: Application, made: Databases, database: str) -> Given:
    """What to give in addition after this failure; the same where nothing is known to help."""
    failure = answer.failure
    assert failure is not None  # noqa: S101 - asked for only then
    parts = {**made.address.arguments(), "database": database}
    url = _url(_scheme(given, answer, application), parts)
    wanted = [name for name in (*answer.missing, *failure.missing) if OF_A_DATABASE.search(name)]
    variables = {name: url if OF_URL.search(name) else _part(name, parts) for name in wanted}
    # What was given already is written anew only where the driver did not fit.
    variables |= {name: url for name, value in given.variables.items() if "://" in value}
    found = {**given.variables, **{name: value for name, value in variables.items() if value}}
    return replace(given, variables=found, url=url)


def _scheme(given: Given, answer: Answer, application: Application) -> str:
    """The driver by which env.py would connect: what its error asks for, what is written beside it, what is installed."""
    message = answer.failure.message if answer.failure else ""
    current = given.url.partition("://")[0]
    if WANTS_ASYNC.search(message):
        return "postgresql+asyncpg"
    if WANTS_SYNC.search(message):
        return "postgresql+psycopg"
    if current:
        return current
    text = _beside(application)
    installed = [one for one in DRIVERS if one in (answer.drivers or DRIVERS)]
    fitting = [one for one in installed if (one == "asyncpg") <= bool(IS_ASYNC.search(text))]
    named = [one for one in WRITTEN.findall(text) if one in fitting]
    first = "asyncpg" if IS_ASYNC.search(text) and "asyncpg" in fitting else next(iter(fitting), "")
    chosen = Counter(named).most_common(1)[0][0] if named else first
    return f"postgresql+{chosen}" if chosen else "postgresql"


def _beside(application: Application) -> str:
    """The texts of the configuration and of env.py near it: which driver they name."""
    folder = application.config.parent
    files = [application.config, *sorted(folder.glob("*/env.py")), *sorted(folder.glob("*/*/env.py"))]
    return "\n".join(one.read_text(encoding="utf-8", errors="replace") for one in files if one.is_file())


def _url(scheme: str, parts: Mapping[str, Any]) -> str:
    login = f"{quote(str(parts['user']), safe='')}:{quote(str(parts['password']), safe='')}"
    host = str(parts["host"])
    if host.startswith("/"):
        return f"{scheme}://{login}@/{parts['database']}?host={quote(host, safe='')}&port={parts['port']}"
    return f"{scheme}://{login}@{host}:{parts['port']}/{parts['database']}"


def _part(name: str, parts: Mapping[str, Any]) -> str:
    return next((str(parts[key]) for pattern, key in PARTS if pattern.search(name)), "")


def _sentence(what: str, answer: Answer, given: Given) -> str:
    failure = answer.failure
    assert failure is not None  # noqa: S101 - asked for only then
    place = _place(answer)
    tried = ", ".join(sorted(given.variables))
    said = f"; tried with {tried} set for the throw-away server" if tried else ""
    names = sorted(set(failure.missing) | {one for one in answer.missing if one in failure.message})
    wanted = f"; set {', '.join(names)} in the environment" if names else ""
    return f"{what} could not be run: {failure.kind}: {failure.message.partition(chr(10))[0]}{place}{said}{wanted}"


def _place(answer: Answer) -> str:
    """The last line of the application's own on the way to the error."""
    frames = answer.failure.frames if answer.failure else ()
    own = [one for one in frames if not any(part in one.path for part in NOT_ITS_OWN)]
    return f" ({Path(own[-1].path).name}:{own[-1].line})" if own else ""
