"""Calls: of functions that were read, of Python's own, and of libraries, which are put into the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Lambda, Node, Param, Starred
from forge_doctor.migrations.evaluation import builtin_calls, files
from forge_doctor.migrations.evaluation.expressions import attribute_of
from forge_doctor.migrations.evaluation.files import FilePath, OpenFile
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.values import (
    Class,
    Frame,
    Function,
    Imported,
    Made,
    Member,
    Unknown,
    Value,
)

Arguments = tuple[tuple[Value, ...], dict[str, Value]]


def call(run: Runner, node: Call, frame: Frame) -> Value:
    """What a call gives."""
    func = node.func
    if isinstance(func, Attribute):
        owner = run.evaluate(func.value, frame)
        if isinstance(owner, FilePath | OpenFile):
            return files.method(run, owner, func.attr, arguments(run, node, frame)[0])
        if isinstance(owner, str | list | tuple | dict):
            args, keywords = arguments(run, node, frame)
            return builtin_calls.method(owner, func.attr, args, keywords)
        called = attribute_of(run, owner, func, frame)
    else:
        called = run.evaluate(func, frame)
    args, keywords = arguments(run, node, frame)
    return apply(run, called, args, keywords, node)


def apply(run: Runner, called: Value, args: tuple[Value, ...], keywords: Mapping[str, Value], node: Call) -> Value:
    """What calling a value with these arguments gives."""
    if isinstance(called, Function):
        return run.run_function(called, args, keywords, node)
    if isinstance(called, Class):
        return Made(f"<class>.{called.node.name}", args, keywords, node, called)
    if isinstance(called, Imported):
        return _imported(run, called, args, keywords, node)
    if isinstance(called, Made) and called.path == "functools.partial" and called.args:
        return apply(run, called.args[0], (*called.args[1:], *args), {**called.keywords, **keywords}, node)
    if isinstance(called, Member | Made):
        path = called.path if isinstance(called, Member) else f"{called.path}()"
        return _emitted(run, Made(path, args, keywords, node, called.owner if isinstance(called, Member) else called))
    return _unknown(run, node, args, keywords)


def _unknown(run: Runner, node: Call, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    """A method of something unknown is told by its name alone (`connection.execute(...)` of a parameter)."""
    made = Made(f"?.{node.method}", args, keywords, node)
    run.emit(made)
    return made if node.receiver is not None else Unknown(node.text)


def _imported(run: Runner, func: Imported, args: tuple[Value, ...], keywords: Mapping[str, Value], node: Call) -> Value:
    of_file = files.made(run, func.path, args)
    if of_file is not None:
        return of_file
    builtin = func.path.removeprefix("builtins.")
    if builtin == "map" and len(args) > 1:
        return [apply(run, args[0], one, {}, node) for one in zip(*map(builtin_calls.items, args[1:]), strict=False)]
    if builtin == "getattr" and len(args) > 1 and isinstance(args[0], Imported) and isinstance(args[1], str):
        return Imported(f"{args[0].path}.{args[1]}")
    if builtin != func.path:
        return builtin_calls.called(builtin, args, keywords)
    if func.path == "alembic.op.run_async" and args:
        return apply(run, args[0], (Made("alembic.op.get_bind", (), {}, node), *args[1:]), keywords, node)
    if func.path in builtin_calls.PURE and len(args) == 1 and isinstance(args[0], str):
        return builtin_calls.PURE[func.path](args[0])
    return _emitted(run, Made(func.path, args, keywords, node))


def _emitted(run: Runner, made: Made) -> Value:
    run.emit(made)
    known, fact = run.fact(f"{made.path}()")
    return fact if known else made


def arguments(run: Runner, node: Call, frame: Frame) -> Arguments:
    """What is passed; a spread that is not known is left out."""
    args: list[Value] = []
    for one in node.args:
        value = run.evaluate(one.value if isinstance(one, Starred) else one, frame)
        if not isinstance(one, Starred):
            args.append(value)
        elif isinstance(value, tuple | list):
            args.extend(value)
        else:
            args.append(Unknown(one.text))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.name:
            keywords[keyword.name] = value
        elif isinstance(value, dict):
            keywords.update({str(name): one for name, one in value.items()})
        else:
            keywords["**"] = Unknown(keyword.text)
    return tuple(args), keywords


def bound(run: Runner, function: Function, args: Sequence[Value], keywords: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of a function with their values for one call."""
    names: dict[str, Value] = {}
    left = [*function.bound, *args]
    rest = dict(keywords)
    for param in params_of(function.node):
        name, stars = param.text.lstrip("*"), len(param.text) - len(param.text.lstrip("*"))
        if isinstance(param, Param):
            name = param.name
            stars = 1 if param.is_spread and not param.text.startswith("**") else 2 if param.is_spread else 0
        if stars == 1:
            names[name], left = tuple(left), []
        elif stars == 2:
            names[name], rest = rest, {}
        elif left:
            names[name] = left.pop(0)
        elif name in rest:
            names[name] = rest.pop(name)
        else:
            default = param.default if isinstance(param, Param) else None
            names[name] = Unknown(name) if default is None else run.evaluate(default, function.frame)
    return names


def params_of(node: FunctionDef | Lambda) -> tuple[Node, ...]:
    """The parameters of a function or lambda."""
    return node.params
