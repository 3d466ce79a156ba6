"""Coroutines that run side by side or outlive their caller: gather, create_task, task groups, BackgroundTasks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    Dict,
    For,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Sequence,
    Starred,
    Subscript,
    While,
    With,
)
from forge_doctor.regex import regex

LAUNCHERS = words("create_task ensure_future start_soon add_task spawn")
GROUPS = regex(r"TaskGroup|task_group|nursery|^_?tg$|^group$", re.IGNORECASE)
GATHERERS = words("gather wait as_completed")


def gathered(call: Call) -> Iterator[tuple[Node, bool]]:
    """The coroutines a gather (or the like) is given, and whether one stands for many."""
    for argument in call.args:
        yield from _coroutines(argument, many=False)


def _coroutines(node: Node, *, many: bool) -> Iterator[tuple[Node, bool]]:
    if isinstance(node, Starred):
        yield from _coroutines(node.value, many=many)
    elif isinstance(node, Comprehension):
        yield from _each(_parts(node.element), many=True)
    elif isinstance(node, Sequence | Dict):
        elements = node.elts if isinstance(node, Sequence) else [one for pair in node.items for one in pair]
        yield from _each(elements, many=many)
    elif isinstance(node, Name):
        yield from _collected(node)
    elif isinstance(node, Call):
        yield from _made_by(node, many=many)
    else:
        yield node, many


def _each(nodes: Iterable[Node], *, many: bool) -> Iterator[tuple[Node, bool]]:
    for one in nodes:
        yield from _coroutines(one, many=many)


def _parts(element: Node) -> tuple[Node, ...]:
    """Both of `{create_task(f(x)): x for x in xs}`, which has them as its keys."""
    return tuple(element.children) if element.raw.type == "pair" else (element,)


def _made_by(call: Call, *, many: bool) -> Iterator[tuple[Node, bool]]:
    """A coroutine, or what holds some: `map(f, xs)`, `tasks.values()`, `create_task(f(x))`."""
    if call.method == "map" and call.receiver is None and call.args:
        mapped = call.args[0]
        yield (mapped.body if isinstance(mapped, Lambda) else mapped), True
    elif call.method == "values" and not call.args and call.receiver is not None:
        yield from _coroutines(call.receiver, many=many)
    elif call.method in LAUNCHERS and call.args:
        yield from _coroutines(call.args[0], many=many)
    else:
        yield call, many


def _collected(name: Name) -> Iterator[tuple[Node, bool]]:
    """`tasks` of `tasks = [f(x) for x in xs]`, `tasks.append(f(x))` or `tasks[x] = f(x)`."""
    function = name.function
    if function is None:
        return
    for assign in function.find(Assign, nested=False):
        value = assign.value
        if assign.target.text == name.text and assign.start < name.start and not isinstance(value, Name | None):
            yield from _coroutines(value, many=False)
        elif isinstance(assign.target, Subscript) and assign.target.value.text == name.text and value is not None:
            yield from _coroutines(value, many=is_in_loop(assign, function))
    for call in function.find(Call, nested=False):
        if call.method == "append" and call.is_on(name.text) and call.args:
            yield from _coroutines(call.args[0], many=is_in_loop(call, function))


def is_in_loop(node: Node, within: Node) -> bool:
    """Whether a node is repeated by a loop inside `within`."""
    return loop_around(node, within) is not None


def loop_around(node: Node, within: Node) -> For | While | Comprehension | None:
    """The nearest loop or comprehension around a node inside `within`."""
    for around in node.ancestors:
        if around is within or isinstance(around, FunctionDef):
            return None
        if isinstance(around, For | While | Comprehension):
            return around
    return None


def launched(call: Call) -> Node | None:
    """What `create_task(f(db))` starts; the call itself for `add_task(f, db)` and `start_soon(f, db)`."""
    if call.method in ("add_task", "start_soon"):
        return call
    return call.args[0] if call.args else None


def is_group(project: Project, receiver: Node) -> bool:
    """Whether a task group waits for its tasks before its block ends."""
    value = project.qualified(receiver)
    if GROUPS.search(value) or GROUPS.search(receiver.text):
        return True
    return any(
        item.target is not None and item.target.text == receiver.text
        for statement in receiver.ancestors
        if isinstance(statement, With)
        for item in statement.items
    )
