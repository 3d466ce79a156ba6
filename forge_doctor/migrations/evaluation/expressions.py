"""What an expression is; calls are another matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Dict,
    IfExp,
    Lambda,
    List,
    Name,
    NamedExpr,
    Node,
    Set,
    Starred,
    Str,
    Subscript,
    Tuple,
    UnaryOp,
)
from forge_doctor.migrations.evaluation import files
from forge_doctor.migrations.evaluation.arithmetic import binary
from forge_doctor.migrations.evaluation.binding import bind
from forge_doctor.migrations.evaluation.builtin_calls import BUILTINS
from forge_doctor.migrations.evaluation.comprehensions import comprehension
from forge_doctor.migrations.evaluation.files import FilePath
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.sizes import is_small
from forge_doctor.migrations.evaluation.strings import text
from forge_doctor.migrations.evaluation.truth import truth
from forge_doctor.migrations.evaluation.values import (
    Class,
    Frame,
    Function,
    Imported,
    Made,
    Member,
    Unknown,
    Value,
    is_known,
)

CONSTANTS: Mapping[str, Value] = {"None": None, "True": True, "False": False, "...": Ellipsis}


def evaluate(run: Runner, node: Node, frame: Frame) -> Value:
    """What an expression is; `Unknown` where only the run knows."""
    judge = JUDGES.get(type(node))
    return Unknown(node.text) if judge is None else judge(run, node, frame)


def _constant(_run: Runner, node: Constant, _frame: Frame) -> Value:
    written = node.text
    if written in CONSTANTS:
        return CONSTANTS[written]
    try:
        return int(written, 0)
    except ValueError:
        pass
    try:
        return float(written.replace("_", ""))
    except ValueError:
        return Unknown(written)


def _name(run: Runner, node: Name, frame: Frame) -> Value:
    name = node.text
    bound = frame.binding(name)
    if name == "__file__" and bound is None:
        return str(frame.file.absolute)
    if bound is None:
        return Imported(f"builtins.{name}") if name in BUILTINS else Unknown(name)
    value = bound.names[name]
    if isinstance(value, Imported):  # what is only imported is not looked for
        value = bound.names[name] = run.resolve(value, bound)
    return value


def attribute_of(run: Runner, value: Value, node: Attribute, frame: Frame) -> Value:
    """What an attribute of a value is."""
    name = node.attr
    if isinstance(value, Imported):
        whole = Imported(f"{value.path}.{name}")
        known, fact = run.fact(whole.path)
        return fact if known else run.resolve(whole, frame)
    if isinstance(value, FilePath):
        return files.attribute(value, name)
    method = method_of(value, name)
    if method is not None:
        return method
    if isinstance(value, Made | Member):
        path = f"{value.path}().{name}" if isinstance(value, Made) else f"{value.path}.{name}"
        known, fact = run.fact(path)
        return fact if known else Member(value, name, path)
    if isinstance(value, Class) and name in value.names:
        return value.names[name]
    if isinstance(value, str) and name == "value":  # of an enumeration's member
        return value
    return Unknown(node.text)


def method_of(value: Value, name: str) -> Function | None:
    """The method of an object whose class was read."""
    owner = value.owner if isinstance(value, Made) else value
    found = owner.names.get(name) if isinstance(owner, Class) and (owner is value or value_is_object(value)) else None
    if not isinstance(found, Function) or isinstance(found.node, Lambda):
        return None
    is_plain = found.node.decorated_by("staticmethod") or (
        owner is value and not found.node.decorated_by("classmethod")
    )
    return found if is_plain else Function(found.node, found.frame, (value,))


def value_is_object(value: Value) -> bool:
    """Whether it is what calling a class that was read gives."""
    return isinstance(value, Made) and value.path.startswith("<class>.")


def _sequence(run: Runner, node: Tuple | List | Set, frame: Frame) -> Value:
    found: list[Value] = []
    for one in node.elts:
        value = run.evaluate(one.value if isinstance(one, Starred) else one, frame)
        if not isinstance(one, Starred):
            found.append(value)
        elif isinstance(value, tuple | list):
            found.extend(value)
        else:
            return Unknown(node.text)
    if not is_small(found):
        return Unknown(node.text)
    return found if isinstance(node, List) else tuple(found)


def _dict(run: Runner, node: Dict, frame: Frame) -> Value:
    if len(node.items) != len(node.children):
        return _spread_dict(run, node, frame)
    pairs = [(run.evaluate(key, frame), run.evaluate(value, frame)) for key, value in node.items]
    if not all(isinstance(key, str | int | tuple) and is_known(key) for key, _ in pairs):
        return Unknown(node.text)
    found = {_key(key): value for key, value in pairs}
    return found if is_small(found) else Unknown(node.text)


def _spread_dict(run: Runner, node: Dict, frame: Frame) -> Value:
    found: dict[Any, Value] = {}
    for one in node.children:
        if one.raw.type == "pair":
            key = run.evaluate(one._need("key"), frame)
            if not isinstance(key, str | int):
                return Unknown(node.text)
            found[key] = run.evaluate(one._need("value"), frame)
        else:
            inner = run.evaluate((one.children or (one,))[-1], frame)
            if not isinstance(inner, dict):
                return Unknown(node.text)
            found.update(inner)
    return found if is_small(found) else Unknown(node.text)


def _key(value: Value) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _truth(run: Runner, node: Node, frame: Frame) -> Value:
    if isinstance(node, BoolOp):
        left = run.evaluate(node.left, frame)
        if is_known(left):
            return run.evaluate(node.right, frame) if bool(left) is node.is_and else left
        run.evaluate(node.right, frame)
        return Unknown(node.text)
    if isinstance(node, UnaryOp) and not node.is_not:
        inner = run.evaluate(node.operand, frame)
        return -inner if isinstance(inner, int | float) and node.text[:1] == "-" else Unknown(node.text)
    holds = truth(run, node, frame)
    return Unknown(node.text) if holds is None else holds


def _conditional(run: Runner, node: IfExp, frame: Frame) -> Value:
    holds = truth(run, node.test, frame)
    if holds is not None:
        return run.evaluate(node.body if holds else node.orelse, frame)
    body, orelse = run.evaluate(node.body, frame), run.evaluate(node.orelse, frame)
    return body if is_known(body) and body == orelse else Unknown(node.text)


def _subscript(run: Runner, node: Subscript, frame: Frame) -> Value:
    value, items = run.evaluate(node.value, frame), node.items
    key = run.evaluate(items[0], frame) if len(items) == 1 else None
    if isinstance(value, dict) and isinstance(key, str | int):
        return value.get(key, Unknown(node.text))
    if isinstance(value, tuple | list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return Unknown(node.text)


def _named(run: Runner, node: NamedExpr, frame: Frame) -> Value:
    value = run.evaluate(node.value, frame)
    bind(frame, node.target, value)
    return value


JUDGES: Mapping[type[Node], Callable[[Runner, Any, Frame], Value]] = {
    Constant: _constant,
    Str: text,
    Name: _name,
    Attribute: lambda run, node, frame: attribute_of(run, run.evaluate(node.value, frame), node, frame),
    Call: lambda run, node, frame: run.call(node, frame),
    Tuple: _sequence,
    List: _sequence,
    Set: _sequence,
    Dict: _dict,
    BinOp: binary,
    BoolOp: _truth,
    UnaryOp: _truth,
    Compare: _truth,
    IfExp: _conditional,
    Subscript: _subscript,
    Comprehension: comprehension,
    NamedExpr: _named,
    Lambda: lambda _run, node, frame: Function(node, frame),
    Await: lambda run, node, frame: run.evaluate(node.value, frame),
}
