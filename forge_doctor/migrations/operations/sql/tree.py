"""Parts of a statement as PostgreSQL's parser gives it: names, types, constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Type
from forge_doctor.migrations.operations.types import type_named
from forge_doctor.sql.quoting import join_name

Tree = dict[str, Any]
# Stands in a statement for what only the run knows, so that it parses.
PLACEHOLDER = "fd_only_known_when_run"
STRING_MODIFIERS = ("varchar", "bpchar", "numeric", "bit", "varbit")


def held(name: str) -> str:
    """A name with the placeholder back to HOLE."""
    return name.replace(PLACEHOLDER, HOLE)


def table_of(relation: Tree | None) -> str:
    """The name of a RangeVar."""
    if not relation:
        return ""
    schema = relation.get("schemaname", "")
    name = held(str(relation.get("relname", "")))
    return join_name(name) if schema in ("", "public") or PLACEHOLDER in schema else join_name(schema, name)


def strings(items: list[Tree] | None) -> list[str]:
    """The names in a list of String nodes."""
    return [held(str(one["String"].get("sval", ""))) for one in items or [] if "String" in one]


def dotted(parts: list[str]) -> str:
    """A qualified name, `public` left out."""
    return join_name(*(parts[1:] if parts[:1] == ["public"] else parts))


def type_of_name(tree: Tree | None) -> Type:
    """The type of a TypeName."""
    if not tree:
        return Type()
    parts = [one for one in strings(tree.get("names")) if one != "pg_catalog"]
    numbers = [_number(one) for one in tree.get("typmods", [])]
    name = dotted(parts)
    if HOLE in name:
        return Type()
    args = tuple(-1 if one is None else one for one in numbers) if name in STRING_MODIFIERS else ()
    return type_named(name, args, array=bool(tree.get("arrayBounds")))


def _number(tree: Tree) -> int | None:
    constant = tree.get("A_Const", {})
    value = constant.get("ival")
    return None if value is None else int(value.get("ival", 0))


def nodes_in(tree: Any) -> Iterator[Tree]:
    """Every node of a tree, in the order of the text as far as the parser keeps it."""
    waiting: list[Any] = [tree]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            yield at
            waiting.extend(reversed([one for one in at.values() if isinstance(one, dict | list)]))
        else:
            waiting.extend(reversed(at))


def constants(tree: Any) -> Iterator[str]:
    """Every string constant in a tree."""
    for node in nodes_in(tree):
        constant = node.get("A_Const")
        if isinstance(constant, dict) and isinstance(constant.get("sval"), dict):
            yield held(str(constant["sval"].get("sval", "")))


def tables_in(tree: Any) -> Iterator[str]:
    """Every table named in a tree."""
    for node in nodes_in(tree):
        relation = node.get("RangeVar")
        if isinstance(relation, dict):
            yield table_of(relation)


def calls_in(tree: Any) -> Iterator[str]:
    """The last name of every function called in a tree."""
    for node in nodes_in(tree):
        call = node.get("FuncCall")
        if isinstance(call, dict):
            yield (strings(call.get("funcname")) or [""])[-1]
