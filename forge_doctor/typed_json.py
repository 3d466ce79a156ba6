"""JSON back into frozen dataclasses, by their annotations: whatever does not fit is said by name, nothing is guessed."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import types
import typing
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

MOMENT = types.MappingProxyType({"moment": True})
"""Metadata of a text that is a moment in ISO 8601, with its zone; or empty, where it is not known."""


class WrongType(Exception):
    """A value does not have the type its field has."""


def decode(expected: Any, value: Any, where: str) -> Any:
    """The value as `expected` says it is; raises `WrongType` that names the place below `where`."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else decode(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        _expect(isinstance(value, list), where, "a list")
        return tuple(decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is not None:  # Mapping[str, X]
        _expect(isinstance(value, dict), where, "an object")
        return {key: decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(expected):
        return _decode_fields(expected, value, where)
    return _decode_scalar(expected, value, where)


def _decode_fields(expected: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), where, "an object")
    hints = _hints(expected)
    for key in value.keys() - hints.keys():
        raise WrongType(f"{where} has an unknown field {key!r}")
    decoded = {key: decode(hints[key], item, f"{where}.{key}") for key, item in value.items()}
    for field in dataclasses.fields(expected):
        if field.metadata.get("moment") and decoded.get(field.name):
            _expect(_is_moment(decoded[field.name]), f"{where}.{field.name}", "a moment in ISO 8601, with its zone")
    try:
        return expected(**decoded)
    except TypeError as error:
        missing = sorted(
            field.name
            for field in dataclasses.fields(expected)
            if field.name not in value and field.default is field.default_factory is dataclasses.MISSING
        )
        raise WrongType(f"{where} lacks {', '.join(missing)}") from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode_scalar(expected: Any, value: Any, where: str) -> Any:
    if issubclass(expected, Enum):
        _expect(
            value in [member.value for member in expected], where, f"one of {[member.value for member in expected]}"
        )
        return expected(value)
    if expected is float:
        _expect(isinstance(value, int | float) and not isinstance(value, bool), where, "a number")
        return _finite(value, where)
    _expect(isinstance(value, expected) and not (expected is int and isinstance(value, bool)), where, expected.__name__)
    _expect(expected is not str or "\0" not in value, where, "text without a NUL")
    return value


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
        return moment.tzinfo is not None and datetime.min.year + 1 < moment.year < datetime.max.year
    except ValueError:
        return False


def _finite(value: float, where: str) -> float:
    """Python's JSON reads NaN and Infinity, and whole numbers that no float holds."""
    with contextlib.suppress(OverflowError):
        number = float(value)
        if math.isfinite(number):
            return number
    raise WrongType(f"{where} must be a finite number")


def _expect(condition: bool, where: str, what: str) -> None:
    if not condition:
        raise WrongType(f"{where} must be {what}")
