"""Calls of Python's own functions and of the methods of its values, where their result is certain."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.sizes import (
    is_small,
    is_wide,
    joined_fits,
    may_hold,
    replaced_fits,
    some_of,
)
from forge_doctor.migrations.evaluation.strings import shown
from forge_doctor.migrations.evaluation.values import Unknown, Value, is_known

MOST_ROUNDS = 1000
STRING_METHODS = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "split", "splitlines", "title", "capitalize",
     "removeprefix", "removesuffix", "startswith", "endswith", "partition", "rpartition", "expandtabs"}
)  # fmt: skip


def items(value: Value) -> list[Value]:
    """The elements of a value."""
    return [*value][:MOST_ROUNDS] if isinstance(value, tuple | list | dict | str) else []


BUILTINS: Mapping[str, Callable[..., Value]] = {
    "list": lambda value=(): items(value),
    "tuple": lambda value=(): tuple(items(value)),
    "set": lambda value=(): tuple(dict.fromkeys(items(value))),
    "frozenset": lambda value=(): tuple(dict.fromkeys(items(value))),
    "sorted": lambda value, **_: sorted(items(value), key=str),
    "reversed": lambda value: items(value)[::-1],
    "len": lambda value: len(items(value)),
    "str": lambda value="": shown(value),
    "int": lambda value=0: int(value),
    "bool": lambda value=False: bool(value),
    "dict": lambda value=(), **given: {**dict(value), **given},
    "zip": lambda *values, **_: [*zip(*map(items, values), strict=False)],
    "enumerate": lambda value, start=0: [*enumerate(items(value), start)],
    "range": lambda *bounds: some_of(bounds, MOST_ROUNDS),
    "open": lambda *_, **__: Unknown("open"),
    "print": lambda *_, **__: None,
    "isinstance": lambda *_: Unknown("isinstance"),
    "getattr": lambda *_: Unknown("getattr"),
    "hasattr": lambda *_: Unknown("hasattr"),
    "any": lambda value: any(value),
    "all": lambda value: all(value),
    "repr": lambda value: repr(value),
    "map": lambda *_: Unknown("map"),
    "filter": lambda test, values: [one for one in items(values) if one] if test is None else Unknown("filter"),
    "super": lambda *_: Unknown("super"),
}
PURE = {"textwrap.dedent": textwrap.dedent, "inspect.cleandoc": textwrap.dedent}
# Those that need their elements known, not only how many there are.
NEED_ELEMENTS = frozenset({"sorted", "set", "frozenset", "any", "all", "repr", "int", "bool", "range"})


def called(name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    """What a builtin gives."""
    readable = all(isinstance(one, str | int | float | tuple | list | dict) or one is None for one in args)
    if not readable or (name in NEED_ELEMENTS and not all(map(is_known, args))):
        return HOLE if name == "str" else Unknown(name)
    try:
        found = BUILTINS[name](*args, **keywords)
        return found if is_small(found) else Unknown(name)
    except (TypeError, ValueError, KeyError, OverflowError):
        return Unknown(name)


def method(value: Value, name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    """What a method of a Python value gives; a list may grow by it."""
    if isinstance(value, str):
        return _of_text(value, name, args, keywords)
    if isinstance(value, list) and name in ("append", "extend", "insert") and args:
        grown = [args[-1]] if name != "extend" else items(args[0])
        value.extend([one for one in grown if may_hold(value, one)])
        return None
    if isinstance(value, dict):
        return _of_dict(value, name, args)
    if isinstance(value, list | tuple) and name == "copy":
        return [*value]
    return Unknown(name)


def _of_dict(value: dict[Any, Value], name: str, args: tuple[Value, ...]) -> Value:
    if name in ("items", "keys", "values"):
        return [*getattr(value, name)()]
    if name in ("get", "pop") and args and isinstance(args[0], str | int):
        return value.get(args[0], args[1] if len(args) > 1 else None)
    return dict(value) if name == "copy" else Unknown(name)


def _of_text(value: str, name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    if name == "join" and args:
        parts = [*map(shown, items(args[0]))] if isinstance(args[0], tuple | list) else None
        return HOLE if parts is None or not joined_fits(value, parts) else value.join(parts)
    if name == "format":
        if is_wide(value):
            return HOLE
        try:
            found = value.format(*map(shown, args), **{key: shown(one) for key, one in keywords.items()})
            return found if is_small(found) else HOLE
        except (IndexError, KeyError, ValueError, AttributeError):
            return HOLE
    if name in STRING_METHODS and all(isinstance(one, str | int) for one in args):
        if not _is_followed(value, name, args):
            return Unknown(name)
        try:
            result = getattr(value, name)(*args)
        except (TypeError, ValueError):
            return Unknown(name)
        return [*result] if isinstance(result, tuple | list) else result
    return Unknown(name)


def _is_followed(value: str, name: str, args: tuple[Value, ...]) -> bool:
    """Whether what the method gives is no larger than what is followed."""
    if name == "replace" and len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
        return replaced_fits(value, args[0], args[1])
    return name != "expandtabs" or all(isinstance(one, int) and one <= 16 for one in args)
