"""A session or connection is used after the block that closed it.

Why: `async with Session() as session:` closes the session at its end and rolls back what was not committed. The name
stays, and nothing raises: a `commit()` behind the block commits nothing, any other statement begins a new transaction
on a connection that nobody gives back, `refresh()` fails with "not persistent within this Session". A connection used
after its block fails with "This Connection is closed", one of asyncpg with "connection has been released back to the
pool".

Bad:

    from sqlalchemy import delete
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def forget(factory: async_sessionmaker, Token, value):
        async with factory() as session:
            await session.execute(delete(Token).where(Token.value == value))
        await session.commit()

Good:

    from sqlalchemy import delete
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def forget(factory: async_sessionmaker, Token, value):
        async with factory() as session:
            await session.execute(delete(Token).where(Token.value == value))
            await session.commit()

Wrong when: the name holds another session by then, or the block does not close what it gives. Told is only a name of
the function itself that nothing but the block can have bound where it is used; a manager of the project is trusted
less. A rollback or close behind the block changes nothing and is left alone; so are a query that is built and not run,
a use that another close of the same function follows, and a commit where the block itself commits at its end.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session;
sqlalchemy/sqlalchemy#6523 (commit after the block raises nothing)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import end_of_chain
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    Lambda,
    Name,
    Return,
    With,
    WithItem,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.code.syntax.text.called_names import BLANKS, LOOK_BACK
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.objects.dynamic_collections import query_run
from forge_doctor.lint.dataflow.sessions.commits_at_exit import commits_at_exit
from forge_doctor.lint.dataflow.sessions.factories import factory_of
from forge_doctor.lint.dataflow.use_def import few_reads_of
from forge_doctor.regex import regex

SUSPECT = regex(rb"with(?<!\wwith)\s[^\n]{0,400}\bas\s+\w")
HARMLESS = words("rollback close aclose close_all reset expunge expunge_all invalidate remove terminate is_closed")
CLOSING = words("close aclose remove")
SESSIONS = (Kind.ASYNC_SESSION, Kind.SESSION)
OF_SESSION = COROUTINES[Kind.ASYNC_SESSION] | words("add add_all begin begin_nested query")
OF_CONNECTION = COROUTINES[Kind.ASYNC_CONNECTION] | {"begin", "begin_nested"}
OF_DRIVER = COROUTINES[Kind.ASYNCPG_CONNECTION] | {"transaction", "cursor"}
USED = {
    Kind.ASYNC_SESSION: OF_SESSION,
    Kind.SESSION: OF_SESSION,
    Kind.ASYNC_CONNECTION: OF_CONNECTION,
    Kind.CONNECTION: OF_CONNECTION,
    Kind.ASYNCPG_CONNECTION: OF_DRIVER,
}
METHODS = frozenset(name for methods in USED.values() for name in methods)
BOUND = regex(rb"as(?<!\was)[\s\\]+([\w\x80-\xff]+)")
LAST_NAME = regex(rb"[\w\x80-\xff]{1,100}\Z")


@check(severity=Severity.ERROR)
def session_used_after_block(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every name that a `with` gives a session or connection made there."""
    for statement in file.query(With) if may_be_used(file) else ():
        function = statement.function
        for item in statement.items:
            name = item.target
            if function is None or not isinstance(name, Name) or not is_read_behind(function, statement, name):
                continue
            value = lent(project, item)
            use = None if value is None else used_behind(project, statement, item, name, value)
            if value is not None and use is not None:
                yield found(file, use, statement, value)
            given = None if value is None or is_test_file(file) else given_out(statement, name)
            if value is not None and given is not None:
                yield found_given(file, given, statement, name, value)


def may_be_used(file: SourceFile) -> bool:
    """Cheap: whether anything that stands behind an `as` has such a method called on it, or is returned by what is no
    test."""
    names = {one[1] for one in BOUND.finditer(file.data)}
    if not is_test_file(file) and any(b"return " + one in file.data for one in names):
        return True
    found = (one for word in METHODS & file.names_called for one in re.finditer(word.encode(), file.data))
    return any(receiver_before(file.data, one.start()) in names for one in found)


def receiver_before(data: bytes, offset: int) -> bytes:
    """The name of which what stands at an offset is read; empty where it is read of none."""
    before = data[max(0, offset - LOOK_BACK) : offset].rstrip(BLANKS)
    name = LAST_NAME.search(before[:-1].rstrip(BLANKS)) if before.endswith(b".") else None
    return name[0] if name is not None else b""


def is_read_behind(function: FunctionDef, statement: With, name: Name) -> bool:
    """Whether the bytes behind the block have the name with a dot, or those of the block return it."""
    word, data = name.text.encode(), function.file.data
    return data.find(word + b".", statement.end, function.end) >= 0 or (
        data.find(b"return " + word, statement.start, statement.end) >= 0
    )


def lent(project: Project, item: WithItem) -> Value | None:
    """What the block gives, if it made that itself and closes it."""
    if not isinstance(item.value, Call) or item.target is None:
        return None
    value = project.value_of(item.target)
    if value.kind not in USED or value.definition is not None or is_kept_open(project, item.value):
        return None
    made = project.value_of(item.value).kind in (*SESSIONS, Kind.STARTABLE, Kind.ASYNC_CONTEXT, Kind.CONTEXT)
    of_project = project.called(item.value) is not None
    return value.at_most(Confidence.MEDIUM if of_project else Confidence.HIGH) if made else None


