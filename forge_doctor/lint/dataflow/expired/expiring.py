"""What throws the values of a session's objects away: a commit, a rollback, the end of a begin block, an UPDATE; looks at
no object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import ending_names, marked_functions
from forge_doctor.code.syntax.dominance import block_of
from forge_doctor.code.syntax.nodes import Call, Except, FunctionDef, If, Keyword, Name, Node, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.called_names import ASCII_WORD
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.objects.model_owners import owner_of
from forge_doctor.lint.dataflow.objects.taken_sessions import session_here
from forge_doctor.lint.dataflow.sessions.transactions import begun_by, calls_of, is_awaited, session_calls
from forge_doctor.lint.dataflow.use_def import parameter_name
from forge_doctor.regex import regex

# A session by one of its usual names among the arguments of a call: what such a name ends with, and how long it is.
HANDED = (regex(rb"session\s*[,)]"), regex(rb"db\s*[,)]"))
BEFORE_HANDED = frozenset(b"(,= ")
LONGEST = 40


# A session, or a connection, that an object holds.
HELD = regex(rb"\b[a-z_]\w{0,40}(?:\.\w{1,40}){0,2}\.\w{0,40}(?:session|db|conn)\b")


class Why(Enum):
    """What emptied the object."""

    COMMIT = "commit"
    ROLLBACK = "rollback"
    BLOCK = "end of the begin block"
    UPDATE = "UPDATE"
    EXPIRE = "expire()"  # of one object, as a whole or by attributes


class Cause(NamedTuple):
    """A place behind which objects of a session are empty, or have lost the values that an UPDATE sets. `inside` is the
    call that does it in the function that `node` calls."""

    why: Why
    node: Call
    statement: Node
    session: Node
    confidence: Confidence
    inside: Call | None = None


def causes(file: SourceFile, project: Project) -> Iterator[Cause]:
    """What empties objects, in order of the text; what an UPDATE does comes last, since a commit may do more."""
    own = own_causes(file, project)
    yield from (one for one in own if one.why is not Why.UPDATE)
    yield from ended_inside(file, project)
    yield from ended_by_methods(file, project)
    yield from (one for one in own if one.why is Why.UPDATE)


def own_causes(file: SourceFile, project: Project) -> tuple[Cause, ...]:
    """The same without what the functions do that are called there; found once."""
    found: tuple[Cause, ...] | None = file.kept.get(own_causes)
    if found is None:
        found = file.kept[own_causes] = tuple(_own_causes(file, project))
    return found


def _own_causes(file: SourceFile, project: Project) -> Iterator[Cause]:
    ends = list(session_calls(file, project, frozenset({"commit", "rollback", "flush"})))
    awaited = [(call, confidence) for call, confidence in ends if is_awaited(call) and call.receiver is not None]
    for call, confidence in awaited:
        if call.method != "flush" and call.receiver is not None:
            why = Why.COMMIT if call.method == "commit" else Why.ROLLBACK
            yield Cause(why, call, call, call.receiver, confidence)
    for call, confidence in session_calls(file, project, frozenset({"expire"})):
        if call.receiver is not None and call.args and isinstance(call.args[0], Name):
            yield Cause(Why.EXPIRE, call, call, call.receiver, confidence)
    for call in file.calls("begin"):
        yield from blocks_begun(project, call)
    for call, confidence in awaited:
        if call.method != "rollback" and call.receiver is not None:
            yield Cause(Why.UPDATE, call, call, call.receiver, confidence)


def blocks_begun(project: Project, call: Call) -> Iterator[Cause]:
    """The end of `async with Session.begin() as session` and of `async with session.begin()`, which commits."""
    item = call.parent
    statement = item.enclosing(With) if isinstance(item, WithItem) else None
    if statement is None or not statement.is_async or not isinstance(item, WithItem):
        return
    for block in begun_by(project, statement):
        session = item.target or call.receiver
        if block.opener is call and not block.is_nested and session is not None:
            is_own = call.receiver is not None and block.session == call.receiver.text
            yield Cause(
                Why.BLOCK, call, statement, call.receiver if is_own and call.receiver else session, block.confidence
            )


def ended_inside(file: SourceFile, project: Project) -> Iterator[Cause]:
    """Calls of the project's functions that are given a session and commit it, or roll it back and go on."""
    names = ending_names(project) & project.data_access_names & file.names_called
    calls = [call for call in file.calls(*sorted(names), awaited=True) if is_awaited(call)] if names else []
    for start in places_inside(calls, places_handed(file.data)) if calls else ():
        name = file.node_at(start)
        around = None if name is None else name.parent
        call = around.parent if isinstance(around, Keyword) else around
        if not isinstance(name, Name) or not isinstance(call, Call) or not is_awaited(call) or call.func is name:
            continue
        if call.method not in names:
            continue
        value = project.known(name)
        is_sure = value.kind.is_async_session and value.confidence > Confidence.LOW
        function = project.called(call) if is_sure else None
        ended = None if function is None else _end_in(function, parameter_name(function, call, name, around or call))
        if ended is not None:
            why = Why.COMMIT if ended.method == "commit" else Why.ROLLBACK
            sure = Confidence.LOW if is_conditional(ended) else Confidence.MEDIUM
            yield Cause(why, call, call, name, min(value.confidence, sure), ended)


