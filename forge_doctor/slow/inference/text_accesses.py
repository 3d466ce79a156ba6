"""Which conditions a statement's text puts on which table, where no plan could be had; it knows nothing of indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.regex import regex
from forge_doctor.slow.inference.predicates import Node, Term, terms_of_node
from forge_doctor.sql.parser import NotParsed, parsed
from forge_doctor.sql.quoting import join_name

# A value that was taken out, where no operand stands before it.
MASKED = regex(
    r"(?:[=<>(,~*+/-]|\b(?:LIKE|AND|OR|BETWEEN|LIMIT|OFFSET|IN|ANY|VALUES|THEN|ELSE|WHEN|NOT|SELECT|BY))\s{0,9}\?",
    re.IGNORECASE,
)
Found = tuple[str, tuple[Term, ...], tuple[str, ...]]


def text_accesses(text: str) -> tuple[Found, ...]:
    """(table as `join_name` writes it, the comparisons that have to hold for it, what it is sorted by for a LIMIT), for each table.

    >>> [(name, [one.column for one in terms]) for name, terms, _ in text_accesses("SELECT 1 FROM a.b x WHERE x.c = $1")]
    [('a.b', ['c'])]
    """
    try:
        trees: Any = _trees(text)
    except NotParsed:
        return ()
    return tuple(found for tree in trees for found in _statement(tree.get("stmt", {})))


def unjoined(text: str) -> tuple[str, ...]:
    """Tables of one FROM of which nothing in the text leads to the others; none where all are joined somehow.

    >>> unjoined("SELECT 1 FROM a, b WHERE a.x = $1 AND b.y = $2"), unjoined("SELECT 1 FROM a, b WHERE f(a.x, b.y)")
    (('a', 'b'), ())
    """
    try:
        trees: Any = _trees(text)
    except NotParsed:
        return ()
    body = trees[0].get("stmt", {}).get("SelectStmt", {}) if len(trees) == 1 else {}
    read = _From()
    for item in body.get("fromClause", ()):
        if next(iter(item), "") not in ("RangeVar", "JoinExpr"):
            return ()
        _from_item(item, read)
    if len(read.names) < 2 or read.inner:
        return ()
    groups = [{alias} for alias in read.names]
    conditions = [*read.conditions, *([body["whereClause"]] if "whereClause" in body else ())]
    for condition in (part for whole in conditions for part in _conjuncts(whole)):
        named = set(_aliases(condition))
        if not named or "" in named:  # a column without its table, or a subquery: nobody can tell
            if "" in named:
                return ()
            continue
        joined = [one for one in groups if one & named]
        groups = [one for one in groups if not one & named] + [set().union(*joined)] if joined else groups
    return tuple(read.names[min(one)] for one in groups) if len(groups) > 1 else ()


def _trees(text: str) -> Any:
    """As the server reads it; values that a log had in the text are `?` in it, which only an operator is to the server."""
    try:
        return parsed(text)
    except NotParsed:
        if "?" not in text:
            raise
        return parsed(MASKED.sub(lambda found: f"{found[0][:-1]} $1", text))


def _conjuncts(node: Node) -> Iterator[Node]:
    body = node.get("BoolExpr", {})
    if body.get("boolop") == "AND_EXPR":
        for one in body.get("args", ()):
            yield from _conjuncts(one)
    else:
        yield node


def _aliases(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "SubLink" in node:
            yield ""
        elif "ColumnRef" in node:
            names = [part["String"]["sval"] for part in node["ColumnRef"].get("fields", ()) if "String" in part]
            yield names[-2] if len(names) > 1 else ""
        else:
            for value in node.values():
                yield from _aliases(value)
    elif isinstance(node, list):
        for value in node:
            yield from _aliases(value)


@dataclass(slots=True)
class _From:
    names: dict[str, str] = field(default_factory=dict)
    conditions: list[Node] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)


def _statement(stmt: Node) -> Iterator[Found]:
    kind = next(iter(stmt), "")
    body: Node = stmt.get(kind, {})
    if kind not in ("SelectStmt", "UpdateStmt", "DeleteStmt"):
        return
    for side in ("larg", "rarg"):  # UNION
        if side in body:
            yield from _statement({"SelectStmt": body[side]})
    read = _From()
    for item in [*body.get("fromClause", ()), *body.get("usingClause", ())]:
        _from_item(item, read)
    if "relation" in body:
        _from_item({"RangeVar": body["relation"]}, read)
    terms = [*terms_of_node(body.get("whereClause"))]
    for condition in read.conditions:
        terms += terms_of_node(condition)
    only = next(iter(read.names)) if len(read.names) == 1 else ""
    order = _order(body, only) if "limitCount" in body else ()
    for alias, name in read.names.items():
        own = tuple(
            replace(one, relation=alias) for one in terms if one.relation == alias or (only and not one.relation)
        )
        yield name, own, order if alias == only else ()
    for inner in read.inner:
        yield from _statement(inner)


def _from_item(item: Node, read: _From) -> None:
    kind = next(iter(item), "")
    body: Node = item.get(kind, {})
    if kind == "RangeVar":
        name = str(body.get("relname", ""))
        full = join_name(*filter(None, (str(body.get("schemaname", "")), name)))
        read.names[body.get("alias", {}).get("aliasname", name)] = full
    elif kind == "JoinExpr":
        for side in ("larg", "rarg"):
            if side in body:
                _from_item(body[side], read)
        if "quals" in body:
            read.conditions.append(body["quals"])
    elif kind == "RangeSubselect" and "subquery" in body:
        read.inner.append(body["subquery"])


def _order(body: Node, alias: str) -> tuple[str, ...]:
    """The columns it is sorted by; nothing where one of them is no column of the only table."""
    keys = []
    for item in body.get("sortClause", ()):
        sort = item.get("SortBy", {})
        fields = sort.get("node", {}).get("ColumnRef", {}).get("fields", ())
        names = [part["String"]["sval"] for part in fields if "String" in part]
        if not names or not alias or (len(names) > 1 and names[-2] != alias):
            return ()
        descending = sort.get("sortby_dir") == "SORTBY_DESC"
        keys.append(f"-{names[-1]}" if descending else names[-1])
    return tuple(keys)
