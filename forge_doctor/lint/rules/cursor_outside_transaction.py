"""A cursor is used outside of the transaction it needs.

Why: a cursor lives in a transaction of the server. asyncpg refuses one outside ("cursor cannot be created outside of a
transaction"), and one that leaves its `async with connection.transaction()` block is gone before its first row is read: the
rows are asked for only when it is walked over. What `session.stream()` of SQLAlchemy gives is such a cursor: a commit in the
loop over its rows ends it, and the next row raises.

Bad:

    import asyncpg

    async def export(dsn):
        connection = await asyncpg.connect(dsn)
        async for row in connection.cursor("SELECT * FROM visits"):
            print(row)
        await connection.close()

Good:

    import asyncpg

    async def export(dsn):
        connection = await asyncpg.connect(dsn)
        async with connection.transaction():
            async for row in connection.cursor("SELECT * FROM visits"):
                print(row)
        await connection.close()

Wrong when: the transaction was begun elsewhere: by who calls, or by `start()` further up. Only a connection that the same
function takes is judged, and any word of a transaction or of BEGIN in the function, or in one of the project that gives the
connection or is given it before, keeps the rule quiet; a cursor that is returned out of its block is told of any connection.
Of a commit in a loop: where it is followed by what leaves the loop, stands in a handler, or the project's engines are of
another server.

Source: https://magicstack.github.io/asyncpg/current/api/index.html#cursors; with asyncpg 0.32.0, and with SQLAlchemy 2.1 after
`commit()` or `rollback()` among three rows of `stream()`: "cursor cannot be created outside of a transaction"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.column_types import is_for_asyncpg
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import block_of
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    For,
    FunctionDef,
    Name,
    Node,
    Param,
    Return,
    With,
    WithItem,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.control_flow import is_in_handler
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.sessions.servers import is_other_than_postgresql
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, mentions
from forge_doctor.regex import regex

STREAMING = ("stream", "stream_scalars")
SUSPECT = AnyWord(b".cursor(", *(f".{one}(".encode() for one in STREAMING))
ENDING = words("commit rollback")
VIEWS = words("scalars mappings partitions unique tuples columns yield_per")
LEAVING = ("break_statement", "return_statement", "raise_statement")
STREAMED = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION})
LINE_DOES = ("queries",)
BEGUN = regex(rb"transaction|BEGIN|begin|\.start\(")


@check(severity=Severity.ERROR)
def cursor_outside_transaction(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every cursor of a connection of asyncpg."""
    for call in file.calls("cursor"):
        function, connection = call.function, call.receiver
        if function is None or connection is None or is_mocked(connection) or is_expected_to_fail(call):
            continue
        value = project.known(connection)
        known = value.kind is Kind.ASYNCPG_CONNECTION and value.confidence > Confidence.LOW
        if isinstance(call.parent, Return) and begins_around(call, connection) and not function.is_generator:
            yield left(file, call, value.confidence if known else Confidence.MEDIUM)
        elif known and is_taken_here(project, connection) and not says_of_transaction(function):
            sure = begun_by_nobody(project, function, call, connection)
            if sure is not None:
                yield outside(file, call, connection, min(sure, value.confidence))
    for call in file.calls(*STREAMING):
        value = UNKNOWN if call.receiver is None else project.known(call.receiver)
        if value.kind in STREAMED and value.confidence > Confidence.LOW and isinstance(call.parent, Await):
            ended = ended_on_the_way(project, call)
            if ended is not None and call.receiver is not None and not is_other_than_postgresql(project, call.receiver):
                yield ended_by(file, call, ended, value.confidence if is_for_asyncpg(project) else Confidence.MEDIUM)


def ended_on_the_way(project: Project, stream: Call) -> Call | None:
    """The first commit or rollback of the same session in a loop over the rows that goes on behind it."""
    function, session = stream.function, stream.receiver
    if function is None or session is None:
        return None
    for loop in function.find(For, nested=False):
        if not loop.is_async or not is_walked_by(project, loop, stream):
            continue
        for call in calls_between(function, loop.iter.end, loop.end):
            ends = call.method in ENDING and call.is_on(session.text) and isinstance(call.parent, Await)
            if ends and not is_in_handler(call) and not leaves_behind(call, loop):
                return call
    return None


def is_walked_by(project: Project, loop: For, stream: Call) -> bool:
    """Whether the loop walks over the rows: of the call itself, or of the one name that it was bound to, be it by way of
    `scalars()`, `mappings()` or `partitions()`."""
    walked = loop.iter
    if walked.contains(stream):
        return True
    while isinstance(walked, Call) and walked.receiver is not None and walked.method in VIEWS:
        walked = walked.receiver
    made = bound_once(project, walked) if isinstance(walked, Name) else None
    while isinstance(made, Call) and made.receiver is not None and made.method in VIEWS:
        made = made.receiver
    return isinstance(made, Await) and made.value is stream


