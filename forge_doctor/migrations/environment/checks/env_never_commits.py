"""env.py uses its connection before `context.configure()`: all migrations are rolled back.

Why: with SQLAlchemy 2 the first statement on a connection begins a transaction. `context.configure()` then finds one that is
not its own, `context.begin_transaction()` does nothing, and nobody commits: when the connection is closed everything is rolled
back. `alembic upgrade head` logs "Running upgrade" for each revision, exits 0, and the database is as it was.

Bad:

    from alembic import context
    from sqlalchemy import text

    def run_migrations_online():
        with engine.connect() as connection:
            connection.execute(text("SET search_path TO shop"))
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

    run_migrations_online()

Good:

    from alembic import context
    from sqlalchemy import text

    def run_migrations_online():
        with engine.connect() as connection:
            connection.execute(text("SET search_path TO shop"))
            connection.commit()
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

    run_migrations_online()

Wrong when: somebody commits. Nothing is told where a function on the way has `engine.begin()`, `connection.begin()` or AUTOCOMMIT,
where the connection is committed or rolled back between the two, or committed behind the migrations; nor where the connection is
not seen to come from `connect()`. Where the function that uses it commits on one of its ways only, the confidence is medium.
SQLAlchemy 1.4 committed by itself.

Source: https://docs.sqlalchemy.org/en/20/core/connections.html (Commit As You Go); OpenHands/automation#18,
fabriziosalmi/nis2-public#167; with Alembic 1.20.1, SQLAlchemy 2.1.9 and PostgreSQL 18 not even alembic_version is there behind it
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, Return
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.environment.env_script import Configure, EnvScript
from forge_doctor.migrations.environment.online import Step
from forge_doctor.regex import regex

EXECUTES = frozenset({"execute", "exec_driver_sql", "scalar", "scalars"})
ENDS = frozenset({"commit", "rollback"})
COMMITS_ITSELF = regex(r"\.begin\(|AUTOCOMMIT")
OPENS = regex(r"\.connect\(")


@check(severity=Severity.CRITICAL)
def env_never_commits(script: EnvScript) -> Iterator[Finding]:
    """Look at what is sent over the connection before `context.configure()`, and at who ends that transaction."""
    for configure in script.configures:
        given = configure.setting("connection") if configure.settings is None else configure.call.keyword("connection")
        used = _used_before(script, configure, given) if isinstance(given, Name) else None
        if used is not None and not _is_ended(script, configure, given, used):
            yield used.file.finding(
                env_never_commits,
                used,
                "this begins a transaction before `context.configure()`, which Alembic takes for somebody else's and never "
                "commits: `alembic upgrade head` exits 0, and all it did is rolled back",
                confidence=Confidence.MEDIUM if _returns_before_its_end(script, used) else Confidence.HIGH,
                remedy="connection.commit()  # behind it; or send it inside `with context.begin_transaction():`",
                related=(Related(message="configured here", location=configure.call.file.location(configure.call)),),
            )
            return


def _used_before(script: EnvScript, configure: Configure, connection: Name) -> Call | None:
    """The last statement sent over the connection before, by the function itself or by one it is handed to."""
    found = None
    for step in script.online.steps:
        call = step.call
        if (
            call.start >= configure.call.start
            or call.owner is not configure.call.owner
            or call.file is not connection.file
        ):
            continue
        own = call.is_on(connection.id) and call.method in EXECUTES
        if own or _is_handed(step.function, call, connection):
            found = call
    return found


def _is_handed(function: FunctionDef | None, call: Call, connection: Name) -> bool:
    """Whether a function of the project sends something over the connection it is given, and leaves it at that."""
    if function is None or not any(isinstance(one, Name) and one.id == connection.id for one in call.args):
        return False
    calls = [one.method for one in function.find(Call)]
    ends = any(one in ENDS for one in calls)
    return (
        any(one in EXECUTES for one in calls)
        and (not ends or _has_early_return(function))
        and not COMMITS_ITSELF.search(function.text)
    )


def _has_early_return(function: FunctionDef) -> bool:
    """Whether it returns between what it sends and the commit behind it: `if row is None: return`."""
    sent = [one.start for one in function.find(Call) if one.method in EXECUTES]
    ended = [one.start for one in function.find(Call) if one.method in ENDS]
    return any(
        min(sent) < one.start < min(ended) and not any(call.method in EXECUTES for call in one.find(Call))
        for one in function.find(Return)
        if sent and ended
    )


def _returns_before_its_end(script: EnvScript, used: Call) -> bool:
    """Whether the function that it calls commits on another path: then it depends on what was found."""
    function = next((step.function for step in script.online.steps if step.call is used), None)
    return function is not None and _has_early_return(function)


def _is_ended(script: EnvScript, configure: Configure, connection: Node | None, used: Call) -> bool:
    """Whether something commits, or that cannot be told: the connection was opened out of sight."""
    name = "" if connection is None else connection.text
    owners = [place.owner for place in configure.step.places]
    if any(COMMITS_ITSELF.search(one.text.replace("context.begin_transaction", "")) for one in owners):
        return True
    if not any(OPENS.search(one.text) for one in owners):
        return True
    if any(_hands_to_end(step, used, name) for step in script.online.steps):
        return True
    for place in configure.step.places:
        for call in place.owner.find(Call):
            ends = call.method in ENDS and call.receiver is not None
            if ends and call.start > (used.start if place.owner is used.owner else place.start):
                is_between = place.owner is used.owner and call.start < configure.call.start
                if call.method == "commit" or (is_between and call.is_on(name)):
                    return True
    return False


def _hands_to_end(step: Step, used: Call, name: str) -> bool:
    """Whether a function that commits is given the connection behind the statement."""
    call = step.call
    if step.function is None or call.owner is not used.owner or call.start <= used.start:
        return False
    return ".commit(" in step.function.text and any(isinstance(one, Name) and one.id == name for one in call.args)
