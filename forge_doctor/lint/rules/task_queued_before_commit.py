"""A job is queued for a row that is not committed yet.

Why: a worker of Celery, RQ, Dramatiq, ARQ or Taskiq takes the job at once and looks the row up in its own transaction,
where it does not exist before the commit: the job fails with "not found", one time in a few under load. If the commit
fails the job runs for a row that never was.

Bad:

    from celery import shared_task
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase

    class Order(DeclarativeBase): ...

    @shared_task
    def bill(key): ...

    async def place(db: AsyncSession):
        order = Order()
        db.add(order)
        await db.flush()
        bill.delay(order.id)
        await db.commit()

Good:

    from celery import shared_task
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase

    class Order(DeclarativeBase): ...

    @shared_task
    def bill(key): ...

    async def place(db: AsyncSession):
        order = Order()
        db.add(order)
        await db.commit()
        bill.delay(order.id)

Wrong when: the worker waits or tries again, or an outbox queues the job behind the commit (`link`, `countdown` and `eta`
are taken for such care). Told is only a new object that is added to the session, given to the queue, and committed
further down in the same function, or flushed for its key where the session is the caller's.

Source: https://docs.celeryq.dev/en/stable/userguide/tasks.html#database-transactions; spatiumddi/spatiumddi#510 (2026-07)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, calls_named, session_calls
from forge_doctor.regex import regex

QUEUEING = (
    "delay",
    "apply_async",
    "send_task",
    "kiq",
    "enqueue",
    "enqueue_job",
    "defer_async",
    "send_with_options",
    "send",
)
SUSPECT = regex(
    rb"\.\s{0,9}(?:delay|apply_async|send_task|kiq|enqueue|enqueue_job|defer_async|send_with_options|send)\s{0,9}\("
)
LINE_DOES = ("holds", "calls out")
LATER = frozenset({"countdown", "eta", "defer_by", "_defer_by", "link", "schedule_in"})
MOST_LOOKED_AT = 16  # calls behind one that adds
ADDING = frozenset({"add", "add_all"})


@check(severity=Severity.WARNING)
def task_queued_before_commit(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every new object that is added to a session and then given to a queue."""
    if is_test_file(file):
        return
    for added, confidence in session_calls(file, project, ADDING):
        function, session = added.function, added.receiver
        given = added.args[0] if len(added.args) == 1 else None
        if function is None or session is None or not isinstance(given, Name):
            continue
        end = committed(project, function, added, session)
        queued = None if end is None else queued_between(project, function, added, end, given.text)
        if queued is not None:
            yield found(file, queued, added, given.text, min(confidence, Confidence.MEDIUM))


def committed(project: Project, function: FunctionDef, added: Call, session: Node) -> int | None:
    """Where the transaction of the added object ends by a commit in the same function."""
    ends = islice(calls_named(function, ("commit", "rollback"), added.end, function.end), MOST_LOOKED_AT)
    own = [one for one in ends if one.is_on(session.text)]
    if own:
        first = min(own, key=lambda one: one.start)
        return first.start if first.method == "commit" else None
    block = next((one for one in begin_blocks(project, added) if one.session == session.text), None)
    if block is None and is_left_to_caller(function, added, session):
        return function.end
    return None if block is None or block.is_nested else block.statement.end


def is_left_to_caller(function: FunctionDef, added: Call, session: Node) -> bool:
    """Whether the session is the caller's, who commits behind this function: it flushes for the key, and ends nothing."""
    flushes = calls_named(function, ("flush",), added.end, function.end)
    return session.text in function.param_names and any(one.is_on(session.text) for one in flushes)


def is_actor(project: Project, receiver: Node) -> bool:
    """Whether it is a function that dramatiq runs, and not one of the many things that `send`."""
    given = project.value_of(receiver).definition
    return isinstance(given, FunctionDef) and given.decorated_by("actor")


def queued_between(project: Project, function: FunctionDef, added: Call, end: int, name: str) -> Call | None:
    """The call that queues a job for the object in between."""
    word = re.compile(rf"\b{re.escape(name)}\.\w+")
    for call in islice(calls_named(function, QUEUEING, added.end, end), MOST_LOOKED_AT):
        if not isinstance(call.func, Attribute) or not always_before(added, call):
            continue
        if call.method == "send" and not is_actor(project, call.func.value):
            continue
        if any(one.name in LATER for one in call.keywords):
            continue
        if any(word.search(one.text) for one in (*call.args, *(pair.value for pair in call.keywords))):
            return call
    return None


def found(file: SourceFile, queued: Call, added: Call, name: str, confidence: Confidence) -> Finding:
    """The finding, at the call that queues."""
    return file.finding(
        task_queued_before_commit,
        queued,
        f"`{queued.func.text}()` queues a job for `{name}` before it is committed: the worker may look for it first, and "
        "does not find it",
        confidence=confidence,
        remedy=f"commit first, then `{queued.func.text}(...)`",
        related=(Related(message="added here", location=file.location(added)),),
    )
