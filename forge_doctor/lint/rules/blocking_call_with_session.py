"""A call that blocks the event loop is made while a session or connection is open.

Why: `time.sleep`, `requests` and `subprocess.run` stop the whole event loop, and the connection
stays taken from the pool meanwhile. Other requests neither run nor get that connection, and no
timeout of asyncio can end the wait.

Bad:

    import time
    from sqlalchemy.ext.asyncio import AsyncSession

    async def settle(db: AsyncSession, order):
        await db.refresh(order)
        time.sleep(1)

Good:

    import asyncio
    from sqlalchemy.ext.asyncio import AsyncSession

    async def settle(db: AsyncSession, order):
        await db.commit()
        await asyncio.sleep(1)
        await db.refresh(order)

Source: https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.functions import param_value
from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.matched_calls import matched_calls
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node, Param, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.sessions.transactions import calls_between
from forge_doctor.regex import regex

INSTEAD = {
    "time.sleep": "await asyncio.sleep(...)",
    "urllib.request.urlopen": "await asyncio.to_thread(urllib.request.urlopen, ...)",
    **{
        f"subprocess.{name}": "await asyncio.create_subprocess_exec(...)"
        for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
    },
    **{
        f"{library}.{name}": "await httpx.AsyncClient().request(...)"
        for library in ("requests", "httpx")
        for name in ("get", "post", "put", "patch", "delete", "head", "options", "request")
    },
}
# What keeps the processor busy on purpose, for a quarter of a second or so.
HASHES = {
    name: f"await asyncio.to_thread({name}, ...)"
    for name in ("bcrypt.hashpw", "bcrypt.checkpw", "bcrypt.kdf", "hashlib.scrypt", "hashlib.pbkdf2_hmac")
}  # fmt: skip
# By the module's name, or alone where the name itself tells.
CALLED = regex(
    rb"\b(?:(?:requests|httpx)\s*\.\s*(?:get|post|put|patch|delete|head|options|request)"
    rb"|bcrypt\s*\.\s*(?:hashpw|checkpw|kdf)|hashlib\s*\.\s*(?:scrypt|pbkdf2_hmac)"
    rb"|subprocess\s*\.\s*(?:run|call|check_call|check_output|getoutput|getstatusoutput)"
    rb"|sleep|urlopen|check_call|check_output|getoutput|getstatusoutput)\s*\("
)
# By the import, which begins with a fixed word: that is the fastest search.
SUSPECT = regex(
    rb"import[\w., (]{0,300}?\b(?:time|requests|httpx|subprocess|urllib|sleep|urlopen|check_call|check_output"
    rb"|getoutput|getstatusoutput|bcrypt|hashlib)\b"
)
HOLDERS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.SESSION, Kind.CONNECTION})
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION})
CONNECTIONS = frozenset({Kind.ASYNC_CONNECTION, Kind.ASYNC_TRANSACTION, Kind.CONNECTION})
# A `begin()` takes none: the first statement does.
QUERYING = words("connection execute exec flush get get_one merge refresh scalar scalars stream stream_scalars query")
CLOSING = words("close aclose")
ENDING = words("commit rollback") | CLOSING


class Open(NamedTuple):
    """A session that is open where the call stands: since which node, as what name."""

    name: str
    value: Value
    since: Node


@check(severity=Severity.WARNING)
def blocking_call_with_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the calls known to block, right in an `async def`."""
    if is_test_file(file) or runs_once(file):
        return
    for call in matched_calls(file, CALLED):
        function = call.function
        name = project.qualified(call.func)
        instead = INSTEAD.get(name) or HASHES.get(name)
        if function is None or not function.is_async or call.owner is not function:
            continue
        held = None if instead is None else open_at(call, function, project)
        if instead is not None and held is not None and not is_closed(held, call):
            yield found(file, call, held, instead, Confidence.LOW if name in HASHES else Confidence.MEDIUM)


def open_at(call: Call, function: FunctionDef, project: Project) -> Open | None:
    """The session of the innermost block around the call, else the first that the function is given."""
    for around in call.ancestors:
        if around is function:
            break
        if isinstance(around, With):
            for item in around.items:
                begun = begun_session(project, item.value)
                if begun is not None:
                    return Open(name=begun.text, value=project.known(begun), since=function)
                value = project.entered(project.value_of(item.value))
                if (value.kind in HOLDERS | CONNECTIONS) and value.confidence > Confidence.LOW:
                    return Open(name=item.target.text if item.target is not None else "", value=value, since=around)
    for param in function.params:
        if isinstance(param, Param) and not param.is_spread:
            value = param_value(project, param)
            if value.kind in HOLDERS and value.confidence > Confidence.LOW:
                return Open(name=param.name, value=value, since=function)
    return None


def begun_session(project: Project, opener: Node) -> Node | None:
    """The session whose `begin()` a block enters, which has no connection before its first statement; a savepoint has none either."""
    receiver = opener.receiver if isinstance(opener, Call) and opener.method in ("begin", "begin_nested") else None
    return receiver if receiver is not None and project.known(receiver).kind in SESSIONS else None


def calls_on(held: Open, call: Call) -> list[Call]:
    """What has been called on the session before, the last first."""
    around = call.function
    before = [] if around is None else calls_between(around, held.since.start, call.start)
    return [one for one in before if one.is_on(held.name)][::-1]


def is_closed(held: Open, call: Call) -> bool:
    """Whether the session has been closed by then, and not used since."""
    last = next(iter(calls_on(held, call)), None)
    return last is not None and last.method in CLOSING and always_before(last, call)


def is_connected(held: Open, call: Call) -> bool:
    """Whether the session has surely taken a connection by then: a query before the call, and no commit after it."""
    if held.value.kind in CONNECTIONS:
        return True
    for one in calls_on(held, call):
        if one.method in ENDING:
            return False
        if one.method in QUERYING and always_before(one, call):
            return True
    return False


def found(file: SourceFile, call: Call, held: Open, instead: str, unconnected: Confidence) -> Finding:
    """Sure where the connection is known to be taken."""
    connected = is_connected(held, call)
    name = f"`{held.name}`" if held.name else held.value.label
    state = "holds a connection" if connected else "is open"
    return file.finding(
        blocking_call_with_session,
        call,
        f"`{call.func.text}()` blocks the event loop while {name} {state}: no other request runs until it returns",
        confidence=Confidence.HIGH if connected else unconnected,
        remedy=f"{instead}, before the session is opened or after it is committed",
        evidence=(Evidence(label="session", value=held.value.label, source=held.value.why),),
    )