def used_behind(project: Project, statement: With, item: WithItem, name: Name, value: Value) -> Call | None:
    """The first use behind the block that nothing but the block can have bound."""
    for read in few_reads_of(project, name, item) or ():
        around = read.parent
        call = around.parent if isinstance(around, Attribute) else None
        if read.start < statement.end or not isinstance(call, Call) or call.func is not around:
            continue
        if read.function is not statement.function or call.method in HARMLESS or call.method not in USED[value.kind]:
            continue
        # What a lambda reads is what the name holds when it is called.
        if (
            read.enclosing(Lambda) is not None
            or is_closed_again(call, value)
            or is_entered_again(call)
            or not is_statement(project, call)
        ):
            continue
        bound = project.scopes(read.file).lookup(read.text, read)
        if bound is not None and len(bound[1].reaching(read)) == 1 and not is_idle(project, call, item, value):
            return call
    return None


def is_closed_again(call: Call, value: Value) -> bool:
    """Whether the same function closes the session once more behind the use: the connection goes back there."""
    function, receiver = call.function, call.receiver
    if value.kind not in SESSIONS or function is None or receiver is None or call.method == "commit":
        return False
    closing = (one for one in function.find(Call, nested=False) if one.start > call.end and one.method in CLOSING)
    return any(one.is_on(receiver.text) for one in closing)


def is_statement(project: Project, call: Call) -> bool:
    """Whether the use sends something, or makes the next flush do so: a query that is built and not run does not, and of
    `run_sync` only what is seen to be given a function of the project or a method."""
    if call.method == "query" and isinstance(call.func, Attribute):
        return query_run(call.func) is not None or is_run_by_name(project, call)
    if call.method == "run_sync" and call.args:
        given = call.args[0]
        of_library = project.qualified(given).startswith("sqlalchemy.")
        return not isinstance(given, Name) or (
            not of_library and isinstance(project.value_of(given).definition, FunctionDef)
        )
    return True


def is_run_by_name(project: Project, call: Call) -> bool:
    """Whether it is `q = session.query(...)`, and something runs `q`."""
    whole = end_of_chain(call)
    assign = whole.parent
    if not isinstance(assign, Assign) or not isinstance(assign.target, Name):
        return False
    reads = few_reads_of(project, assign.target, assign) or ()
    return any(query_run(one) is not None for one in reads)


def is_filled_before(item: WithItem, use: Call) -> bool:
    """Whether the function adds to the session between the block and its use: the close let go of all that was in it."""
    function, name, block = use.function, "" if use.receiver is None else use.receiver.text, item.enclosing(With)
    if function is None or block is None:
        return True
    between = (one for one in function.find(Call, nested=False) if block.end <= one.start < use.start)
    return any(one.is_on(name) or any(given.text == name for given in one.args) for one in between)


def is_idle(project: Project, use: Call, item: WithItem, value: Value) -> bool:
    """Whether the session does nothing there: a commit behind a block that has committed all there was, a flush of a session
    that the close has emptied."""
    if value.kind not in SESSIONS or (use.method == "flush" and not is_filled_before(item, use)):
        return value.kind in SESSIONS
    if use.method != "commit":
        return False
    begun = isinstance(item.value, Call) and item.value.method == "begin"
    return begun or commits_at_exit(project, item.value)


def is_entered_again(call: Call) -> bool:
    """Whether it stands in a block that the session itself opens, and that gives its connection back: `async with session:`."""
    name = "" if call.receiver is None else call.receiver.text
    around = (one for one in within_function(call) if isinstance(one, With))
    return call.method != "commit" and any(item.value.text == name for one in around for item in one.items)


def is_kept_open(project: Project, call: Call) -> bool:
    """Whether the class of the session, which its factory names, is left in another way: an `__aexit__` of the project."""
    maker = factory_of(project, call)
    class_ = maker.keyword("class_") if isinstance(maker, Call) else None
    own = None if class_ is None else project.value_of(class_).inner.definition
    return isinstance(own, ClassDef) and project.method(own, "__aexit__") is not None


def given_out(statement: With, name: Name) -> Return | None:
    """`return session` inside the block."""
    returns = statement.find(Return, nested=False)
    return next((one for one in returns if isinstance(one.value, Name) and one.value.text == name.text), None)


def found_given(file: SourceFile, given: Return, statement: With, name: Name, value: Value) -> Finding:
    """The finding, at the `return`."""
    return file.finding(
        session_used_after_block,
        given,
        f"`{name.text}` is returned out of the block of line {statement.line}, which closes it first: "
        f"{consequence('', value.kind)}",
        confidence=value.confidence,
        remedy=f"yield it from an `@asynccontextmanager` (`yield {name.text}`), and enter that where it is used",
    )


def found(file: SourceFile, use: Call, statement: With, value: Value) -> Finding:
    """The finding, at the use."""
    return file.finding(
        session_used_after_block,
        use,
        f"`{use.func.text}()` comes after the block of line {statement.line}, which has closed "
        f"`{use.receiver.text if use.receiver else ''}`: {consequence(use.method, value.kind)}",
        confidence=value.confidence,
        remedy="move it into the block",
        related=(Related(message="the block", location=file.span(statement.start, statement.items[0].end)),),
    )


def consequence(method: str, kind: Kind) -> str:
    """What happens at run time."""
    if kind is Kind.ASYNCPG_CONNECTION:
        return "asyncpg refuses a connection that is back in its pool"
    if kind not in SESSIONS:
        return '"This Connection is closed"'
    if method == "commit":
        return "it commits nothing, and what the block did not commit has been rolled back"
    if method == "refresh":
        return 'the object is not in the session any more: "not persistent within this Session"'
    return "its next statement begins a transaction on a connection that nothing gives back"
