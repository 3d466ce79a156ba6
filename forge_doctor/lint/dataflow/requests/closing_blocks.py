"""Blocks around a session or connection whose way out ends its transaction without a commit; looks at no statement's effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, With, WithItem, Yield
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.autocommit import is_autocommit
from forge_doctor.lint.dataflow.objects.expiry import maker_of
from forge_doctor.lint.dataflow.requests.providers import COMMITS, commits
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, is_handed, opened_by, stacked_by

COMMITTING = frozenset(
    {"commit", "begin", "begin_nested", "get_transaction", "run_sync", "connection", "rollback", "sync_session"}
)
ENGINES = frozenset({Kind.ASYNC_ENGINE, Kind.ENGINE})


def opened_without_commit(project: Project, function: FunctionDef, session: Name) -> tuple[Node, Confidence] | None:
    """The `async with Factory() as session` around, if nothing inside commits or gets the session."""
    statement = opened_by(session)
    if statement is None:
        return stacked_without_commit(project, function, session)
    item = None if statement is None else next(
        one for one in statement.items if one.target is not None and one.target.text == session.id
    )  # fmt: skip
    if statement is None or item is None or not closes_without_commit(project, item.value):
        return None
    return (item, Confidence.HIGH) if is_alone(function, statement, session.id) else None


def stacked_without_commit(project: Project, function: FunctionDef, session: Name) -> tuple[Node, Confidence] | None:
    """The same of a session in an exit stack: nothing that the stack calls at its end may commit either."""
    found = stacked_by(session)
    if found is None or found.block is None or not closes_without_commit(project, found.opener):
        return None
    return (found.opener, Confidence.HIGH) if is_alone(function, found.block, session.id, found.opener.end) else None


def closes_without_commit(project: Project, call: Node) -> bool:
    """Whether what is entered is a session that its way out only closes."""
    maker = maker_of(project, call) if isinstance(call, Call) and call.method != "begin" else None
    if maker is None or COMMITS.search(maker.text.replace("expire_on_commit", "").encode()):
        return False
    if b"AUTOCOMMIT" in maker.file.data or not isinstance(call, Call) or not is_library_made(project, call):
        return False
    return not is_autocommit(project, call, Kind.ASYNC_SESSION)


def closing_blocks(project: Project, function: FunctionDef) -> Iterator[tuple[With, WithItem]]:
    """Every block of a function around such a session, where nothing is begun beside it or lent out of it."""
    for block in function.find(With, nested=False):
        if any(begins(item.value) for item in block.items) or any(block.find(Yield, nested=False)):
            continue
        for item in block.items:
            if isinstance(item.target, Name) and closes_without_commit(project, item.value):
                yield block, item


def connected_without_commit(
    project: Project, function: FunctionDef, connection: Name
) -> tuple[Node, Confidence] | None:
    """The `with engine.connect() as connection` around, if nothing inside commits: only `engine.begin()` does by itself."""
    statement = opened_by(connection)
    for item in () if statement is None else statement.items:
        call = item.value
        if item.target is None or item.target.text != connection.id or not isinstance(call, Call):
            continue
        engine = project.known(call.receiver) if call.method == "connect" and call.receiver is not None else None
        if engine is None or engine.kind not in ENGINES or engine.confidence is not Confidence.HIGH:
            return None
        if is_autocommit(project, connection, Kind.ASYNC_CONNECTION):
            return None
        return (item, Confidence.HIGH) if statement and is_alone(function, statement, connection.id) else None
    return None


def is_library_made(project: Project, call: Call) -> bool:
    """Whether the context manager is the session itself, not one of the project that may commit behind the `yield`."""
    function = project.value_of(call.func).definition
    return not isinstance(function, FunctionDef) or not commits(function)


def is_alone(function: FunctionDef, statement: With | FunctionDef, session: str, opened: int = 0) -> bool:
    """Whether the session goes nowhere else in a block, behind the place where it is opened, and no transaction is begun or
    ended there."""
    start, end = max(opened, statement.body_start), statement.end
    if isinstance(statement, With) and any(begins(item.value) for item in statement.items):
        return False
    if is_handed(function, session, start, end) or any(function.find(Yield, nested=False)):
        return False
    if re.search(rb"\b" + re.escape(session).encode() + rb"\.(?:" + "|".join(sorted(COMMITTING)).encode() + rb")\b",
                 function.file.data[start:end]):  # fmt: skip
        return False
    return not any(one.method in COMMITTING for one in calls_between(function, start, end))


def begins(manager: Node) -> bool:
    """Whether what is entered ends a transaction itself: `session.begin()` beside the session."""
    return isinstance(manager, Call) and manager.method in ("begin", "begin_nested")