def ended_by_methods(file: SourceFile, project: Project) -> Iterator[Cause]:
    """`await self.undo()`, where that method of the same object ends the transaction of `self.session`; `await users.save()`
    of an object that was made with the session, or of which the caller says `users.session`."""
    names = marked_functions(project, Mark.ENDS_ITS_OWN) & file.names_called
    for call in file.calls(*sorted(names)) if names else ():
        around = call.function
        method = project.called(call) if around is not None and is_awaited(call) and may_have_session(call) else None
        if around is None or method is None or not method.is_method or not method.is_async:
            continue
        own = method.param_names[:1]
        sessions = {one.receiver.text: one.receiver for one in calls_of(method) if one.receiver is not None}
        for session, node in sessions.items():
            held = session.startswith(f"{own[0]}.") and project.known(node).kind.is_async_session if own else False
            ended = _end_in(method, session) if held else None
            here = None if ended is None else session_here(project, call, method, node, owner_of(project, call))
            # Another object may undo what it has tried itself, and give what it has loaded.
            is_tried = ended is not None and is_conditional(ended) and not (own and call.is_on(own[0]))
            if ended is not None and here is not None and here is not call and not is_tried:
                why = Why.COMMIT if ended.method == "commit" else Why.ROLLBACK
                sure = Confidence.LOW if is_conditional(ended) else Confidence.MEDIUM
                yield Cause(why, call, call, here, sure, ended)
                break


def may_have_session(call: Call) -> bool:
    """Cheap: whether the caller may have a name of its own for the session of the object whose method is called: it makes the
    object, or writes a session of it or of `self`."""
    receiver, function = call.receiver, call.function
    if receiver is None or function is None:
        return False
    root, text = receiver.text.partition(".")[0], function.file.data[function.start : function.end]
    if isinstance(receiver, Call):
        return True
    own = function.param_names[:1] if function.is_method else ()
    if receiver.text in own or (root not in own and f"{root} = ".encode() in text):
        return True
    return any(one.startswith(f"{root}.".encode()) for one in HELD.findall(text))


def places_handed(data: bytes) -> list[int]:
    """Where a session by one of its usual names begins that is given to something, in order of the text."""
    found: list[int] = []
    for match in (one for ending in HANDED for one in ending.finditer(data)):
        start = match.start()
        while start and data[start - 1] in ASCII_WORD and match.start() - start < LONGEST:
            start -= 1
        if start and data[start - 1] in BEFORE_HANDED:
            found.append(start)
    return sorted(found)


def places_inside(calls: Sequence[Call], places: Iterable[int]) -> Iterator[int]:
    """Those of the places, which are in order, that lie in one of the calls."""
    starts = sorted((call.start, call.end) for call in calls)
    reached = number = 0
    for place in places:
        while number < len(starts) and starts[number][0] <= place:
            reached = max(reached, starts[number][1])
            number += 1
        if place < reached:
            yield place


def _end_in(function: FunctionDef, session: str) -> Call | None:
    """The commit that a function always does, or a rollback after which it returns."""
    if not session or not function.is_async or function.is_generator:
        return None
    for call in calls_of(function):
        if call.method not in ("commit", "rollback") or call.receiver is None or call.receiver.text != session:
            continue
        if not is_awaited(call):
            continue
        if call.method == "rollback" and not _raises_behind(call):
            return call
        if call.method == "commit" and call.statement.parent is function:
            return call
    return None


def is_conditional(ended: Call) -> bool:
    """Whether the function that ends the transaction does so on one way of several: after an error, or in a branch, of which
    the caller may know by what comes back."""
    return any(isinstance(one, Except | If) for one in within_function(ended))


def _raises_behind(call: Call) -> bool:
    """Whether its block ends by raising."""
    block = block_of(call.statement)
    last = (
        None if block is None else next((raw for raw in reversed(block.named_children) if raw.type != "comment"), None)
    )
    return last is not None and last.type == "raise_statement"
