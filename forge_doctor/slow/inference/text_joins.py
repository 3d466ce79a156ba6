"""Which column each joined table of a statement is joined by, and to what; it knows nothing of the server.

>>> joins_of("SELECT 1 FROM a LEFT JOIN b AS b_1 ON a.id = b_1.a_id LEFT JOIN c ON c.id = a.c_id")
(Join(side='a', table='b', column='a_id'), Join(side='a', table='c', column='id'))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from forge_doctor.sql.parser import NotParsed, parsed

Node = dict[str, Any]


class Join(NamedTuple):
    """`table` as written, whose `column` equals one of `side`, an alias of what stands before it."""

    side: str
    table: str
    column: str


def joins_of(text: str) -> tuple[Join, ...]:
    """Of the outermost SELECT, in order; none where rows are made of others (GROUP BY, DISTINCT, UNION)."""
    try:
        trees: Any = parsed(text)
    except NotParsed:
        return ()
    body: Node = trees[0].get("stmt", {}).get("SelectStmt", {}) if len(trees) == 1 else {}
    if any(key in body for key in ("groupClause", "distinctClause", "larg", "havingClause")):
        return ()
    return tuple(join for item in body.get("fromClause", ()) for join in _joins(item))


def _joins(item: Node) -> Iterator[Join]:
    body: Node = item.get("JoinExpr", {})
    if not body:
        return
    yield from _joins(body.get("larg", {}))
    inner = dict(_tables(body.get("rarg", {})))
    for one in _conjuncts(body.get("quals", {})):
        join = _equality(one, inner)
        if join is not None:
            yield join
            break
    yield from _joins(body.get("rarg", {}))


def _tables(item: Node) -> Iterator[tuple[str, str]]:
    """(alias, name) of what one side of a join reads."""
    if "RangeVar" in item:
        body = item["RangeVar"]
        name = str(body.get("relname", ""))
        full = f"{body['schemaname']}.{name}" if body.get("schemaname") else name
        yield body.get("alias", {}).get("aliasname", name), full
    elif "JoinExpr" in item:
        for side in ("larg", "rarg"):
            yield from _tables(item["JoinExpr"].get(side, {}))


def _equality(node: Node, inner: dict[str, str]) -> Join | None:
    body: Node = node.get("A_Expr", {})
    if body.get("kind") != "AEXPR_OP" or [one.get("String", {}).get("sval") for one in body.get("name", ())] != ["="]:
        return None
    left, right = _column(body.get("lexpr", {})), _column(body.get("rexpr", {}))
    if left is None or right is None or (left[0] in inner) == (right[0] in inner):
        return None
    own, other = (left, right) if left[0] in inner else (right, left)
    return Join(side=other[0], table=inner[own[0]], column=own[1])


def _column(node: Node) -> tuple[str, str] | None:
    names = [part["String"]["sval"] for part in node.get("ColumnRef", {}).get("fields", ()) if "String" in part]
    return (names[-2], names[-1]) if len(names) > 1 else None


def _conjuncts(node: Node) -> Iterator[Node]:
    body: Node = node.get("BoolExpr", {})
    if body.get("boolop") == "AND_EXPR":
        for one in body.get("args", ()):
            yield from _conjuncts(one)
    else:
        yield node
