"""The values of the configuration: each has the type its key asks for and is within its bounds, or is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.settings.keys import BOUNDS, WORDS

TABLE = "tool.forge-doctor"


def parse_limits(value: Any, path: Path) -> dict[str, Mapping[str, float]]:
    """The thresholds of each check; whether there is such a check, and whether it has them, is asked later."""
    expect(isinstance(value, dict), path, f"[{TABLE}.limits] must be a table of tables")
    limits: dict[str, Mapping[str, float]] = {}
    for name, entries in value.items():
        where = f"[{TABLE}.limits.{name}]"
        expect(isinstance(entries, dict), path, f"{where} must be a table, such as {name} = {{ idle_s = 60 }}")
        for key, number in entries.items():
            expect(_is_number(number), path, f"{key!r} in {where} must be a number, not {number!r}")
            expect(_is_finite(number), path, f"{key!r} in {where} must be a finite number")
        limits[name.replace("_", "-")] = {key.replace("-", "_"): float(number) for key, number in entries.items()}
    return limits


def parse_severities(value: Any, path: Path) -> dict[str, Severity]:
    """The severity that the findings of each check are to have."""
    where = f"[{TABLE}.severity]"
    expect(isinstance(value, dict), path, f'{where} must be a table, such as commit-in-loop = "info"')
    by_label = {one.label: one for one in Severity}
    found: dict[str, Severity] = {}
    for name, word in value.items():
        if not isinstance(word, str) or word.lower() not in by_label:
            near = nearest(str(word).lower(), by_label)
            raise UsageProblem(f"{path}: {name!r} in {where} must be a severity, not {word!r}{near}")
        found[name.replace("_", "-")] = by_label[word.lower()]
    return found


def checked_values(
    values: Mapping[str, Any], known: Mapping[str, object], path: Path, section: str = ""
) -> dict[str, Any]:
    """The values of a table by their keys, each known and of its type."""
    where = f"[{TABLE}.{section}]" if section else f"[{TABLE}]"
    checked: dict[str, Any] = {}
    for written, value in values.items():
        key = written.replace("_", "-")
        if key not in known:
            raise UsageProblem(f"{path}: unknown key {written!r} in {where}{nearest(key, known)}")
        expect(_has_type(value, known[key]), path, f"{written!r} in {where} must be {_described(known[key])}")
        name = f"{section}.{key}"
        _expect_in_range(name if name in BOUNDS else key, value, path, f"{written!r} in {where}")
        checked[key] = _frozen(value)
    return checked


def _expect_in_range(key: str, value: Any, path: Path, which: str) -> None:
    if key in BOUNDS:
        least, most = BOUNDS[key]
        between = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        expect(_is_finite(value) and least <= value <= most, path, f"{which} must be {between}")
    if key in WORDS and value.lower() not in WORDS[key]:
        raise UsageProblem(f"{path}: {which}: unknown value {value!r}{nearest(value.lower(), WORDS[key])}")
    text = value if isinstance(value, str) else ""
    expect("\0" not in text, path, f"{which} must have no NUL in it")


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(item) for name, item in value.items()})
    return tuple(value) if isinstance(value, list) else value


def _has_type(value: Any, expected: object) -> bool:
    if isinstance(expected, tuple):
        return isinstance(value, list) and all(_has_type(item, expected[0]) for item in value)
    if isinstance(expected, Mapping):
        return isinstance(value, dict) and all(_has_type(item, expected[str]) for item in value.values())
    if expected is float:
        return _is_number(value)
    return isinstance(value, expected) and not (expected is int and isinstance(value, bool))  # type: ignore[arg-type]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    """Whether it can be reckoned with: no infinity, no NaN, no whole number that no float holds."""
    try:
        return _is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def _described(expected: object) -> str:
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", dict: "a table"}
    if isinstance(expected, Mapping):
        return f"a table whose values are each {_described(expected[str])}"
    return "an array of strings" if isinstance(expected, tuple) else names[expected]  # type: ignore[index]


def expect(condition: bool, path: Path, problem: str) -> None:
    """Raise `UsageProblem` naming the file where the condition does not hold."""
    if not condition:
        raise UsageProblem(f"{path}: {problem}")
