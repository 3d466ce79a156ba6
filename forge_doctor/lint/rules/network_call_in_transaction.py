"""Another service, a clock or a program is waited for while a transaction is open.

Why: until the answer comes the connection sits `idle in transaction`: it is missing in the pool, its row
locks make others wait, and vacuum cannot clean up behind it. A service that takes 30 s to time out holds
them for 30 s. The wait may stand in a function that the code calls inside the transaction. Wrong when the transaction has
ended by then: commits, rollbacks, closed blocks, and whoever is given the session in between are looked for, in the called
function too. Or when the options of the call turn the wait off: constants, None and what is built right there are known. A call
through an abstract class or a Protocol is followed where the project has one class alone that implements it.

Bad:

    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession

    async def pay(db: AsyncSession, order, client: httpx.AsyncClient):
        async with db.begin():
            order.state = "paying"
            await db.flush()
            answer = await client.post("https://payments.example/charge")
            order.state = answer.text

Good:

    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession

    async def pay(db: AsyncSession, order, client: httpx.AsyncClient):
        async with db.begin():
            order.state = "paying"
        answer = await client.post("https://payments.example/charge")
        async with db.begin():
            order.state = answer.text

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Name, Node, With, WithItem
from forge_doctor.code.syntax.prefilter import DATABASE_WORDS, STORE_WORDS, AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.connections.connection_stretches import state_between
from forge_doctor.lint.dataflow.connections.connection_use import Waited
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Handles
from forge_doctor.lint.dataflow.connections.held_connections import summary, waited_inside
from forge_doctor.lint.dataflow.connections.holding_classes import objects_given, sessions_given
from forge_doctor.lint.dataflow.connections.lent_by_pools import begun_by_pool
from forge_doctor.lint.dataflow.connections.open_transactions import (
    MOST_CALLS,
    Opened,
    ended,
    may_open,
    opening,
)
from forge_doctor.lint.dataflow.connections.told_by_result import has_ended_by
from forge_doctor.lint.dataflow.connections.units_of_work import entered_units
from forge_doctor.lint.dataflow.connections.waiting_functions import may_wait, waiting_in_thread, waits_with_options
from forge_doctor.lint.dataflow.control_flow import is_in_handler, waits_at
from forge_doctor.lint.dataflow.coroutines.coroutine_function import function_of_coroutine
from forge_doctor.lint.dataflow.objects.autocommit import is_autocommit
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.remote_calls import may_be_result
from forge_doctor.lint.dataflow.requests.concurrency import GATHERERS, gathered
from forge_doctor.lint.dataflow.sessions.transactions import (
    HOLDERS,
    calls_between,
    calls_of,
    is_handed,
    mentions,
)
from forge_doctor.lint.dataflow.waits import wait_of
from forge_doctor.regex import regex

TASKS = ("create_task", "ensure_future")
# Builtins that code is full of.
PLAIN = frozenset("len str int list dict set tuple print isinstance getattr setattr hasattr range zip sorted".split())  # noqa: SIM905
OPENING = regex(
    rb"\.\s*(?:begin|transaction|execute|exec|flush|get|get_one|query|refresh|scalars?|stream|stream_scalars)\s*\("
)
SUSPECT = AnyWord(b"await", b"begin", b"exec", b"flush", b"get", b"refresh", b"scalar", b"stream")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
IMPORTS = regex(rb"^[ \t]*(?:import|from[ \t]+[\w.]+[ \t]+import)\b([^\n]*)", re.MULTILINE)
WORD = regex(rb"\w+")
LINE_DOES = ("holds", "calls out")


@check(severity=Severity.WARNING)
def network_call_in_transaction(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is open around every wait, and around every call of a function that waits."""
    if is_test_file(file) or runs_once(file) or not may_be_open(file, project):
        return
    for function in project.scopes(file).functions:
        calls = calls_of(function)
        if not any(may_be_run(project, one) for one in calls):
            continue
        # What asyncio's sessions do, no plain function sees the end of.
        is_async = function.is_async
        reached = sessions_given(project, function, HOLDERS) + objects_used(project, function) if is_async else ()
        first = (
            0
            if reached or (is_async and file.mentions(b"async with"))
            else next((n for n, one in enumerate(calls) if may_open(one)), len(calls))
        )
        for number, call in enumerate(calls[first:], first):
            if is_in_handler(call) or not may_be_run(project, call):
                continue
            before = calls[max(0, number - MOST_CALLS) : number]
            opened = opening(project, function, call, before) or of_pool(project, function, call)
            if opened is None and is_async:
                opened = opened_inside(project, function, call, before, reached)
            waited = None if opened is None else wait_in(project, call, opened.reach)
            if opened is not None and waited is not None:
                yield found(file, call, waited, opened)


