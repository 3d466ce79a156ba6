"""One session is used by several tasks at once.

Why: an AsyncSession is one conversation over one connection. Two tasks that use it at the same time fail with
"concurrent operations are not permitted", or mix up each other's transaction without a word.

An AsyncConnection that is open is told with low confidence: its statements wait for each other (seen with SQLAlchemy 2.1.9
and asyncpg), and that they share a transaction may be meant.

Bad:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def counts(db: AsyncSession):
        return await asyncio.gather(
            db.scalar(text("select count(*) from orders")),
            db.scalar(text("select count(*) from users")),
        )

Good:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def count(factory: async_sessionmaker, table: str):
        async with factory() as db:
            return await db.scalar(text("select count(*) from " + table))

    async def counts(factory: async_sessionmaker):
        return await asyncio.gather(count(factory, "orders"), count(factory, "users"))

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Is the Session thread-safe? Is AsyncSession safe to
share in concurrent tasks?); sqlalchemy/sqlalchemy#10092
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from forge_doctor.check import check
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import block_of
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    Comprehension,
    Expr,
    For,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Param,
    With,
)
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import DOUBLE, is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.coroutines.coroutine_function import function_of_coroutine
from forge_doctor.lint.dataflow.requests.ambient import ambient_session
from forge_doctor.lint.dataflow.requests.concurrency import GATHERERS, gathered, launched, loop_around
from forge_doctor.lint.dataflow.requests.task_sessions import Use, is_bound_within, is_ignored, sessions_used
from forge_doctor.lint.dataflow.sessions.transactions import calls_between
from forge_doctor.regex import regex

SUSPECT = AnyCall("gather", "as_completed", "wait", "create_task", "start_soon", "ensure_future")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
LIMITS = frozenset({"Semaphore", "BoundedSemaphore", "CapacityLimiter"})
LOCK = regex(r"lock|mutex|semaphore\(1\)", re.IGNORECASE)


@check(severity=Severity.ERROR)
def shared_session_in_tasks(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what runs side by side: given to gather, or started by a task group."""
    told_at_gather: set[Node] = set()
    for call in file.calls(*GATHERERS):
        yield from of_gather(file, project, call, told_at_gather)
    starts = sorted(file.calls("create_task", "start_soon", "ensure_future"), key=lambda one: one.start)
    # What a lambda starts runs at another time.
    calls = [one for one in starts if one not in told_at_gather and one.enclosing(Lambda) is None]
    for call in calls:
        yield from of_loop(file, project, call)
    yield from of_siblings(file, project, calls)
    for call in calls:
        yield from of_starter(file, project, call)


def of_gather(file: SourceFile, project: Project, call: Call, told_of: set[Node]) -> Iterator[Finding]:
    """Several coroutines with one session, or one of them many times. What started those that are told of here goes into
    `told_of`: the fault is one, and is told once."""
    seen: dict[str, list[tuple[Use, Node]]] = {}
    for coroutine, many in gathered(call):
        for use in {one.text: one for one in used(project, coroutine) if not is_locked(project, coroutine)}.values():
            around = repeater(coroutine)
            if many and around is not None and is_bound_within(project, use, around):
                continue
            seen.setdefault(use.text, []).extend([(use, coroutine)] * (2 if many else 1))
    shared = [(text, uses[0][0]) for text, uses in seen.items() if len(uses) > 1]
    if shared:
        # One finding a gather, by the surest: an object's session often has several names there.
        text, use = max(shared, key=lambda one: one[1].confidence)
        told_of.update(one.parent for name, _ in shared for _, one in seen[name] if one.parent is not None)
        yield told(file, call, text, use, f"`{call.func.text}`", tuple(one for one, _ in shared if one != text))


def of_loop(file: SourceFile, project: Project, call: Call) -> Iterator[Finding]:
    """`group.create_task(f(db))` in a loop, the task not awaited before the next one starts."""
    function, coroutine = call.function, launched(call)
    if function is None or coroutine is None or isinstance(call.parent, Await):
        return
    loop = loop_around(call, function)
    if loop is None or any(loop.contains(one) and one.start > call.end for one in loop.find(Await, nested=False)):
        return
    for use in used(project, coroutine):
        if not is_bound_within(project, use, loop) and not is_locked(project, coroutine):
            yield told(file, call, use.text, use, f"`{call.func.text}` in a loop")
            return


