"""Who catches an error of the database that a called function lets out, as it is or turned into another one, and goes on with
the session that has failed: one that the same function has opened, that it is given, or that an object of its holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forge_doctor.code.semantics.inference.functions import param_value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Except, FunctionDef, Node, Param, Try
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.call_settings import may_run, settings_of
from forge_doctor.lint.dataflow.connections.connection_stretches import uses_in
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handle,
    Handles,
    entered_around,
    handle_of,
    is_given_one,
    reached,
    with_made,
)
from forge_doctor.lint.dataflow.connections.holding_classes import objects_given, path_to_session
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.failures.after_errors import WORKING, recovers, spans_from
from forge_doctor.lint.dataflow.failures.converted_errors import (
    DATABASE_ERROR,
    Conversion,
    cares_for_transaction,
    conversion,
    converting_names,
    failing_names,
    let_out,
)
from forge_doctor.lint.dataflow.sessions.transactions import ENDING, begin_blocks, calls_between, is_awaited, is_handed


class Swallowed(NamedTuple):
    """The call whose error is swallowed, the handler that does, and the use of the session that follows."""

    call: Call
    handler: Except
    converted: Conversion
    session: str
    used: Call


def swallowed_conversions(file: SourceFile, project: Project) -> Iterator[Swallowed]:
    """Every handler of a file that does so, once."""
    if not file.mentions(b"except"):
        return
    names = sorted((converting_names(project) | failing_names(project)) & file.names_called)
    told: set[Except] = set()
    for call in file.calls(*names) if names else ():
        callee = project.called(call) if is_awaited(call) else None
        statement = next((one for one in within_function(call) if isinstance(one, Try)), None)
        if (
            callee is None
            or statement is None
            or not any(one.contains(call) for one in statement.body)
            or any(begin_blocks(project, call))
        ):
            continue
        found = _swallowed(project, call, callee, statement)
        if found is not None and found.handler not in told:
            told.add(found.handler)
            yield found


def _swallowed(project: Project, call: Call, callee: FunctionDef, statement: Try) -> Swallowed | None:
    function = call.function
    for handles in sessions_there(project, call, statement) if function is not None else ():
        known = dict(with_made(project, function, handles, call.start)) if function is not None else {}
        known.update(made_there(project, call, statement, known))
        written = (text for text, handle in reached(call, callee, known).items() if handle == THE_SESSION)
        ways = (one for text in written if (one := conversion(callee, text) or let_out(callee, text)) is not None)
        converted = next((one for one in ways if may_run(one.call, settings_of(project, callee, call))), None)
        handler = None if converted is None else swallowing(statement, converted.raises)
        session = name_of_session(call, known)
        used = used_on(project, statement, handler, session, known) if handler is not None and session else None
        if converted is not None and handler is not None and used is not None:
            return Swallowed(call, handler, converted, session, used)
    return None


def made_there(project: Project, call: Call, statement: Try, known: Mapping[str, Handle]) -> dict[str, Handle]:
    """The object of `await Orders(session).save(order)`, where no block in the `try` gives the session's name to another."""
    made = call.receiver
    own = {name for name, item in entered_around(project, call) if item.start > statement.start}
    if not isinstance(made, Call) or not own.isdisjoint(known):
        return {}
    handle = handle_of(project, made, known)
    return {} if handle is None else {made.text: handle}


def sessions_there(project: Project, call: Call, statement: Node) -> Iterator[Handles]:
    """The ways by which the code of a `try`, or of another statement, reaches sessions that were there before it."""
    function = call.function
    for session, item in entered_around(project, call):
        if item.end <= statement.start:
            yield ((session, THE_SESSION),)
    if function is None or not function.is_async:
        return
    for param in function.params:
        if isinstance(param, Param) and not param.is_spread and is_session(project, param):
            yield ((param.name, THE_SESSION),)
    root = "" if call.receiver is None else call.receiver.text.partition(".")[0]
    if root in function.param_names:
        yield from objects_given(project, function, frozenset({root}))


def name_of_session(call: Call, known: Mapping[str, Handle]) -> str:
    """How the caller writes the session, or would where only an object has it: `self.users.db`."""
    named = next((text for text, handle in known.items() if handle == THE_SESSION), "")
    receiver = "" if call.receiver is None else call.receiver.text
    held = known.get(receiver)
    return named or ("" if held is None else ".".join((receiver, *path_to_session(held))))


def is_session(project: Project, param: Param) -> bool:
    """Whether a parameter surely is an async session."""
    value = param_value(project, param)
    return value.kind.is_async_session and value.confidence > Confidence.LOW


def swallowing(statement: Try, error: str) -> Except | None:
    """The handler that takes an error of a name: by that name, or whatever it is."""
    parents = "|SQLAlchemyError|DBAPIError" if error == DATABASE_ERROR else ""
    types = re.compile(rf"\b(?:{re.escape(error)}{parents}|Exception|BaseException)\b")
    return next((one for one in statement.handlers if one.type is None or types.search(one.type.text)), None)


def used_on(
    project: Project, statement: Try, handler: Except, session: str, known: Mapping[str, Handle]
) -> Call | None:
    """The use of the session, itself or by a function that gets it, that the end of a handler leads to."""
    function = handler.function
    if function is None or recovers(project, function, statement, handler, session):
        return None
    # An object that holds the session may care for it.
    if is_handed(function, session.partition(".")[0], handler.start, handler.end):
        return None
    for start, end in spans_from(statement, handler):
        for one in calls_between(function, start, end):
            fails = fails_with(project, one, session, known)
            if fails is not None:
                return one if fails and is_awaited(one) else None
    return None


def fails_with(project: Project, call: Call, session: str, known: Mapping[str, Handle]) -> bool | None:
    """Whether a call fails on a session that needs a rollback; None where it leaves the session alone."""
    receiver = "" if call.receiver is None else call.receiver.text
    if receiver == session:
        return None if call.method in WORKING - ENDING else call.method == "commit" or call.method not in ENDING
    if call.text in known or (receiver not in known and not is_given_one(call, known)):
        return None
    called = project.called(call)
    if called is None or cares_for_transaction(called):
        return False
    uses = uses_in(project, called, tuple(sorted(reached(call, called, known).items())))
    return uses.query is not None or uses.ended
