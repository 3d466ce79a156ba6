"""A cursor of asyncpg is used outside of the transaction it needs.

Why: a cursor lives in a transaction of the server. asyncpg refuses one outside ("cursor cannot be created outside of a
transaction"), and one that leaves its `async with connection.transaction()` block is gone before its first row is read: the
rows are asked for only when it is walked over.

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

Source: https://magicstack.github.io/asyncpg/current/api/index.html#cursors; with asyncpg 0.32.0:
"cursor cannot be created outside of a transaction"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Name, Node, Param, Return, With, WithItem
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, mentions
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"\.cursor\(", b".cursor(")
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
