"""A codec is registered on one connection of a pool, and the others do not have it.

Why: asyncpg keeps codecs by connection. `set_type_codec()` in an `acquire()` block teaches the one connection that the pool
happened to give; a query on any other fails ("expected str, got dict") or returns text in the place of the value, and which
one it gets is chance. The pool's `init=` runs for every new connection.

Bad:

    import asyncpg
    from pgvector.asyncpg import register_vector

    async def start():
        pool = await asyncpg.create_pool("postgresql://localhost/shop")
        async with pool.acquire() as connection:
            await register_vector(connection)
        return pool

Good:

    import asyncpg
    from pgvector.asyncpg import register_vector

    async def start():
        return await asyncpg.create_pool("postgresql://localhost/shop", init=register_vector)

Wrong when: the pool has one connection, or the block goes on to query with it, as code does that registers at each acquire.
Both are looked for, and whether the connection leaves the block.

Source: https://magicstack.github.io/asyncpg/current/usage.html#type-conversion;
https://magicstack.github.io/asyncpg/current/api/index.html (create_pool: init); coleam00/Archon#915;
tried with asyncpg 0.32 and PostgreSQL 18: of two connections the other raised DataError "expected str, got dict"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Name
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.connections.acquired_blocks import acquired, is_all_done
from forge_doctor.lint.dataflow.sessions.transactions import is_awaited
from forge_doctor.regex import regex

CODECS = ("set_type_codec", "set_builtin_type_codec")
SUSPECT = AnyWord(b"set_type_codec", b"set_builtin_type_codec", b"register_vector")
ONE_CONNECTION = regex(rb"max_size\s*=\s*1\b")
LINE_DOES = ("holds",)


@check(severity=Severity.WARNING)
def codec_of_one_connection(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the codecs that are registered inside of an `acquire()` block."""
    if is_test_file(file) or ONE_CONNECTION.search(file.data) is not None:
        return
    for call in file.calls(*CODECS, "register_vector"):
        connection = taught(project, call)
        block = None if connection is None else acquired(project, connection)
        if connection is not None and block is not None and is_all_done(block, call, connection.text, CODECS):
            yield file.finding(
                codec_of_one_connection,
                call,
                f"`{call.func.text}()` teaches one connection of the pool a codec, and the block gives it back: the pool's other "
                "connections do not have it, so a query fails or not by the connection it gets",
                confidence=Confidence.HIGH,
                remedy="asyncpg.create_pool(..., init=...): a function that registers it on each new connection",
            )
            return


def taught(project: Project, call: Call) -> Name | None:
    """The connection that learns a codec: `connection.set_type_codec(...)`, `register_vector(connection)`."""
    if call.method in CODECS:
        given = call.receiver
    else:
        is_pgvector = project.qualified(call.func) == "pgvector.asyncpg.register_vector"
        given = call.args[0] if is_pgvector and len(call.args) == 1 else None
    return given if isinstance(given, Name) and is_awaited(call) else None