def bound_once(project: Project, name: Name) -> Node | None:
    """What the only assignment that reaches a name gives it."""
    bound = project.scopes(name.file).lookup(name.text, name)
    bindings = () if bound is None else bound[1].reaching(name)
    node = bindings[0].node if len(bindings) == 1 else None
    return node.value if isinstance(node, Assign) else None


def leaves_behind(call: Call, loop: For) -> bool:
    """Whether one of the blocks around it, as far as the loop's own, ends by leaving the loop."""
    block = block_of(call.statement)
    while block is not None and block.start_byte > loop.start:
        if block.named_children and block.named_children[-1].type in LEAVING:
            return True
        block = block.parent
    return False


def begins_around(call: Call, connection: Node) -> bool:
    """Whether `async with connection.transaction()` of the same connection is around it."""
    for around in call.ancestors:
        if isinstance(around, FunctionDef):
            return False
        for item in around.items if isinstance(around, With) else ():
            opened = item.value
            if isinstance(opened, Call) and opened.method == "transaction" and opened.receiver is not None:
                return opened.receiver.text == connection.text
    return False


def is_taken_here(project: Project, connection: Node) -> bool:
    """Whether the function itself takes the connection: nobody else has begun anything on it."""
    if not isinstance(connection, Name):
        return False
    bound = project.scopes(connection.file).lookup(connection.text, connection)
    bindings = () if bound is None else bound[1].reaching(connection)
    return bool(bindings) and all(
        not isinstance(one.node, Param | Name) and one.node.function is connection.function for one in bindings
    )


def begun_by_nobody(project: Project, function: FunctionDef, cursor: Call, connection: Node) -> Confidence | None:
    """How sure it is that what gives the connection, and whoever is given it before, begins nothing; None where one of
    them has to do with a transaction."""
    sure = Confidence.HIGH
    for call in calls_between(function, function.start, cursor.start):
        if not mentions(call, connection.text) and not gives(call, connection):
            continue
        other = project.value_of(call.func).definition
        if isinstance(other, FunctionDef) and says_of_transaction(other):
            return None
        if not isinstance(other, FunctionDef) and mentions(call, connection.text):
            if isinstance(call.parent, WithItem):
                return None
            sure = Confidence.MEDIUM
    return sure


def gives(call: Call, connection: Node) -> bool:
    """Whether `async with call() as connection`, or an assignment, binds the name."""
    around = call.parent.parent if isinstance(call.parent, Await) else call.parent
    target = around.target if isinstance(around, Assign | WithItem) else None
    return target is not None and target.text == connection.text


def says_of_transaction(function: FunctionDef) -> bool:
    """Whether anything in the function has to do with a transaction."""
    return BEGUN.search(function.file.data[function.start : function.end]) is not None


def left(file: SourceFile, call: Call, confidence: Confidence) -> Finding:
    """The finding for a cursor that leaves its block."""
    return file.finding(
        cursor_outside_transaction,
        call,
        "the cursor leaves its transaction: `return` ends the block, and the first row that is asked for raises "
        "NoActiveSQLTransactionError",
        confidence=confidence,
        remedy="walk over it inside the block and `yield` the rows, or return `await connection.fetch(...)`",
    )


def ended_by(file: SourceFile, stream: Call, ended: Call, confidence: Confidence) -> Finding:
    """The finding where the transaction ends before the rows do."""
    return file.finding(
        cursor_outside_transaction,
        ended,
        f"`{ended.func.text}()` ends the transaction that the cursor of `{stream.func.text}()` (line {stream.line}) lives in: the "
        "next row that is asked for raises (asyncpg: cursor cannot be created outside of a transaction)",
        confidence=confidence,
        remedy=f"`await {ended.func.text}()` behind the loop, or write with a session of its own; few rows are read first, by "
        "`(await session.execute(...)).all()`",
    )


def outside(file: SourceFile, call: Call, connection: Node, confidence: Confidence) -> Finding:
    """The finding for a cursor without a transaction."""
    return file.finding(
        cursor_outside_transaction,
        call,
        f"`{call.func.text}()` needs a transaction, and nothing in this function begins one on `{connection.text}`: "
        "NoActiveSQLTransactionError (cursor cannot be created outside of a transaction)",
        confidence=confidence,
        remedy=f"async with {connection.text}.transaction(): ... around it, or `await {connection.text}.fetch(...)`",
    )
