"""Whether what an object lost may have been filled again before it is read: by a refresh, another query, who awaits with
it, or an assignment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    FunctionDef,
    Keyword,
    Name,
    Node,
    Return,
    Sequence,
    Starred,
)
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why
from forge_doctor.lint.dataflow.sessions.transactions import calls_named, calls_of
from forge_doctor.regex import regex

# Calls that fill the object again, take it out of the session, or replace what it knows.
FILLING = frozenset(
    """refresh execute scalar scalars exec get get_one merge run_sync expunge expunge_all make_transient
    make_transient_to_detached set_attribute set_committed_value stream stream_scalars""".split()  # noqa: SIM905 - a table, read as text
)
TAKING_OUT = ("expunge", "expunge_all", "make_transient")
DELETING = ("delete",)
TAKEN_OUT = regex(r"\b(?:expunge|expunge_all|make_transient)\(")


def is_filled(function: FunctionDef, cause: Cause, read: Name) -> bool:
    """Whether anything between the two may have filled it again, be it the call that emptied it."""
    if cause.inside is not None and any(one.text == read.id for one in given_in(cause.node)):
        return True
    if next(calls_named(function, FILLING, cause.statement.end, read.start), None) is not None:
        return True
    data, start = function.file.data, cause.statement.end
    for match in re.finditer(rb"(?<![\w.])" + re.escape(read.id).encode() + rb"\b(?!\s*\.)", data[start : read.start]):
        node = function.file.node_at(start + match.start())
        around = None if node is None else node.parent
        call = around.parent if isinstance(around, Keyword) else around
        # Who awaits nothing can load nothing.
        if isinstance(call, Call) and call.end <= read.start and is_waited_for(call):
            return True
    assigned = rb"(?<![\w.])" + re.escape(read.id).encode() + rb"\.\w+\s*=[^=]"
    return re.search(assigned, function.file.data[cause.statement.end : read.start]) is not None


def is_taken_out(project: Project, function: FunctionDef, start: int, cause: Cause, read: Name) -> bool:
    """Whether the session no longer had the object by then: nothing is expired of what was expunged before, here or by a
    function of the project that is given the session or the object, nor of what was deleted."""
    if is_deleted(function, start, cause, read):
        return True
    taken = calls_named(function, TAKING_OUT, start, cause.statement.end)
    if any(not one.args or one.args[0].text == read.id for one in taken):
        return True
    handed = (cause.session.text, read.id)
    return any(one.text in handed for given in takers(project, function, start, cause.statement.start) for one in given)


def is_deleted(function: FunctionDef, start: int, cause: Cause, read: Name) -> bool:
    """Whether the object has been given to a `delete()` by then, of the session or of a repository: the flush takes it out
    of the session with the values it has, and only a rollback gives it back, emptied."""
    if cause.why in (Why.ROLLBACK, Why.EXPIRE):
        return False
    giver = None if cause.inside is None else cause.inside.function
    if giver is not None and start >= cause.node.end:  # the function that commits gives the object itself
        given_back = {one.value.text for one in giver.find(Return, nested=False) if one.value is not None}
        deleting = calls_named(giver, DELETING, giver.start, giver.end)
        return any(given.text in given_back for one in deleting for given in given_in(one))
    deleting = calls_named(function, DELETING, start, cause.statement.end)
    return any(any(given.text == read.id for given in given_in(one)) and always_before(one, read) for one in deleting)


def takers(project: Project, function: FunctionDef, start: int, end: int) -> Iterator[tuple[Node, ...]]:
    """What is given, between two places, to functions of the project that expunge something; these are found once."""
    known: dict[FunctionDef, list[Call]] = function.file.kept.setdefault(takers, {})
    if function not in known:
        known[function] = [one for one in calls_of(function) if takes_out(project, one)]
    yield from (given_in(one) for one in known[function] if start <= one.start and one.end <= end)


def takes_out(project: Project, call: Call) -> bool:
    """Whether it is a function of the project that expunges something."""
    called = project.called(call) if any(isinstance(one, Name | Attribute) for one in given_in(call)) else None
    return called is not None and TAKEN_OUT.search(called.text) is not None


def given_in(call: Call) -> tuple[Node, ...]:
    """Everything passed in a call."""
    return (*call.args, *(one.value for one in call.keywords))


def is_waited_for(call: Call) -> bool:
    """Whether it is awaited, by itself or in what it is given to, or kept to be awaited later."""
    node: Node = call
    while isinstance(node.parent, Call | Keyword | Starred | Sequence):
        node = node.parent
    return isinstance(node.parent, Assign | Await)
