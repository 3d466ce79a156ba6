"""Turns what `upgrade` or `downgrade` calls into operations."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node
from forge_doctor.finding import Location
from forge_doctor.migrations.evaluation.events import Event, Trace
from forge_doctor.migrations.evaluation.interpreter import Interpreter
from forge_doctor.migrations.evaluation.values import Function, Made
from forge_doctor.migrations.operations import alembic_calls, executions
from forge_doctor.migrations.operations.operation import Body, Operation, Unresolved, Written

PLUG_INS = frozenset(
    {"sync_enum_values", "create_entity", "drop_entity", "replace_entity", "create_view", "drop_view",
     "replace_view", "create_sp", "drop_sp", "replace_sp", "invoke", "run_async", "implementation_for"}
)  # fmt: skip


def read_body(interpreter: Interpreter, function: Function | None) -> Body:
    """All that a function does, in order."""
    if function is None:
        return Body(is_there=False, is_empty=True)
    trace = interpreter.run(function)
    operations = tuple(_all(trace))
    file = function.node.file
    return Body(
        operations=operations,
        raises=None if trace.raises is None else file.location(trace.raises),
        is_empty=not operations,
        unread=tuple(
            Unresolved(written=Written(location=node.file.location(node)), what=node.text[:60], reason=reason)
            for node, reason in (*trace.unread, *_calls_of_what_it_gets(function))
        ),
    )


def _calls_of_what_it_gets(function: Function) -> Iterator[tuple[Node, str]]:
    """Calls of something that is handed to it, `tools.drop_all()`: what comes of them nobody can read."""
    node = function.node
    # `op` is Alembic's own.
    params = {*node.param_names} - {"op"} if isinstance(node, FunctionDef) else set()
    waiting = [*node.children] if params else []
    while waiting:
        at = waiting.pop()
        called = (at.receiver or at.func) if isinstance(at, Call) else None
        if isinstance(called, Name) and called.text in params:
            yield at, "it is of an argument"
        waiting += at.children


class _Places(dict[Node, tuple[Location, str]]):
    """Where each call of a function stands, and its text: one in a loop is met again and again."""

    def __missing__(self, node: Node) -> tuple[Location, str]:
        found = self[node] = (node.file.location(node), " ".join(node.text.split()))
        return found


def _all(trace: Trace) -> Iterator[Operation]:
    places = _Places()
    for number, event in enumerate(trace.events):
        yield from _of_event(event, number, places)


def _of_event(event: Event, number: int, places: _Places) -> Iterator[Operation]:
    made = event.made
    name = made.path.rpartition(".")[2]
    if name in QUIET:
        return
    if made.path.startswith("alembic.op.") or _is_batch(made):
        found = alembic_calls.operations_of(made, written(event, number, places))
        if found is not None:
            yield from found
            return
        if name in PLUG_INS:
            yield Unresolved(written=written(event, number, places), what=f"op.{name}", reason="it is of a plug-in")
            return
    yield from executions.operations_of(made, written(event, number, places))


# Calls that nothing comes of, by far the most frequent ones.
QUIET = frozenset({"f", "get_bind", "get_context", "batch_alter_table", "autocommit_block", "inline_literal"})


def _is_batch(made: Made) -> bool:
    return isinstance(made.owner, Made) and made.owner.path.endswith("batch_alter_table")


def written(event: Event, number: int, places: _Places) -> Written:
    """How the operation of an event stands in its file; of those that led to it, the first."""
    node, callers = event.made.node, event.callers
    # A function of another file is the application's: what a revision does with it stands where it calls it.
    is_elsewhere = bool(callers) and node.file is not callers[0].file
    own = [one for one in callers if one.file is callers[0].file] if is_elsewhere else []
    return Written(
        location=places[own[-1] if own else node][0],
        helper=places[node][0] if is_elsewhere else None,
        text=places[node][1],
        conditions=event.conditions,
        autocommit=_is_autocommit(event),
        repeated=event.repeated,
        call=number,
        batch=_is_batch(event.made),
        callers=() if is_elsewhere else tuple(places[one][0] for one in callers[:1]),
    )


def _is_autocommit(event: Event) -> bool:
    if any(one.path.endswith("autocommit_block") for one in event.inside):
        return True
    at: object = event.made
    while isinstance(at, Made):
        if at.keywords.get("isolation_level") == "AUTOCOMMIT":
            return True
        at = at.owner
    return False