def of_siblings(file: SourceFile, project: Project, calls: list[Call]) -> Iterator[Finding]:
    """Two tasks with one session, started right after each other: nothing is awaited in between."""
    told_of: set[str] = set()
    for first, second in pairwise(calls):
        between = file.data[first.end : second.start]
        if block_of(first.statement) != block_of(second.statement) or re.search(rb"\bawait\b", between):
            continue
        texts = {use.text for use in used_by(project, first)}
        for use in used_by(project, second):
            if use.text in texts - told_of:
                told_of |= texts
                yield told(file, second, use.text, use, f"`{second.func.text}` beside line {first.line}")


def of_starter(file: SourceFile, project: Project, start: Call) -> Iterator[Finding]:
    """What a function awaits of a session itself, right behind the start of a task with it that it has not waited for."""
    function = start.function
    if start.method == "start_soon" or function is None or not isinstance(start.parent, Assign | Expr):
        return
    texts = {use.text for use in used_by(project, start)}
    for call in calls_between(function, start.end, function.end) if texts else ():
        if block_of(call.statement) != block_of(start.statement):
            return
        if not isinstance(call.parent, Await):
            continue
        waited = re.search(rb"\bawait\b", file.data[start.end : call.parent.start]) is not None
        use = None if waited else next((one for one in used(project, call) if one.text in texts), None)
        if use is not None:
            surely = use._replace(confidence=min(use.confidence, Confidence.MEDIUM))
            yield told(file, call, use.text, surely, f"`{call.func.text}` beside the task of line {start.line}")
        return


def used_by(project: Project, call: Call) -> tuple[Use, ...]:
    """The sessions a task works with that nothing locks; none for one that is awaited right where it starts."""
    coroutine = launched(call)
    if coroutine is None or isinstance(call.parent, Await) or is_locked(project, coroutine):
        return ()
    return tuple(used(project, coroutine))


def used(project: Project, coroutine: Node) -> Iterator[Use]:
    """The sessions a coroutine works with: those it is given or has, and the one it finds in its caller's context."""
    if is_test_file(coroutine.file) and is_made_of_doubles(project, coroutine):
        return
    yield from (one for one in sessions_used(project, coroutine) if not is_ignored(project, coroutine, one))
    found = ambient_session(project, coroutine)
    if found is not None:
        yield Use(text=found.text, node=found, confidence=Confidence.MEDIUM)


def is_made_of_doubles(project: Project, coroutine: Node) -> bool:
    """Whether the object whose method it is was made in a test of what stands in for others: `Service(FakeSession())`, or by
    a function whose parameters are declared as such."""
    owner = coroutine.receiver if isinstance(coroutine, Call) else None
    made = followed(project, owner) if isinstance(owner, Name) else None
    if not isinstance(made, Call):
        return False
    maker = project.called(made)
    declared = () if maker is None else (one.annotation for one in maker.params if isinstance(one, Param))
    return any(one is not None and DOUBLE.search(one.text) for one in (*made.args, *declared))


def repeater(coroutine: Node) -> Node | None:
    """The comprehension or loop that makes many of it."""
    return coroutine.enclosing(Comprehension) or coroutine.enclosing(For)


def is_locked(project: Project, coroutine: Node) -> bool:
    """Whether the coroutine waits for a lock, so that one at a time works with the session."""
    function = function_of_coroutine(project, coroutine)
    return function is not None and (LOCK.search(function.text) is not None or enters_lock(project, function))


def enters_lock(project: Project, function: FunctionDef) -> bool:
    """Whether a block of the function is entered by one task at a time, whatever the lock is called."""
    entered = (followed(project, item.value) for one in function.find(With, nested=False) for item in one.items)
    return any(
        isinstance(one, Call)
        and (one.method == "Lock" or (one.method in LIMITS and [given.text for given in one.args] in ([], ["1"])))
        for one in entered
    )


def told(file: SourceFile, call: Call, text: str, use: Use, how: str, others: tuple[str, ...] = ()) -> Finding:
    """The finding, at the call that starts them; `others` are shared there too, or are other names of the same."""
    meets = "a session is one connection, the second statement fails with "
    meets += '"concurrent operations are not permitted" or joins the wrong transaction'
    if use.takes_turns:
        meets = "its statements wait for each other, nothing runs side by side, and an error of one ends the transaction of all"
    return file.finding(
        shared_session_in_tasks,
        call,
        f"{how} lets several tasks use `{text}` at once: {meets}",
        confidence=Confidence.LOW if use.takes_turns else use.confidence,
        remedy="open a session in each task (`async with Factory() as session:`), or await one after the other",
        evidence=(
            Evidence(label="session", value=text, source=f"line {use.node.line}"),
            *(Evidence(label="shared as well", value=one, source="the same call") for one in others),
        ),
    )
