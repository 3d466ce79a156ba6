"""Which tables of a SELECT nothing joins: its FROM entries, held together by the conditions that name two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forge_doctor.sql.parser import NotParsed, parsed

Node = dict[str, Any]
Tables = tuple[str, ...]


def unjoined(statement: str) -> tuple[Tables, ...]:
    """Groups of tables between which there is no condition, where there are two or more; each by its tables' names.

    Left out are those of one row at most, as far as the text tells: compared with a value by `=`, or made of functions.
    CROSS JOIN is written by whoever means it, and joins.

    >>> unjoined("SELECT * FROM a, b WHERE a.n < $1")
    (('a',), ('b',))
    >>> unjoined("SELECT * FROM a JOIN b ON a.id = b.a_id, c WHERE c.id = $1")
    ()
    """
    try:
        trees: Any = parsed(statement)
    except NotParsed:
        return ()
    for select in (one for tree in trees for one in _selects(tree.get("stmt"))):
        groups = _groups(select)
        if len(groups) > 1:
            return tuple(groups)
    return ()


def _selects(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        if "SelectStmt" in node:
            yield node["SelectStmt"]
        for value in node.values():
            yield from _selects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _selects(value)


def _groups(select: Node) -> list[Tables]:
    names: dict[str, str] = {}
    joined: dict[str, str] = {}
    for item in select.get("fromClause", ()):
        aliases = list(_entries(item, names))
        for alias in aliases:
            joined[alias] = aliases[0]
    if len(set(joined.values())) < 2:
        return []
    pinned: set[str] = set()
    if not _join(select.get("whereClause"), joined, pinned):
        return []
    groups: dict[str, list[str]] = {}
    for alias in names:
        groups.setdefault(_root(alias, joined), []).append(alias)
    many = [ones for ones in groups.values() if not pinned.intersection(ones)]
    return [tuple(names[one] for one in ones) for ones in many if all(names[one] for one in ones)]


def _entries(item: Node, names: dict[str, str]) -> Iterator[str]:
    """The aliases of one entry of FROM; a table's name is empty where it is none (a function, a subquery)."""
    kind = next(iter(item), "")
    body: Node = item.get(kind, {})
    if kind == "JoinExpr":
        for side in ("larg", "rarg"):
            yield from _entries(body.get(side, {}), names)
        return
    alias = str(body.get("alias", {}).get("aliasname", ""))
    name = str(body.get("relname", "")) if kind == "RangeVar" else ""
    found = alias or name or f"({len(names)})"
    names[found] = name
    yield found


def _join(node: Any, joined: dict[str, str], pinned: set[str]) -> bool:
    """Join what conditions name together; False where one names a column without its table, which may be any."""
    if not isinstance(node, dict):
        return True
    if "BoolExpr" in node and node["BoolExpr"].get("boolop") == "AND_EXPR":
        return all(_join(one, joined, pinned) for one in node["BoolExpr"].get("args", ()))
    relations, is_plain = set(), True
    for fields in _columns(node):
        is_plain = is_plain and len(fields) > 1
        if len(fields) > 1 and fields[-2] in joined:
            relations.add(fields[-2])
    if not is_plain and len(joined) > 1:
        return False
    first, *others = sorted(relations) or [""]
    for other in others:
        joined[_root(other, joined)] = _root(first, joined)
    if len(relations) == 1 and _is_pin(node):
        pinned.add(first)
    return True


def _root(alias: str, joined: dict[str, str]) -> str:
    while joined[alias] != alias:
        alias = joined[alias]
    return alias


def _is_pin(node: Node) -> bool:
    """`column = value`: of a key it leaves one row, of another column few."""
    body = node.get("A_Expr", {})
    names = [part["String"]["sval"] for part in body.get("name", ()) if "String" in part]
    return body.get("kind") == "AEXPR_OP" and names == ["="]


def _columns(node: Any) -> Iterator[list[str]]:
    if isinstance(node, dict):
        if "ColumnRef" in node:
            names = [part["String"]["sval"] for part in node["ColumnRef"].get("fields", ()) if "String" in part]
            if names:
                yield names
            return
        for value in node.values():
            yield from _columns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _columns(value)
