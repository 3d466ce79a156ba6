"""What decorators of the project hand to the functions they are put on: `return await func(session, *args)`. Reads what stands in
the decorator, and follows nothing that it calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.inference.kept_answers import kept_with_trees
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, Starred
from forge_doctor.finding import Confidence


class Wrapped(NamedTuple):
    """A decorator around a function: what it puts in its place, and where that calls it."""

    decorator: Node
    wrapper: FunctionDef
    calls: tuple[Call, ...]


@kept_with_trees
def wrapped_by(knows: Knowledge, function: FunctionDef) -> tuple[Wrapped, ...]:
    """The asynchronous wrappers of the project's decorators around a function, the outermost first."""
    return tuple(_wrapped_by(knows, function)) if function.decorators and function.is_async else ()


def _wrapped_by(knows: Knowledge, function: FunctionDef) -> Iterator[Wrapped]:
    for one in function.decorators:
        made = knows.value_of(one.func if isinstance(one, Call) else one)
        decorator = made.definition if made.kind is Kind.FUNCTION else None
        if not isinstance(decorator, FunctionDef) or decorator is function:
            continue
        # `@with_session` takes the function itself, `@with_session(commit=True)` gives what takes it.
        takers = decorator.find(FunctionDef, nested=True) if isinstance(one, Call) else (decorator,)
        for taker in takers:
            given = next(iter(taker.param_names), "")
            inner = [call for call in taker.find(Call) if call.func.text == given and call.function is not taker]
            wrapper = inner[0].function if given and inner else None
            if wrapper is not None and wrapper.is_async and all(call.function is wrapper for call in inner):
                yield Wrapped(one, wrapper, tuple(inner))
                break


def handed(wrapped: Wrapped, function: FunctionDef, name: str) -> Node | None:
    """What each call of the wrapper gives for a parameter of the function; None where one leaves it to the caller."""
    found = [_handed(call, function, name) for call in wrapped.calls]
    texts = {"" if one is None else one.text for one in found}
    return found[0] if len(texts) == 1 else None


def _handed(call: Call, function: FunctionDef, name: str) -> Node | None:
    if (named := call.keyword(name)) is not None:
        return named
    if name not in function.param_names:
        return None
    place = function.param_names.index(name)
    before = call.args[: place + 1]
    return before[place] if len(before) > place and not any(isinstance(one, Starred) for one in before) else None


def given_by_decorator(knows: Knowledge, name: str, function: FunctionDef) -> Value:
    """What a parameter of no type holds by a decorator that opens it: a session or connection, for all that is known."""
    for wrapped in wrapped_by(knows, function):
        given = handed(wrapped, function, name)
        # What the wrapper is given itself is the caller's.
        if not isinstance(given, Name) or given.id in wrapped.wrapper.param_names:
            continue
        value = knows.value_of(given)
        if value.kind.is_async:
            return value.at_most(Confidence.MEDIUM, f"given by @{wrapped.decorator.text}")
    return UNKNOWN
