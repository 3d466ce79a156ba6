"""A connection of asyncpg is taken and never given back.

Why: `await pool.acquire()` without `release()` keeps the connection out of the pool until the pool is closed: after
`max_size` calls every `acquire()` waits for ever. `await asyncpg.connect()` without `close()` leaves a session on the server
until the object is collected.

Bad:

    import asyncpg

    async def names(pool: asyncpg.Pool):
        connection = await pool.acquire()
        return await connection.fetch("SELECT name FROM users")

Good:

    import asyncpg

    async def names(pool: asyncpg.Pool):
        async with pool.acquire() as connection:
            return await connection.fetch("SELECT name FROM users")

Wrong when: somebody else gives it back: a connection that is handed on, returned, yielded or stored is left alone.
Source: https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.pool.Pool.acquire
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Name
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.sessions.transactions import is_handed
from forge_doctor.regex import regex

SUSPECT = regex(rb"await\s+[\w.]+\.(?:acquire|connect)\s*\(")


@check(severity=Severity.ERROR)
def driver_connection_not_released(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every connection that is taken by `await` and bound to a name."""
    if is_test_file(file):
        return
    for call in file.calls("acquire", "connect", awaited=True):
        around = call.parent
        bound = around.parent if isinstance(around, Await) else None
        if not isinstance(bound, Assign) or not isinstance(bound.target, Name) or bound.function is None:
            continue
        if is_taken(project, call) and not is_given_back(bound.function, bound.target.id, bound.end):
            yield found(file, call, bound.target.id)


def is_taken(project: Project, call: Call) -> bool:
    """Whether it surely is a pool's `acquire()` or asyncpg's `connect()`."""
    if call.method == "connect":
        return project.qualified(call.func) == "asyncpg.connect"
    value = project.known(call.receiver) if call.receiver is not None else None
    return value is not None and value.kind is Kind.ASYNCPG_POOL and value.confidence is Confidence.HIGH


def is_given_back(function: FunctionDef, name: str, start: int) -> bool:
    """Whether the function releases, closes or hands on the connection."""
    if is_handed(function, name, start, function.end):
        return True
    ends = rb"\b" + re.escape(name).encode() + rb"\s*\.\s*(?:close|terminate)\b|\brelease\b"
    return re.search(ends, function.file.data[start : function.end]) is not None


def found(file: SourceFile, call: Call, name: str) -> Finding:
    """The finding where the connection is taken."""
    pooled = call.method == "acquire"
    lost = "stays out of the pool: once all are, every acquire() waits" if pooled else "stays open on the server"
    with_pool = f"async with {call.func.text}() as {name}:"
    return file.finding(
        driver_connection_not_released,
        call,
        f"`{name}` is never {'released' if pooled else 'closed'}: the connection {lost}",
        confidence=Confidence.HIGH,
        remedy=with_pool if pooled else f"try: ... finally: await {name}.close()",
    )
