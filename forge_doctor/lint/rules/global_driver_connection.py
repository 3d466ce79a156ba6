"""One connection of the driver is made once and used by everything that runs.

Why: `asyncpg.connect()` gives one conversation with the server. Two requests that use it at the same time fail with "cannot
perform operation: another operation is in progress", or stand in each other's transaction; when the server closes it, every
request fails until the process starts again. A statement prepared on it belongs to it and fails the same way.

Bad:

    import asyncpg
    from fastapi import FastAPI

    app = FastAPI()

    @app.on_event("startup")
    async def startup():
        app.state.db = await asyncpg.connect("postgresql://localhost/shop")

Good:

    import asyncpg
    from fastapi import FastAPI

    app = FastAPI()

    @app.on_event("startup")
    async def startup():
        app.state.db = await asyncpg.create_pool("postgresql://localhost/shop")

Wrong when: only one task at a time uses the connection. A script that `asyncio.run` starts, a file with a lock, one that
listens (`add_listener`) or holds advisory locks on its own connection are left alone; so are tests.

Source: https://magicstack.github.io/asyncpg/current/usage.html#connection-pools; MagicStack/asyncpg#56 (2017-12)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, ClassDef, Name
from forge_doctor.code.syntax.prefilter import AnyWord, Both, Either, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.sessions.creation import Made
from forge_doctor.lint.dataflow.sessions.transactions import opened_by
from forge_doctor.lint.rules.global_session import is_of_application, where_shared
from forge_doctor.regex import regex

SUSPECT = Either(
    Both(AnyWord(b"asyncpg"), WordsThen(rb"=\s*await\s+[\w.]*connect\s*\(", b"connect")),
    WordsThen(rb"\bapp(?:lication)?\.(?:state|ctx)\.\w{1,60}\s*=\s*\w{0,40}conn\w{0,40}\s*[#\r\n]", b"conn"),
)
DRIVERS = (Kind.ASYNCPG_CONNECTION, Kind.PSYCOPG_CONNECTION)
LINE_DOES = ("opens", "holds")
# One task alone uses such a connection, or one after the other.
ALONE = regex(rb"add_listener|\bLISTEN\b|advisory|\bLock\(|asyncio\.run\(|run_until_complete\(|__main__")


@check(severity=Severity.ERROR)
def global_driver_connection(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at where every connection is kept that a driver's `connect()` gives."""
    if is_test_file(file) or runs_once(file) or ALONE.search(file.data) is not None:
        return
    for call in file.calls("connect", awaited=True):
        value = project.value_of(call)
        awaited = call.parent
        if value.inner.kind is not Kind.ASYNCPG_CONNECTION or not isinstance(awaited, Await) or is_mocked(call.func):
            continue
        made = Made(node=awaited, call=call, confidence=Confidence.MEDIUM, why="connect()")
        where = where_shared(project, made) or kept_by_single_object(file, awaited)
        if where:
            yield found(file, call, where)
    yield from entered_and_kept(file, project)


def entered_and_kept(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`app.state.conn = conn` in the block that takes the connection from a pool, for the life of the application."""
    for assign in (one for many in project.scopes(file).attribute_assignments.values() for one in many):
        target, given = assign.target, assign.value
        if not isinstance(target, Attribute) or not isinstance(given, Name) or not is_of_application(target):
            continue
        value = project.value_of(given)
        if value.kind in DRIVERS and value.confidence > Confidence.LOW and opened_by(given) is not None:
            yield found(file, assign, f"kept in `{target.value.text}` for the life of the application")


def kept_by_single_object(file: SourceFile, awaited: Await) -> str:
    """Where a class keeps it of which the file makes one object when it is imported; empty where it does not."""
    assign, class_ = awaited.parent, awaited.class_
    if not isinstance(assign, Assign) or not isinstance(assign.target, Attribute) or not isinstance(class_, ClassDef):
        return ""
    made = re.compile(rb"^(\w+)\s*(?::[^=\n]*)?=\s*" + re.escape(class_.name).encode() + rb"\(", re.MULTILINE)
    single = made.search(file.data)
    own = isinstance(assign.target.value, Name) and assign.target.value.text in ("self", "cls")
    return f"kept by `{single.group(1).decode()}`, made once when the module is imported" if own and single else ""


def found(file: SourceFile, call: Call | Assign, where: str) -> Finding:
    """The finding, at the call that makes it or where it is kept."""
    return file.finding(
        global_driver_connection,
        call,
        f'this connection is {where}: requests and tasks that run at the same time fail on it with "another operation is '
        'in progress", and all of them once it is lost',
        confidence=Confidence.MEDIUM,
        remedy="keep a pool there (asyncpg's `create_pool()`, psycopg's `AsyncConnectionPool`), and take a connection in each "
        "request: `async with pool.acquire() as connection:` (psycopg: `pool.connection()`)",
    )
