"""Whether what an object lost may have been filled again before it is read: by a refresh, another query, who awaits with
it, or an assignment."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Keyword, Name, Node, Sequence, Starred
from forge_doctor.lint.dataflow.expired.expiring import Cause
from forge_doctor.lint.dataflow.sessions.transactions import calls_named

# Calls that fill the object again, take it out of the session, or replace what it knows.
FILLING = frozenset(
    """refresh execute scalar scalars exec get get_one merge run_sync expunge expunge_all make_transient
    make_transient_to_detached set_attribute set_committed_value stream stream_scalars""".split()  # noqa: SIM905 - a table, read as text
)
TAKING_OUT = ("expunge", "expunge_all", "make_transient")


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


def is_taken_out(function: FunctionDef, start: int, cause: Cause, read: Name) -> bool:
    """Whether the session no longer had the object by then: nothing is expired of what was expunged before."""
    taken = calls_named(function, TAKING_OUT, start, cause.statement.end)
    return any(not one.args or one.args[0].text == read.id for one in taken)


def given_in(call: Call) -> tuple[Node, ...]:
    """Everything passed in a call."""
    return (*call.args, *(one.value for one in call.keywords))


def is_waited_for(call: Call) -> bool:
    """Whether it is awaited, by itself or in what it is given to, or kept to be awaited later."""
    node: Node = call
    while isinstance(node.parent, Call | Keyword | Starred | Sequence):
        node = node.parent
    return isinstance(node.parent, Assign | Await)
