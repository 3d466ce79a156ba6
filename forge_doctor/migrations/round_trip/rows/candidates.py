"""Values worth trying where a check constrains a column: constants of the check and what is near them; it tries none.

The server says which of them satisfy the check: nothing here understands an expression.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from re import _constants as words  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from forge_doctor.migrations.round_trip.rows.shape import Column, Type
from forge_doctor.migrations.round_trip.rows.values import HEADER, value_of

STRING = re.compile(r"'((?:[^']|'')*)'(?:::([a-z ]+))?")
NUMBER = re.compile(r"(?<![\w'.])\d+(?:\.\d+)?(?![\w'])")
NUMERIC = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "money"})
TEXT = frozenset({"text", "varchar", "bpchar", "citext", "name"})
ORDINARY = (
    "a",
    "abc",
    "ABC",
    "a@b.example",
    "https://a.example",
    "+491234567",
    "2024-01-01",
    "#00ff00",
    "a-b",
    "a_b",
    "/a",
    "",
)
LARGEST = {"int2": 32767, "int4": 2147483647, "int8": 2**63 - 1}
LONGEST = 300
MOST = 40


def candidates(column: Column, checks: Iterable[str], number: int) -> tuple[str | None, ...]:
    """Values for a row with this number, the ordinary one first; None is NULL."""
    kind = column.type
    text = " ".join(checks)
    constants = [found[1].replace("''", "'") for found in STRING.finditer(text)]
    numbers = [found[0] for found in NUMBER.finditer(STRING.sub("''", text))]
    wanted: list[str | None] = [value_of(kind, number)]
    wanted += _near(kind, constants, numbers)
    wanted += [value_of(kind, other) for other in (number + 1, number + 2, number + 3)]
    if not column.not_null:
        wanted.append(None)
    return tuple(dict.fromkeys(one for one in wanted if one is not None or not column.not_null))[:MOST]


def _near(kind: Type, constants: list[str], numbers: list[str]) -> Iterator[str]:
    if kind.name in NUMERIC:
        yield from (one for one in _around([*numbers, *constants]) if _fits(kind, one))
    elif kind.name in TEXT:
        limit = kind.modifier - HEADER if kind.modifier >= HEADER else LONGEST
        yield from (one for one in _texts(constants, numbers) if len(one) <= limit)
    elif kind.name == "bool":
        yield from ("true", "false")
    elif kind.name in ("json", "jsonb"):
        yield from ("[]", '"a"', "1", *(f'{{"{one}": {{}}}}' for one in constants if one.isidentifier()))
    elif kind.labels:
        yield from kind.labels
    elif kind.element is not None:
        inner = [one for one in constants if one.isalnum()][:3] or [value_of(kind.element, 1) or ""]
        yield from ("{" + inner[0] + "}", "{" + ",".join(inner) + "}", "{}")
    elif kind.name in ("date", "timestamp", "timestamptz", "interval", "time"):
        yield from (one for one in constants if re.match(r"\d[ :.\d+-]*+$|-[ :.\d+-]*+$|\d++ \w++$", one))
        yield from (near for one in constants for near in _days_around(one))


def _days_around(constant: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(constant[:10])
        yield from (str(day + timedelta(days=1)), str(day - timedelta(days=1)))
    except (ValueError, OverflowError):
        return


def _around(numbers: Iterable[str]) -> Iterator[str]:
    for one in numbers:
        if re.fullmatch(r"\d+", one):
            yield from (one, str(int(one) + 1), str(int(one) - 1), str(int(one) // 2))
        elif re.fullmatch(r"\d+\.\d+", one):
            yield one
    yield from ("0", "-1", "10", "0.5")


def _fits(kind: Type, one: str) -> bool:
    if kind.name in LARGEST:
        return "." not in one and abs(int(one)) <= LARGEST[kind.name]
    if kind.name == "numeric" and kind.modifier >= HEADER:
        precision, scale = (kind.modifier - HEADER) >> 16 & 0xFFFF, (kind.modifier - HEADER) & 0x7FF
        return len(one.lstrip("-").partition(".")[0].lstrip("0")) <= precision - scale
    return True


def _texts(constants: Iterable[str], numbers: Iterable[str]) -> Iterator[str]:
    for one in constants:
        yield one
        yield from filter(None, (sample_of(one), one.replace("%", "").replace("_", "a")))
    for number in numbers:
        if number.isdigit() and int(number) <= LONGEST:
            yield from ("1" * int(number), "A" * int(number), "1" * (int(number) + 1))
    yield from ORDINARY


def sample_of(pattern: str) -> str | None:
    """A short text that a regular expression matches, where Python reads it as PostgreSQL does; else None.

    >>> sample_of("^[A-Z]{3}-[0-9]+$")
    'AAA-0'
    """
    try:
        return "".join(_sampled(_parser.parse(pattern), random.Random(0)))  # noqa: S311
    except (re.error, OverflowError, ValueError, RecursionError):
        return None


def _sampled(parsed: Any, chance: random.Random) -> Iterator[str]:
    for operation, argument in parsed:
        if operation is words.LITERAL:
            yield chr(argument)
        elif operation in (words.ANY, words.NOT_LITERAL):
            yield "a"
        elif operation is words.IN:
            yield _one_of(argument)
        elif operation is words.BRANCH:
            yield from _sampled(argument[1][0], chance)
        elif operation is words.SUBPATTERN:
            yield from _sampled(argument[-1], chance)
        elif operation in (words.MAX_REPEAT, words.MIN_REPEAT):
            least, _, inner = argument
            for _ in range(min(max(least, 1), LONGEST)):
                yield from _sampled(inner, chance)


def _one_of(choices: Any) -> str:
    negated = bool(choices) and choices[0][0] is words.NEGATE
    if negated:
        return "a"
    for operation, argument in choices:
        if operation is words.LITERAL:
            return chr(argument)
        if operation is words.RANGE:
            return chr(argument[0])
        if operation is words.CATEGORY:
            return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(argument), "a")
    return "a"
