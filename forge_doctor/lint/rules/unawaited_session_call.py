"""A coroutine method of a session, connection, result or transaction is called and never awaited.

Why: the call only makes a coroutine object. Nothing is sent to the database: the commit does not
commit, the delete does not delete, and the result is an object that has neither rows nor columns.
Python says no more than `RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited`, later.
A coroutine that is stored and awaited later, gathered, or returned by a plain function is fine. Wrong when
the receiver is no AsyncSession: its declaration, what made it, what its context manager yields and its other awaited calls
are looked at; by a name alone the confidence is low, and what a test expects to raise is left alone.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def rename(db: AsyncSession, user, name):
        user.name = name
        db.commit()

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def rename(db: AsyncSession, user, name):
        user.name = name
        await db.commit()

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (Asyncio ORM session API)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.library.methods import (
    ALL_COROUTINES,
    COROUTINES,
    DRIVER_COROUTINES,
    RESULT_METHODS,
    STARTABLE,
)
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, Name
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.coroutines.awaits import await_edits, awaited_call, consequence
from forge_doctor.lint.dataflow.coroutines.coroutine_fate import fate_of
from forge_doctor.lint.dataflow.coroutines.sync_twins import is_for_sync_twin
from forge_doctor.lint.dataflow.requests.left_by_dependencies import block_of_dependency
from forge_doctor.lint.dataflow.sessions.contradicted import has_async_engines_alone
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks
from forge_doctor.lint.dataflow.use_def import few_reads_of
from forge_doctor.lint.dataflow.uses import Fate, Use, use_of

# Asyncio's classes are of no use without an `async` somewhere in the file, or a dependency that gives one.
SUSPECT = AnyWord(b"async", b"Async", b"Depends(")
# What gives a driver's own connections their methods: the library, or a word of the types of its values.
DRIVERS = (b"asyncpg", b"databases", b"psycopg")
SENDING = frozenset({"execute", "scalar", "scalars", "exec", "stream"})
STARTED = tuple(sorted({method for _, method in STARTABLE}))


@check(severity=Severity.ERROR)
def unawaited_session_call(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Find them by method name, prove the receiver, follow the value."""
    own = DRIVER_COROUTINES if any(word in file.data for word in DRIVERS) else ()
    for call in file.calls(*ALL_COROUTINES, *own, awaited=False):
        if isinstance(call.parent, Await) or is_for_sync_twin(call):
            continue
        value = project.coroutine_of(call)
        if value is None or call.receiver is None or is_mocked(call.receiver):
            continue
        fate = fate_of(project, call)
        if fate.is_fault:
            sure = Confidence.MEDIUM if is_sent_without_sync_engine(project, call, value, fate) else value.confidence
            yield found(file, call, fate, min(sure, fate.confidence), project)
    yield from unstarted(file, project)
    yield from unmade_pools(file, project)


def is_sent_without_sync_engine(project: Project, call: Call, value: Value, fate: Fate) -> bool:
    """Whether what is a session by its name alone is given a statement of SQLAlchemy's own, or asked for what a result
    of its has, in a project that makes no synchronous engine: it can be no Session then."""
    if value.confidence is not Confidence.LOW or call.method not in SENDING or not call.args:
        return False
    statement = followed(project, call.args[0])
    while isinstance(statement, Call) and isinstance(statement.receiver, Call):
        statement = statement.receiver  # `select(User)` of `select(User).where(...)`
    is_statement = isinstance(statement, Call) and project.qualified(statement.func).startswith("sqlalchemy.")
    is_read = isinstance(fate.node, Attribute) and fate.node.attr in RESULT_METHODS
    return (is_statement or is_read) and has_async_engines_alone(project)


def unmade_pools(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`app.state.pool = asyncpg.create_pool(...)`: nothing is opened until it is awaited or entered."""
    for call in file.calls("create_pool", awaited=False):
        bound = call.parent
        if not isinstance(bound, Assign) or project.qualified(call.func) != "asyncpg.create_pool":
            continue
        target = re.escape(bound.target.text).encode()
        used = re.search(rb"(?<![\w.])" + target + rb"\.(?:acquire|execute|fetch\w*)\(", file.data)
        started = re.search(rb"(?:await|async\s+with|return|yield|[=(,])\s*" + target + rb"(?![\w.])", file.data)
        if used is not None and started is None and not is_mocked(call.func):
            yield file.finding(
                unawaited_session_call,
                call,
                f"`{call.func.text}()` is not awaited: the pool is not initialized, and its first use fails",
                confidence=Confidence.MEDIUM,
                remedy=f"await {call.func.text}(...)",
                edits=await_edits(call, safe=False),
            )


def unstarted(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`session.begin()` as a statement of its own begins nothing."""
    for call in file.calls(*STARTED, awaited=False):
        fate = use_of(call)
        if fate.use not in (Use.BARE, Use.ASSIGNED) or call.receiver is None or is_mocked(call.receiver):
            continue
        value = project.known(call.receiver)
        gives = STARTABLE.get((value.kind, call.method))
        if gives is None or value.confidence is Confidence.LOW:
            continue
        if fate.use is Use.BARE or is_used_unstarted(project, call, gives):
            yield found(file, call, fate, value.confidence, project)


def is_used_unstarted(project: Project, call: Call, gives: Kind) -> bool:
    """`connection = engine.connect()` with methods called on it, and nothing that starts it."""
    bound = call.parent
    if not isinstance(bound, Assign) or not isinstance(bound.target, Name):
        return False
    reads = few_reads_of(project, bound.target, bound) or []
    used = [one.parent.attr if isinstance(one.parent, Attribute) else "" for one in reads]
    return any(name in COROUTINES[gives] - STARTING for name in used) and not any(
        name in STARTING for one, name in zip(reads, used, strict=True) if not is_given_back(one)
    )


# What starts it, or (no attribute) may do so elsewhere.
STARTING = frozenset({"", "start", "__aenter__", "__await__"})


def is_given_back(read: Name) -> bool:
    """`pool.release(connection)`, which starts nothing."""
    return isinstance(read.parent, Call) and read.parent.method == "release"


def found(file: SourceFile, call: Call, fate: Fate, confidence: Confidence, project: Project) -> Finding:
    """The finding with the `await` to insert."""
    assert call.receiver is not None  # noqa: S101 - asked by both callers
    value = project.known(call.receiver)
    name = call.func.text if "\n" not in call.func.text else f"….{call.method}"
    return file.finding(
        unawaited_session_call,
        call,
        f"`{name}()` of {value.label} is not awaited: {consequence(fate)}",
        confidence=confidence,
        remedy=awaited_call(name, call),
        evidence=(Evidence(label="receiver", value=value.label, source=value.why),) if value.why else (),
        edits=await_edits(call, safe=not is_within_begin(project, call)) if confidence > Confidence.LOW else (),
    )


def is_within_begin(project: Project, call: Call) -> bool:
    """Whether it ends a transaction that a `begin()` block around it ends as well, here or in a dependency: awaited, it
    makes what follows on the session fail."""
    function, session = call.function, call.receiver
    if call.method not in ("commit", "rollback") or function is None or session is None:
        return False
    here = any(one.session == session.text for one in begin_blocks(project, call))
    return here or block_of_dependency(project, function, session) is not None
