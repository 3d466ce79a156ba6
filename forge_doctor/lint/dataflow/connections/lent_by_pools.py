"""The blocks in which a driver's pool lends a connection, and what is waited for in one that has nothing to do with it: asyncpg's
`pool.acquire()`, psycopg's `pool.connection()`. Says nothing of sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.literals import alias_of, followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Await, Call, Name, Node, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.connection_use import Waited
from forge_doctor.lint.dataflow.connections.held_connections import waited_inside
from forge_doctor.lint.dataflow.connections.open_transactions import begun_by_driver
from forge_doctor.lint.dataflow.control_flow import is_in_handler, within_function
from forge_doctor.lint.dataflow.sessions.transactions import BeginBlock, begin_blocks, calls_between, is_handed
from forge_doctor.lint.dataflow.waits import wait_of

LENDING = {"acquire": Kind.ASYNCPG_CONNECTION, "connection": Kind.PSYCOPG_CONNECTION}
QUERYING = COROUTINES[Kind.ASYNCPG_CONNECTION] - {"close", "reset"} | {"execute"}
# What is held on purpose for as long as the connection is.
KEPT_FOR = (b"advisory", b"add_listener", b"LISTEN", b"listen", b"notifies")
FAR_AWAY = ("an answer", "a language model")
AUTOCOMMIT = b"autocommit"


class Lent(NamedTuple):
    """A block with a connection of a pool: how the code inside writes it, and the query that has used it first."""

    block: With
    opener: Call
    connection: str
    query: Call


class WaitedInBlock(NamedTuple):
    """What is waited for in one."""

    lent: Lent
    waited: Waited


def lent_blocks(file: SourceFile, project: Project) -> Iterator[Lent]:
    """The blocks of a file in which a pool's connection has queried."""
    for opener in file.calls(*LENDING) if file.mentions(*(f".{one}(".encode() for one in LENDING)) else ():
        item = opener.parent
        block = item.enclosing(With) if isinstance(item, WithItem) else None
        if isinstance(block, With) and isinstance(item, WithItem) and (found := _lent(project, block, item, opener)):
            yield found


def _lent(project: Project, block: With, item: WithItem, opener: Call) -> Lent | None:
    function = opener.function
    if not block.is_async or not isinstance(item.target, Name) or function is None:
        return None
    value = project.entered(project.value_of(opener))
    if value.kind is not LENDING[opener.method] or value.confidence is Confidence.LOW:
        return None
    names = {item.target.text, *cursors(block, item.target.text)}
    for call in calls_between(function, item.end, block.end):
        is_own = call.receiver is not None and call.receiver.text in names
        if is_own and call.method in QUERYING and isinstance(call.parent, Await | WithItem):
            return Lent(block, opener, item.target.text, call)
    return None


def cursors(block: With, connection: str) -> Iterator[str]:
    """The cursors of the connection that a block enters: `async with connection.cursor() as cursor`."""
    for item in block.find(WithItem, nested=False):
        made = item.value
        if isinstance(made, Call) and made.method == "cursor" and made.is_on(connection) and item.target is not None:
            yield item.target.text


def waited_in_blocks(file: SourceFile, project: Project) -> Iterator[WaitedInBlock]:
    """The first wait for another service in each block of which no transaction is told."""
    for lent in lent_blocks(file, project):
        text = file.data[lent.block.start : lent.block.end]
        waited = None if any(word in text for word in KEPT_FOR) else _waited(project, lent)
        if waited is not None:
            yield WaitedInBlock(lent, waited)


def _waited(project: Project, lent: Lent) -> Waited | None:
    function = lent.opener.function
    if function is None:
        return None
    for call in calls_between(function, lent.query.end, lent.block.end):
        if is_in_handler(call) or not always_before(lent.query, call) or call.is_on(lent.connection):
            continue
        wait = wait_of(project, call)
        waited = waited_inside(project, call, ()) if wait is None else Waited(call, call, wait)
        if waited is None or waited.wait.confidence is Confidence.LOW or not waited.wait.what.startswith(FAR_AWAY):
            continue
        # Whoever got the connection may have done with it what it is for.
        if is_handed(function, lent.connection, lent.query.end, call.end) or is_in_transaction(project, call):
            return None
        return waited
    return None


def is_in_transaction(project: Project, call: Call) -> bool:
    """Whether a transaction is open there, which says more than a connection that is held."""
    begun = next(begin_blocks(project, call), None) or begun_by_driver(project, call) or begun_by_pool(project, call)
    return begun is not None


def begun_by_pool(project: Project, place: Node) -> BeginBlock | None:
    """The block of psycopg's `async with pool.connection() as connection:` around a place, behind its first statement: that
    began a transaction, which the end of the block commits. Not where the pool may be one of autocommit."""
    around = (one for one in within_function(place) if isinstance(one, With) and one.is_async)
    for statement in around if place.file.mentions(b".connection(") else ():
        for item in statement.items:
            opener = item.value
            if not isinstance(opener, Call) or opener.method != "connection" or not item.end < place.start:
                continue
            lent = _lent(project, statement, item, opener)
            if lent is not None and always_before(lent.query, place) and not may_autocommit(project, opener):
                return BeginBlock(statement, lent.connection, lent.query, Confidence.MEDIUM, is_nested=False)
    return None


def may_autocommit(project: Project, opener: Call) -> bool:
    """Whether the pool's connections may commit each statement: said where the pool is made or used, or it is made out of
    sight."""
    pool = opener.receiver
    if pool is None or AUTOCOMMIT in opener.file.data:
        return True
    made = alias_of(project, pool) or followed(project, pool)
    if not isinstance(made, Call):
        kept = kept_in(project, pool)
        if kept is None:
            return True
        made = kept
    return any(not one.name or AUTOCOMMIT.decode() in one.text for one in made.keywords)


def kept_in(project: Project, pool: Node) -> Call | None:
    """The call that makes what `self.pool` is, where that is the only one."""
    owner, name = pool.class_, pool.text.rpartition(".")[2]
    assigns = project.scopes(pool.file).attribute_assignments.get(name, [])
    made = [one.value for one in assigns if one.class_ is owner and isinstance(one.value, Call)]
    return made[0] if len(made) == 1 else None
