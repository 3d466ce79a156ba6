"""A session-level advisory lock is taken on a connection that does not stay the code's own.

Why: `pg_advisory_lock()` belongs to the connection, not to the transaction. A commit or rollback gives the connection of an
AsyncSession back to its pool with the lock still on it: the unlock is sent over whatever connection comes next, gives false and
a warning, and the lock stays for as long as the pool keeps that connection. SQLAlchemy's pool takes no lock off;
asyncpg's own does, as soon as the connection is released: there `pool.fetchval("SELECT pg_try_advisory_lock(...)")` says true
and holds nothing.

Bad:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def migrate(factory: async_sessionmaker, work):
        async with factory() as session:
            await session.execute(text("SELECT pg_advisory_lock(42)"))
            await session.commit()
            await work()
            await session.execute(text("SELECT pg_advisory_unlock(42)"))

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def migrate(factory: async_sessionmaker, work):
        async with factory.begin() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(42)"))
            await work()

Wrong when: the session is bound to one connection, or its engine keeps none (NullPool). Both are looked for; an unlock anywhere
else in the file keeps a block without one silent.

Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS; asyncpg 0.32, `get_reset_query()`
(pg_advisory_unlock_all); goauthentik/authentik#23876; tried with SQLAlchemy 2.1.9 and PostgreSQL 15: behind the session's
block another session had the connection, and the lock on it
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.library.methods import COROUTINES, PLAIN
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, With, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.connections.acquired_blocks import acquired, is_all_done, is_pool
from forge_doctor.lint.dataflow.sessions.module_engines import engine_behind
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, calls_named, opened_by
from forge_doctor.regex import regex

LOCKING = regex(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(")
UNLOCKING = regex(rb"\bpg_advisory_unlock")
SUSPECT = AnyWord(b"advisory_lock")
SENDING = words("execute scalar scalars fetch fetchval fetchrow exec")
ENDING = words("commit rollback close")
SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)
OF_SESSIONS_ALONE = (COROUTINES[Kind.ASYNC_SESSION] | PLAIN[Kind.ASYNC_SESSION]) - (
    COROUTINES[Kind.ASYNC_CONNECTION] | PLAIN[Kind.ASYNC_CONNECTION]
)
LINE_DOES = ("holds",)
REMEDY = "pg_advisory_xact_lock() in the transaction that needs it, or one connection from `engine.connect()` for lock, work and unlock"


@check(severity=Severity.ERROR)
def advisory_lock_left_behind(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the statements that take such a lock."""
    for call in () if is_test_file(file) else file.calls(*sorted(SENDING)):
        function, receiver = call.function, call.receiver
        if function is None or receiver is None or not call.args or not is_locking(project, call.args[0]):
            continue
        why = lost(project, function, call, receiver)
        if why:
            is_of_asyncpg = is_pool(project, receiver) or (
                isinstance(receiver, Name) and acquired(project, receiver) is not None
            )
            confidence = Confidence.HIGH if is_of_asyncpg else Confidence.MEDIUM
            yield file.finding(advisory_lock_left_behind, call, why, confidence=confidence, remedy=REMEDY)


def is_locking(project: Project, statement: Node) -> bool:
    """Whether a statement takes a lock that outlives its transaction."""
    return LOCKING.search(followed(project, statement).text) is not None


def lost(project: Project, function: FunctionDef, call: Call, connection: Node) -> str:
    """What parts the lock from the code that took it; empty where nothing is seen to."""
    if is_pool(project, connection):
        return "the pool takes a connection for this one statement and gives it back, with the lock taken off: nothing is locked"
    if not isinstance(connection, Name):
        return ""
    block = acquired(project, connection)
    if block is not None:
        done = is_all_done(block, call, connection.text, ()) and not any(calls_between(function, call.end, block.end))
        return (
            f"the block of line {block.line} gives the connection back, and asyncpg's pool takes the lock off"
            if done
            else ""
        )
    return _left_on_connection(project, function, call, connection)


def _left_on_connection(project: Project, function: FunctionDef, call: Call, session: Name) -> str:
    value = project.known(session)
    is_session = value.kind in SESSIONS and is_surely_session(project, session, value)
    if not (is_session or value.kind is Kind.ASYNC_CONNECTION) or value.confidence is Confidence.LOW:
        return ""
    opened = opened_by(session)
    item = None if opened is None else item_of(opened, session.text)
    if item is not None and not keeps_connections(project, item):
        return ""
    end = next((one.start for one in calls_between(function, call.end, function.end) if is_unlock(one)), function.end)
    ended = next((one for one in calls_named(function, ENDING, call.end, end) if one.is_on(session.text)), None)
    if ended is not None and is_session:
        return (
            f"`{ended.func.text}()` in line {ended.line} gives the connection back to its pool with the advisory lock on it: what "
            "the session sends next goes over any other, and an unlock there does nothing"
        )
    is_unlocked = UNLOCKING.search(call.file.data) is not None
    if opened is not None and not is_unlocked:
        return f"nothing unlocks it: the block of line {opened.line} gives the connection back to its pool with the lock on it"
    return ""


def is_surely_session(project: Project, session: Name, value: Value) -> bool:
    """Whether it is known to be one, by more than awaited calls that a connection has as well: that keeps the lock."""
    if "stands beside" not in value.why:
        return True
    seen = project.evidence(session)
    return seen.named_like_session or bool((seen.awaited | seen.plain) & OF_SESSIONS_ALONE)


def is_unlock(call: Call) -> bool:
    """Whether it sends the unlock."""
    return call.method in SENDING and "pg_advisory_unlock" in call.text


def item_of(block: With, name: str) -> WithItem | None:
    """What binds the name in a block."""
    return next((one for one in block.items if one.target is not None and one.target.text == name), None)


def keeps_connections(project: Project, item: WithItem) -> bool:
    """Whether the connection goes back to a pool that keeps it: not one that the code gave the session, nor NullPool's."""
    opener = item.value
    if not isinstance(opener, Call) or opener.keyword("bind") is not None or opener.args:
        return False
    engine = engine_behind(project, opener)
    return engine is None or engine.pool_class != "NullPool"
