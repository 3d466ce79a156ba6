"""No regular expression of the package takes more than its share of time for a longer text."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import forge_doctor
from forge_doctor.logs.signature import load_signatures
from forge_doctor.regex import _Uncompiled
from tests.support.growth import grows, pumps, searches, text_of

# An expression grows alike on every Python.
pytestmark = pytest.mark.slow

ROOT = Path(forge_doctor.__file__).parent
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(ROOT)], "forge_doctor.")
    if not module.name.startswith("forge_doctor.demo") and not module.name.endswith("__main__")
)
METHODS = frozenset({"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"})
Expression = tuple[re.Pattern[Any], frozenset[str]]


def test_expressions_are_found() -> None:
    assert sum(1 for name in MODULES for _ in expressions(name)) > 200


@pytest.mark.parametrize("name", MODULES)
def test_a_longer_text_takes_its_share_of_time(name: str) -> None:
    assert [told for pattern, methods in expressions(name) if (told := growing(pattern, methods))] == []


def test_those_of_signatures_take_theirs() -> None:
    sources = set()
    for signature in load_signatures().values():
        sources |= {pattern for _, pattern in signature.numbers} | {signature.detail, signature.once}
    found = [growing(re.compile(source), frozenset({"search"})) for source in sorted(filter(None, sources))]
    assert [told for told in found if told] == []


@pytest.mark.parametrize("source", [r"\w+=\w+;", r"(?:\w+\.)*[A-Z]", r"(?s)^(\w+):.*\s+x", r"a.*b.*c"])
def test_an_expression_that_grows_is_seen(source: str) -> None:
    assert growing(re.compile(source), frozenset({"search"}))


@pytest.mark.parametrize("source", [r"\w{1,40}=\w+", r"(?<!\w)\w++=", r"password", r"'[^'\n]{0,200}+'"])
def test_one_that_does_not_is_left_alone(source: str) -> None:
    assert not growing(re.compile(source), frozenset({"search"}))


def growing(pattern: re.Pattern[Any], methods: frozenset[str]) -> tuple[str, tuple[str, str]] | None:
    """The expression and the text that shows that it grows; None where none does."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    work = searches(pattern, methods)
    for pair in pumps(source, pattern.flags & ~re.UNICODE):
        if grows(work, lambda size, pair=pair: text_of(pair, size)):  # type: ignore[misc]
            return source, pair
    return None


def expressions(name: str) -> Iterator[Expression]:
    """Those a module holds, whether alone, in tables or in its values, and those written where they are used."""
    module = importlib.import_module(name)
    held = [(pattern, methods_of(key, name)) for key, value in vars(module).items() for pattern in _held(value, 0)]
    seen = set()
    for pattern, methods in (*held, *_written(Path(module.__file__ or ""))):
        key = (pattern.pattern, pattern.flags, methods)
        if key not in seen:
            seen.add(key)
            yield pattern, methods


def _held(value: object, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern | _Uncompiled):
        yield re.compile(value.pattern, value.flags)
    elif depth > 4:
        return
    elif isinstance(value, dict):
        for one in list(value.values()):
            yield from _held(one, depth + 1)
    elif isinstance(value, tuple | list | frozenset | set):
        for one in value:
            yield from _held(one, depth + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _held(getattr(value, field.name, None), depth + 1)


def _written(path: Path) -> Iterator[Expression]:
    """`re.search(r"...", text)`: the expression stands in the call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                yield re.compile(first.value), frozenset({node.func.attr})


def methods_of(name: str, module: str) -> frozenset[str]:
    """What is done with the module's expression of that name; nothing where it is handed on and nobody can tell."""
    used: set[str] = set()
    for uses in _uses():
        if uses.module == module or (module, name) in uses.imported:
            if name in uses.handed_on:
                return frozenset()
            used |= uses.methods.get(name, set())
    return frozenset(used)


class Uses(NamedTuple):
    """What one module does with names: methods called on them, names handed on, names taken from other modules."""

    module: str
    methods: dict[str, set[str]]
    handed_on: set[str]
    imported: set[tuple[str, str]]


@cache
def _uses() -> tuple[Uses, ...]:
    return tuple(_uses_of(path) for path in sorted(ROOT.rglob("*.py")))


def _uses_of(path: Path) -> Uses:
    dotted = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    uses = Uses(dotted, defaultdict(set), set(), set())
    bases = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            uses.methods[node.value.id].add(node.attr)
            bases.add(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in bases:
            uses.handed_on.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            uses.imported.update((node.module or "", one.name) for one in node.names)
    return uses
