"""What a part of an unpacked value is: of a tuple as written, or as the project's own function returns it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value, one_of
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    ClassDef,
    Constant,
    FunctionDef,
    Name,
    Node,
    Return,
    Sequence,
    Starred,
    Yield,
)
from forge_doctor.finding import Confidence

MAX_DEPTH = 3


def part_of(knows: Knowledge, value: Node, path: tuple[int, ...]) -> Value:
    """What stands at a place of the tuple that an expression gives."""
    return _part(knows, _tuples(knows, value, 0), path)


def entered_part(knows: Knowledge, manager: Value, path: tuple[int, ...]) -> Value:
    """What stands at a place of the tuple that a context manager of the project gives to `with`."""
    definition = manager.definition
    given: list[Node | None] = []
    if isinstance(definition, ClassDef):
        method = knows.method(definition, "__aenter__") or knows.method(definition, "__enter__")
        given = [] if method is None else [one.value for one in method.find(Return, nested=False)]
    elif isinstance(definition, FunctionDef) and definition.is_generator:
        given = [one.value for one in definition.find(Yield, nested=False)]
    return _part(knows, given, path).at_most(Confidence.MEDIUM)


def _part(knows: Knowledge, tuples: Iterable[Node | None], path: tuple[int, ...]) -> Value:
    """What stands at that place of the one or the other."""
    parts = [_at(one, path) for one in tuples]
    return one_of([UNKNOWN if one is None else knows.value_of(one) for one in parts])


def _at(value: Node | None, path: tuple[int, ...]) -> Node | None:
    for index in path:
        if not isinstance(value, Sequence) or not 0 <= index < len(value.elts):
            return None
        value = value.elts[index]
    return value


def _tuples(knows: Knowledge, value: Node, depth: int) -> Iterator[Node]:
    """The tuples an expression may give; what is not known to be one stands for itself."""
    inner = value.value if isinstance(value, Await) else value
    if depth < MAX_DEPTH and isinstance(inner, Call):
        given = _given_by(knows, inner, is_awaited=inner is not value)
    elif depth < MAX_DEPTH and isinstance(value, Name):
        given = _bound_to(knows, value)
    else:
        given = [value]
    for one in given:
        yield from [one] if one is value else _tuples(knows, one, depth + 1)


def _given_by(knows: Knowledge, call: Call, *, is_awaited: bool) -> list[Node]:
    """What a function of the project returns, for each way out of it."""
    func = knows.value_of(call.func)
    function = func.definition if func.kind is Kind.FUNCTION else None
    if not isinstance(function, FunctionDef) or function.is_generator or function.is_async is not is_awaited:
        return [call]
    return [one.value or call for one in function.find(Return, nested=False)] or [call]


def _bound_to(knows: Knowledge, name: Name) -> list[Node]:
    """What a name is set to, the `None` it begins with left out."""
    found = knows.scopes(name.file).lookup(name.text, name)
    given: list[Node] = []
    for binding in [] if found is None else found[1]:
        node = binding.node
        value = node.value if isinstance(node, Assign) and not node.is_augmented and not binding.path else None
        if value is None:
            return [name]
        given += [] if isinstance(value, Constant) and value.text == "None" else [value]
    return given or [name]


def paired_source(call: Call, path: tuple[int, ...]) -> tuple[tuple[Kind, ...], Node] | None:
    """What gives one of the names of `for key, value in values.items()`, `for n, value in enumerate(values)` and
    `for one, other in zip(values, others)`, and what it has to be."""
    if path == (1,) and call.method == "items" and call.receiver is not None:
        return (Kind.MAPPING,), call.receiver
    many = (Kind.ITERATOR, Kind.COLLECTION)
    if path == (1,) and call.method == "enumerate" and call.args:
        return many, call.args[0]
    is_whole = call.func.text == "zip" and not any(isinstance(one, Starred) for one in call.args)
    return (many, call.args[path[0]]) if is_whole and len(path) == 1 and 0 <= path[0] < len(call.args) else None
