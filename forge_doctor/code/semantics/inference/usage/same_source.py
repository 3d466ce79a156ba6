"""Where else in a file a name is bound to what the same expression or the same caller gives; follows no call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.syntax.nodes import Assign, Await, Call, FunctionDef, Name, Node, With, WithItem
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.text_places import places_of

LONGEST = 80
MOST = 40  # places with the same expression that are looked at


def bound_alike(binding: Binding) -> Iterator[tuple[str, Node]]:
    """The names that are bound to the same elsewhere in the file, each with where it is meant."""
    source = _source_of(binding)
    if source is not None:
        yield from _bound_to(source)
    elif binding.how is How.PARAM and isinstance(binding.node.parent, FunctionDef):
        yield from _handed_alike(binding.node.parent, binding.name)


def _source_of(binding: Binding) -> Node | None:
    """The call that gives what a name is bound to: by `async with call() as name` or `name = call()`."""
    node = binding.node
    if binding.path:
        return None
    if isinstance(node, WithItem):
        statement = node.enclosing(With)
        value: Node | None = node.value if statement is not None and statement.is_async else None
    else:
        value = node.value if isinstance(node, Assign) and not node.is_augmented else None
    made = value.value if isinstance(value, Await) else value
    return value if isinstance(made, Call) and len(value.text if value else "") <= LONGEST else None


def _bound_to(source: Node) -> Iterator[tuple[str, Node]]:
    file, text = source.file, source.text
    for at in islice(places_of(text.encode(), file.data), MOST):
        if at != source.start:
            yield from _bound_at(file, at, text)


def _bound_at(file: SourceFile, offset: int, text: str) -> Iterator[tuple[str, Node]]:
    node = file.node_at(offset)
    while node is not None and node.start == offset and node.text != text:
        node = node.parent
    around = None if node is None or node.text != text else node.parent
    if isinstance(around, WithItem):
        statement = around.enclosing(With)
        if isinstance(around.target, Name) and statement is not None and statement.is_async:
            yield around.target.text, statement
    elif isinstance(around, Assign) and isinstance(around.target, Name) and not around.is_augmented:
        yield around.target.text, around.function or file.module


def _handed_alike(function: FunctionDef, name: str) -> Iterator[tuple[str, Node]]:
    """The same parameter of the other inner functions that are handed to the same call: `await self.run(work)`."""
    place = function.param_names.index(name)
    for call, index in _handed_to(function):
        for other in islice(function.file.calls(call.method), MOST):
            given = other.args[index] if other.func.text == call.func.text and index < len(other.args) else None
            inner = None if given is None else _inner(other, given)
            if inner is not None and inner is not function and inner.is_async and place < len(inner.param_names):
                yield inner.param_names[place], inner


def _handed_to(function: FunctionDef) -> Iterator[tuple[Call, int]]:
    """The calls that an inner function is handed to by its name, with its place among the arguments."""
    around = function.owner
    for call in around.find(Call, nested=False) if isinstance(around, FunctionDef) else ():
        for index, argument in enumerate(call.args):
            if isinstance(argument, Name) and argument.text == function.name:
                yield call, index


def _inner(call: Call, given: Node) -> FunctionDef | None:
    """The function of that name inside the one that makes the call."""
    around = call.function if isinstance(given, Name) else None
    return None if around is None else next((one for one in around.find(FunctionDef) if one.name == given.text), None)