def may_be_open(file: SourceFile, project: Project) -> bool:
    """Cheap: whether anything of the file may open a transaction, itself or by a function of the project; in a file without
    a word of a database, by a decorator, by an object of a name that works with one, or that is injected."""
    wraps = any(one.encode() in file.words for one in marked_functions(project, Mark.WRAPS))
    if (wraps or file.mentions(*DATABASE_WORDS)) and OPENING.search(file.data) is not None:
        return True
    return file.mentions(*STORE_WORDS, b"Depends", b"ession") and not project.data_access_names.isdisjoint(
        file.names_called
    )


def of_pool(project: Project, function: FunctionDef, call: Call) -> Opened | None:
    """The transaction that a connection of psycopg has begun, in the block of its pool."""
    block = begun_by_pool(project, call) if function.is_async else None
    if block is None or ended(function, block.session, block.opener.end, call.start):
        return None
    is_lent_on = is_handed(function, block.session, block.opener.end, call.start)
    return None if is_lent_on else Opened(block.opener, block.session, block.confidence)


def objects_used(project: Project, function: FunctionDef) -> tuple[Handles, ...]:
    """The objects with a session inside that an async function is given, and that it calls something of."""
    if not function.is_async or not may_use(project, function):
        return ()
    receivers = {one.receiver.text for one in calls_of(function) if one.receiver is not None}
    found = objects_given(project, function, frozenset(one.partition(".")[0] for one in receivers))
    return tuple(one for one in found if any(name in receivers for name, _ in one))


def may_use(project: Project, function: FunctionDef) -> bool:
    """Cheap: whether it calls anything by the name of a function that works with a session."""
    names = project.data_access_names
    return any(one.method in names for one in calls_of(function))


def sessions_entered(project: Project, call: Call) -> Iterator[tuple[Name, int]]:
    """The sessions that `with` blocks of the same function open around a call, each with where it is bound."""
    for around in call.ancestors:
        if isinstance(around, FunctionDef):
            return
        for item in around.items if isinstance(around, With) else ():
            if isinstance(item.target, Name) and project.known(item.target).kind in HOLDERS:
                yield item.target, item.end


def opened_inside(
    project: Project, function: FunctionDef, call: Call, calls: list[Call], reached: tuple[Handles, ...]
) -> Opened | None:
    """The call of another function that is given the session, or has it in its object, and leaves its transaction open."""
    entered = [(((made.text, THE_SESSION),), start, made) for made, start in sessions_entered(project, call)]
    units = [
        one for one in entered_units(project, function) if one.block.contains(call) and one.entered.end < call.start
    ]
    own = [(one.handles, one.entered.end, None) for one in units]
    given = [(handles, function.start, None) for handles in reached]
    for handles, start, made in (*entered, *own, *given):
        start = max(start, calls[0].start if calls else start)
        before = state_between(project, function, handles, start, call.start)
        at, name = before.at, handles[0][0]
        if before.query is None or at is None or before.handed or not always_before(at, call):
            continue
        is_lent_on = any(is_lent(one, name) for one in calls_between(function, at.end, call.start))
        if is_lent_on or not may_wait(project, call) or wait_in(project, call, handles) is None:
            continue
        if has_ended_by(project, at, call):
            continue
        # Asked last: it is followed to its engine.
        if made is None or not is_autocommit(project, made, project.known(made).kind):
            return Opened(at, name, Confidence.MEDIUM, handles)
    return None


def is_lent(call: Call, session: str) -> bool:
    """Whether it is entered with the session, as a unit of work is, which may commit at its end."""
    return isinstance(call.parent, WithItem) and mentions(call, session)


