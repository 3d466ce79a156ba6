"""A listener is added to a connection that goes back to its pool at once, and hears nothing.

Why: asyncpg's pool takes the listeners off a connection that is released, with a warning ("is being released to the pool but
has 1 active notification listener") and nothing more. `add_listener()` at the end of an `acquire()` block listens until that
block is left: no notification ever arrives.

Bad:

    import asyncpg

    async def subscribe(pool: asyncpg.Pool, heard):
        async with pool.acquire() as connection:
            await connection.add_listener("orders", heard)

Good:

    import asyncpg

    async def subscribe(dsn: str, heard):
        connection = await asyncpg.connect(dsn)
        await connection.add_listener("orders", heard)
        return connection

Wrong when: the block stays open behind it. Anything that waits, loops or yields there keeps this rule silent, as does a
connection that leaves the block.

Source: https://magicstack.github.io/asyncpg/current/api/index.html (Connection.add_listener); MagicStack/asyncpg#189;
tried with asyncpg 0.32 and PostgreSQL 15: a NOTIFY behind the block called nothing
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Await, Call, For, Name, Node, While, With
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.connections.acquired_blocks import acquired, is_all_done
from forge_doctor.lint.dataflow.sessions.transactions import is_awaited

SUSPECT = AnyCall("add_listener")
ADDING = ("add_listener", "add_log_listener", "execute")
LINE_DOES = ("holds",)


@check(severity=Severity.ERROR)
def listener_on_pooled_connection(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the listeners that are added inside of an `acquire()` block."""
    for call in () if is_test_file(file) else file.calls("add_listener"):
        connection = call.receiver
        block = acquired(project, connection) if isinstance(connection, Name) and is_awaited(call) else None
        if isinstance(connection, Name) and block is not None and is_left_at_once(block, call, connection.text):
            yield file.finding(
                listener_on_pooled_connection,
                call,
                f"the block of line {block.line} gives `{connection.text}` back to its pool right behind "
                "`add_listener()`, and the pool takes the listener off: no notification ever arrives",
                confidence=Confidence.HIGH,
                remedy="a connection of its own (`asyncpg.connect()`) that is kept for as long as it listens",
            )


def is_left_at_once(block: With, call: Call, connection: str) -> bool:
    """Whether nothing behind the call keeps the block open."""
    behind = (one for kind in (Await, For, While) for one in block.find(kind, nested=False) if one.end > call.end)
    stays = (one for one in behind if not is_of(one, connection) and not one.contains(call))
    is_in_loop = any(isinstance(one, While) and block.contains(one) for one in call.ancestors)
    return not is_in_loop and not any(stays) and is_all_done(block, call, connection, ADDING)


def is_of(node: Node, connection: str) -> bool:
    """Whether it waits for the connection itself."""
    return isinstance(node, Await) and isinstance(node.value, Call) and node.value.is_on(connection)
