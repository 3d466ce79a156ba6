"""Runs statements: both branches where only the run knows which, one round of a loop whose rounds are unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge_doctor.code.semantics.names.bindings import bindings_of
from forge_doctor.code.syntax.nodes import (
    Assert,
    Assign,
    ClassDef,
    Expr,
    For,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Match,
    Node,
    Other,
    Raise,
    Return,
    Subscript,
    Try,
    While,
    With,
    Yield,
)
from forge_doctor.migrations.evaluation.arithmetic import added
from forge_doctor.migrations.evaluation.binding import bind, put_item
from forge_doctor.migrations.evaluation.builtin_calls import MOST_ROUNDS
from forge_doctor.migrations.evaluation.interface import Ends, Flow, Runner
from forge_doctor.migrations.evaluation.truth import truth
from forge_doctor.migrations.evaluation.values import Class, Frame, Function, Imported, Made, Unknown, Value, same

LEAVES = {"break": Ends.BREAK, "continue": Ends.CONTINUE}


def execute(run: Runner, statements: Sequence[Node], frame: Frame) -> Flow | None:
    """Run statements in their order; None where the last was reached."""
    for statement in statements:
        judge = JUDGES.get(type(statement))
        flow = None if judge is None else judge(run, statement, frame)
        if flow is not None:
            return flow
    return None


def _assign(run: Runner, node: Assign, frame: Frame) -> None:
    if node.value is None:
        return
    value = run.evaluate(node.value, frame)
    if node.is_augmented:
        old = run.evaluate(node.target, frame)
        value = added(old, value, node.text) if node.file.text_of(node.raw.children[1]) == "+=" else Unknown(node.text)
    for target in node.targets:
        if isinstance(target, Subscript) and len(target.items) == 1:
            key = run.evaluate(target.items[0], frame)
            put_item(run.evaluate(target.value, frame), key, value)
        else:
            bind(frame, target, value)


def _expression(run: Runner, node: Expr, frame: Frame) -> None:
    value = node.value
    if isinstance(value, Yield) and frame.on_yield is not None:
        frame.on_yield(None if value.value is None else run.evaluate(value.value, frame))
    else:
        run.evaluate(value, frame)


def _if(run: Runner, node: If, frame: Frame) -> Flow | None:
    holds = truth(run, node.test, frame)
    if holds is not None:
        return execute(run, node.body if holds else node.orelse, frame)
    before = dict(frame.names)
    with run.under(condition=node.test.text):
        then = execute(run, node.body, frame)
    after = frame.names
    frame.names = dict(before)
    with run.under(condition=f"not ({node.test.text})"):
        otherwise = execute(run, node.orelse, frame)
    if then is not None and then.ends is not Ends.BREAK:
        after = frame.names  # what follows is reached by the other branch alone
    elif otherwise is not None:
        frame.names = after
    frame.names = _joined(after, frame.names)
    frame.perhaps += (one.value for one in (then, otherwise) if one is not None and one.ends is Ends.RETURN)
    if (then is None) is not (otherwise is None):
        _go_on_under(run, node, then or otherwise, not_held=then is not None)
    return then if then is not None and otherwise is not None and then.ends is otherwise.ends else None


def _go_on_under(run: Runner, node: If, ended: Flow | None, *, not_held: bool) -> None:
    """What follows a branch that has left is run under the other one's condition; one that gives up leaves nothing to
    follow but what is meant to run."""
    if ended is not None and ended.ends is not Ends.RAISE:
        text = node.test.text
        run.conditions = (*run.conditions, f"not ({text})" if not_held else text)


def _joined(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """The names after both branches: a value that differs is unknown, but for a name that only one of them gives."""
    names = {**one, **other}
    for name in names:
        left, right = one.get(name, names[name]), other.get(name, names[name])
        if not same(left, right):
            names[name] = Unknown(name)
    return names


def _for(run: Runner, node: For, frame: Frame) -> Flow | None:
    iterated = run.evaluate(node.iter, frame)
    if not isinstance(iterated, tuple | list | dict):
        with run.under(repeated=True):
            bind(frame, node.target, Unknown(node.target.text))
            return _left(execute(run, node.body, frame))
    for value in [*iterated][:MOST_ROUNDS]:
        bind(frame, node.target, value)
        with run.under():
            flow = execute(run, node.body, frame)
        if flow is not None and flow.ends is not Ends.CONTINUE:
            return _left(flow)
    return None


def _left(flow: Flow | None) -> Flow | None:
    """What is left of a flow behind the loop it ends."""
    return None if flow is None or flow.ends in (Ends.BREAK, Ends.CONTINUE) else flow


def _while(run: Runner, node: While, frame: Frame) -> Flow | None:
    with run.under(repeated=True):
        run.evaluate(node.test, frame)
        flow = execute(run, node.body, frame)
    return None if flow is None or flow.ends is not Ends.RAISE else flow


def _with(run: Runner, node: With, frame: Frame) -> Flow | None:
    return _entered(run, node, 0, frame)


def _entered(run: Runner, node: With, index: int, frame: Frame) -> Flow | None:
    items = node.items
    if index >= len(items):
        return execute(run, node.body, frame)
    item = items[index]
    held: list[Flow | None] = []

    def body(value: Value) -> None:
        if item.target is not None:
            bind(frame, item.target, value)
        held.append(_entered(run, node, index + 1, frame))

    if not run.enter(item.value, frame, body):
        value = run.evaluate(item.value, frame)
        with run.under(made=value if isinstance(value, Made) else None):
            body(value)
    return held[0] if held else None


def _try(run: Runner, node: Try, frame: Frame) -> Flow | None:
    flow = execute(run, node.body, frame)
    handled = False
    for handler in node.handlers:
        with run.under(condition="except"):
            left = execute(run, handler.body, frame)
        frame.perhaps += () if left is None or left.ends is not Ends.RETURN else (left.value,)
        handled = left is None or handled
    execute(run, node.finalbody, frame)
    return None if flow is not None and flow.ends is Ends.RAISE and handled else flow


def _match(run: Runner, node: Match, frame: Frame) -> None:
    for clause in node.file.raw_query("case_clause", node.raw):
        body = clause.child_by_field_name("consequence")
        if body is not None:
            with run.under(condition="case"):
                execute(run, node.file.node(body).children, frame)


def _import(run: Runner, node: Import | ImportFrom, frame: Frame) -> None:
    for found in bindings_of(node):
        path = f"{found.module}.{found.imported}" if found.imported and found.module.strip(".") else ""
        path = path or f"{found.module}{found.imported}"
        if found.name == "*":
            frame.names.update(run.star_import(found.module, frame))
        elif not found.imported and found.name != found.module and "." in found.module and " as " not in node.text:
            frame.names[found.name] = Imported(found.name)
        else:
            frame.names[found.name] = Imported(path)


def _define(_run: Runner, node: FunctionDef, frame: Frame) -> None:
    frame.names[node.name] = Function(node, frame)


def _class(run: Runner, node: ClassDef, frame: Frame) -> None:
    inner = Frame(frame.file, frame)
    execute(run, node.body, inner)
    frame.names[node.name] = Class(node, frame, inner.names)


def _return(run: Runner, node: Return, frame: Frame) -> Flow:
    return Flow(Ends.RETURN, node, None if node.value is None else run.evaluate(node.value, frame))


def _test(run: Runner, node: Assert, frame: Frame) -> None:
    for child in node.children[:1]:
        run.evaluate(child, frame)


def _other(_run: Runner, node: Other, _frame: Frame) -> Flow | None:
    ends = LEAVES.get(node.text)
    return None if ends is None else Flow(ends, node)


JUDGES: Mapping[type[Node], Callable[[Runner, Any, Frame], Flow | None]] = {
    Assign: _assign,
    Expr: _expression,
    If: _if,
    For: _for,
    While: _while,
    With: _with,
    Try: _try,
    Match: _match,
    Import: _import,
    ImportFrom: _import,
    FunctionDef: _define,
    ClassDef: _class,
    Return: _return,
    Raise: lambda _run, node, _frame: Flow(Ends.RAISE, node),
    Assert: _test,
    Other: _other,
}
