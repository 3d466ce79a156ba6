"""Which plain functions of the project wait for a database by a driver that blocks, themselves or by what they call."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.transactions import calls_of
from forge_doctor.lint.dataflow.uses import Use, use_of
from forge_doctor.regex import regex

MOST_HOPS = 2
SENDING = words("commit exec execute flush get_one merge refresh scalar scalars query")
OPENING = words("connect begin")
# What sends the query that `session.query()` begins: one of its methods, or whoever walks over it.
SENT = regex(
    rb"\.\s*(?:all|first|one|one_or_none|scalar|scalars|count|get|delete|update|exists|yield_per|paginate|\w+_or_404)\s*\("
    rb"|\bfor\b[^:\n]{0,200}\bin\b|\b(?:list|tuple|set|sorted|len|next|iter)\(|\[[^\]\n]{0,40}:[^\]\n]{0,40}\]"
)


class Waiting(NamedTuple):
    """The call that waits for the database, of a session or an engine: `label` says of what. One that only begins a query
    (`is_unsent`) waits where the caller sends it."""

    call: Call
    label: str
    is_unsent: bool = False


def waiting(project: Project, function: FunctionDef, hops: int = 0) -> Waiting | None:
    """The first such call that a plain function surely may come to; looked for once."""
    known: dict[tuple[FunctionDef, int], Waiting | None] = function.file.kept.setdefault(waiting, {})
    if (function, hops) not in known:
        known[function, hops] = None  # a function that calls itself waits for nothing else
        known[function, hops] = _waiting(project, function, hops)
    return known[function, hops]


def _waiting(project: Project, function: FunctionDef, hops: int) -> Waiting | None:
    if function.is_async or function.is_generator or function.is_stub or function.decorators:
        return None
    for call in calls_of(function):
        if call.owner is not function:
            continue
        label = _blocks(project, call)
        if label:
            return Waiting(call, label, call.method == "query" and not is_sent_behind(call))
        called = project.called(call) if hops < MOST_HOPS else None
        further = None if called is None or called.name == "__init__" else waiting(project, called, hops + 1)
        if further is not None:
            return further._replace(is_unsent=further.is_unsent and not is_sent_behind(call))
    return None


def _blocks(project: Project, call: Call) -> str:
    if call.receiver is None or call.method not in SENDING | OPENING:
        return ""
    value = project.known(call.receiver)
    if value.confidence is Confidence.LOW or call.receiver.text.endswith(("sync_session", "sync_engine")):
        return ""
    is_sent = call.method in SENDING and value.kind.is_sync_session
    return value.label if is_sent or (call.method in OPENING and value.kind is Kind.ENGINE) else ""


def is_sent_behind(call: Call) -> bool:
    """Whether the query that a call gives may be sent in its own function: `return session.query(User)` sends none."""
    function = call.function
    if function is None or use_of(call).use is Use.ITERATED:
        return True
    return SENT.search(function.file.data, call.end, function.end) is not None