def may_be_run(project: Project, call: Call) -> bool:
    """Cheap: whether it runs there and may be a function that waits."""
    receiver, function = call.receiver, call.function
    is_run = waits_at(call) is not None or call.method == "start_soon"
    if is_run or (function is not None and not function.is_async):
        return receiver is None or not is_mocked(receiver)
    # A plain function, or what has not been awaited.
    if receiver is None:
        return call.method[:1].islower() and call.method not in PLAIN
    own = receiver.text in ("self", "cls") or is_module(receiver)
    if call.method == "get" and may_be_result(call):
        return True
    return (own and call.method not in PLAIN) or call.method in marked_functions(project, Mark.BLOCKS)


def is_module(receiver: Node) -> bool:
    """Whether it is a bare name that the file imports."""
    return isinstance(receiver, Name) and receiver.id.encode() in words_imported(receiver.file)


@kept_with_file
def words_imported(file: SourceFile) -> frozenset[bytes]:
    """The words behind `import` in the lines that begin with one."""
    return frozenset(word for line in IMPORTS.findall(file.data) for word in WORD.findall(line))


def wait_in(project: Project, call: Call, handles: Handles) -> Waited | None:
    """What a call waits for: itself, or in a function of the project that it runs, in whatever depth."""
    own = None if waiting_in_thread(project, call) is not None else wait_of(project, call)
    if own is not None:
        # What blocks the loop as well is told by blocking-call-with-session.
        plain = call.function is not None and not call.function.is_async
        told = plain or waits_at(call) is not None or own.what.startswith("an answer")
        return Waited(call, call, own) if told and own.confidence > Confidence.LOW else None
    waited = waited_inside(project, call, handles) or waited_together(project, call, handles)
    if waited is None or waited.wait.confidence is Confidence.LOW or is_in_handler(waited.call):
        return None
    # What a gather is given, or a task, is run with options of its own.
    return waited if call.method in (*GATHERERS, *TASKS) or waits_with_options(project, call) else None


def waited_together(project: Project, call: Call, handles: Handles) -> Waited | None:
    """What the coroutines wait for that a gather is given by a name or by `map`, or a task that is awaited further down; those
    that stand in a gather tell it themselves."""
    is_task = call.method in TASKS and is_awaited_behind(call, handles)
    if not is_task and (call.method not in GATHERERS or not isinstance(call.parent, Await)):
        return None
    for coroutine in call.args[:1] if is_task else (one for one, _ in gathered(call)):
        own = is_task or (
            coroutine.text not in ("self", "cls") and not (isinstance(coroutine, Call) and call.contains(coroutine))
        )
        function = function_of_coroutine(project, coroutine) if own else None
        is_run = function is not None and function.is_async and not function.is_generator
        waited = summary(project, function, ()).waited if function is not None and is_run else None
        if waited is not None:
            less = waited.wait._replace(confidence=min(waited.wait.confidence, Confidence.MEDIUM))
            return Waited(waited.call, call, less)
    return None


def is_awaited_behind(call: Call, handles: Handles) -> bool:
    """Whether the task that it starts is awaited while what is open there still is."""
    bound, function = call.parent, call.function
    name = bound.target.text if isinstance(bound, Assign) and isinstance(bound.target, Name) else ""
    for awaited in function.find(Await, nested=False) if name and function is not None else ():
        if awaited.value.text != name or awaited.start < call.end or function is None:
            continue
        inside = all(one.contains(awaited) for one in call.ancestors if isinstance(one, With))
        return inside and not any(ended(function, session, call.end, awaited.start) for session, _ in handles)
    return False


def found(file: SourceFile, call: Call, waited: Waited, opened: Opened) -> Finding:
    """The finding, at the call that waits or leads to it."""
    related = [Related(message="the transaction begins here", location=file.location(opened.opener))]
    who = f"`{call.func.text}()` waits"
    if waited.call is not call:
        where = waited.call.file.location(waited.call)
        who = f"`{call.func.text}()` waits ({where.target}:{where.line})"
        related.append(Related(message="waits here", location=where))
    return file.finding(
        network_call_in_transaction,
        call,
        f"{who} for {waited.wait.what} inside the transaction that `{opened.opener.func.text}()` opened in line "
        f"{opened.opener.line}: the connection stays idle in transaction, its locks held",
        confidence=min(opened.confidence, waited.wait.confidence),
        remedy="commit before the wait, or wait before the transaction begins",
        related=tuple(related),
    )
