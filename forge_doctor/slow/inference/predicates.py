"""A condition taken apart: which column is compared how, and what is wrapped around it; what it can't read it leaves out.

>>> [(t.column, t.operator, t.wrapped, t.expression) for t in terms_of("((l.created_at)::date = $1) AND (l.kind = $2)")]
[('created_at', '=', 'cast', '("created_at")::date'), ('kind', '=', '', '"kind"')]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.regex import regex
from forge_doctor.sql.parser import NotParsed, parsed
from forge_doctor.sql.quoting import quote_identifier

RANGES = frozenset({"<", "<=", ">", ">="})
# What no btree answers, and GIN does (of JSONB, arrays); `IN` is = ANY of a list.
CONTAINS = frozenset({"@>", "<@", "?", "?|", "?&", "&&", "@?", "@@"})
LIKES = frozenset({"~~", "~~*", "~", "~*"})
# `value = ANY (column)`: no index answers it, and one of GIN answers `column @> ARRAY[value]`.
ANY = "= ANY"
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
PLAIN_TYPE = regex(r"[a-z_][a-z0-9_]*")
Node = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One comparison of one column. `relation` is the alias or table it is qualified with, empty where it is not.

    `wrapped` is `cast` or `function` where the column stands inside one, and `expression` the whole left side as an
    index would have it, or empty where a value of the statement is inside. `value`: `parameter`, `constant`, `column`
    (then of `other`) or `expression`; `listed` where there are many values (IN, = ANY).
    """

    relation: str
    column: str
    operator: str
    wrapped: str = ""
    wrapper: str = ""
    expression: str = ""
    value: str = ""
    other: str = ""
    other_column: str = ""
    listed: bool = False

    @property
    def is_equality(self) -> bool:
        """`=` a value, or one of a list."""
        return self.operator == "="

    @property
    def is_range(self) -> bool:
        """Whether an ordered index answers it by a range."""
        return self.operator in RANGES


# How a plan writes a subquery, which no parser reads: a value that is known only when it runs.
# Functions of the server that an index may be made of, of the types they are used for in a comparison.
IMMUTABLE = frozenset(
    {
        *("lower", "upper", "initcap", "btrim", "ltrim", "rtrim", "reverse", "md5", "length", "char_length"),
        *(
            "character_length",
            "octet_length",
            "bit_length",
            "abs",
            "ceil",
            "ceiling",
            "floor",
            "round",
            "trunc",
            "sign",
        ),
        *("array_length", "cardinality", "jsonb_array_length", "jsonb_typeof", "host", "family", "network"),
    }
)
SUBPLAN = regex(
    r"(?:EXISTS)?\((?:hashed )?(?:SubPlan|InitPlan) (?:\d{1,4}|'\?')\)(?:\.col\d{1,4})?|\(alternatives: [\w ?']{1,60}\)"
)
ANY_OF_SUBPLAN = regex(r"\(A(?:NY|LL) \(")


def alternatives_of(condition: str) -> tuple[Term, ...]:
    """The comparisons that stand on one side of an OR: no index of one of them alone answers it.

    >>> [one.column for one in alternatives_of("(a = $1) AND ((b = $2) OR (c ~~ $3) OR EXISTS(SubPlan 1))")]
    ['b', 'c']
    """
    where = _parsed(condition)
    return tuple(_alternatives(where)) if where else ()


def _alternatives(node: Node) -> Iterator[Term]:
    kind, body = _only(node)
    if kind != "BoolExpr":
        return
    for one in body.get("args", ()):
        if body.get("boolop") == "OR_EXPR":
            yield from _terms(one)
        yield from _alternatives(one)


def terms_of(condition: str) -> tuple[Term, ...]:
    """The comparisons that all have to hold; nothing of an OR, and nothing where the text can't be parsed."""
    return terms_of_node(_parsed(condition))


def _parsed(condition: str) -> Node | None:
    if not condition:
        return None
    try:
        tree: Any = parsed(f"SELECT WHERE {ANY_OF_SUBPLAN.sub('((', SUBPLAN.sub('sub_plan()', condition))}")
    except NotParsed:
        return None
    where: Node | None = tree[0]["stmt"].get("SelectStmt", {}).get("whereClause") if tree else None
    return where


def terms_of_node(node: Node | None) -> tuple[Term, ...]:
    """As `terms_of`, of a parsed expression."""
    return tuple(_terms(node)) if node else ()


def _terms(node: Node) -> Iterator[Term]:
    kind, body = _only(node)
    if kind == "BoolExpr" and body.get("boolop") == "AND_EXPR":
        for one in body.get("args", ()):
            yield from _terms(one)
    elif kind == "A_Expr":
        yield from _comparison(body)


def _comparison(body: Node) -> Iterator[Term]:
    operator = _operator(body)
    left, right = body.get("lexpr"), body.get("rexpr")
    if not operator or left is None or right is None:
        return
    if body.get("kind") == "AEXPR_OP_ANY" and _column_in(right):  # a value in an array that is a column
        side = _column_in(right)
        if side and not _column_in(left):
            yield _term(side, ANY, right, None, _value(left))
        return
    left_side, right_side = _column_in(left), _column_in(right)
    if left_side and right_side:  # two columns: each may be what an index is asked for
        yield _term(left_side, operator, left, right_side)
        yield _term(right_side, MIRRORED.get(operator, operator), right, left_side)
    elif left_side:
        term = _term(left_side, operator, left, None, _value(right))
        yield replace(term, listed=body.get("kind") in ("AEXPR_IN", "AEXPR_OP_ANY"))
    elif right_side and operator not in CONTAINS | LIKES:
        yield _term(right_side, MIRRORED.get(operator, operator), right, None, _value(left))


def _operator(body: Node) -> str:
    names = [part["String"]["sval"] for part in body.get("name", ()) if "String" in part]
    name: str = names[-1] if names else ""
    kind = body.get("kind", "")
    if kind == "AEXPR_IN":
        return "=" if name == "=" else ""
    if kind in ("AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_OP", "AEXPR_OP_ANY"):
        return name
    return ""


def _term(side: tuple[str, str], operator: str, node: Node, other: tuple[str, str] | None, value: str = "") -> Term:
    relation, column = side
    wrapped, wrapper = _wrapping(node)
    return Term(
        relation=relation,
        column=column,
        operator=operator,
        wrapped=wrapped,
        wrapper=wrapper,
        expression=_text(node),
        value="column" if other else value,
        other=other[0] if other else "",
        other_column=other[1] if other else "",
    )


def _wrapping(node: Node) -> tuple[str, str]:
    """What the column stands in: `cast` and the type, or `function` and its name."""
    kind, body = _only(node)
    if kind == "ColumnRef":
        return "", ""
    if kind == "TypeCast":
        inner = _wrapping(body["arg"])
        name = _type_name(body)
        return inner if inner[0] else ("", "") if name == "text" else ("cast", name)
    if kind == "FuncCall":
        return "function", _function_name(body)
    return "function", _operator(body) if kind == "A_Expr" else kind


def _column_in(node: Node) -> tuple[str, str] | None:
    """The one column an expression is made of; None where there are none or several."""
    found = set(_columns(node))
    return found.pop() if len(found) == 1 else None


def _columns(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if "ColumnRef" in node:
            names = [part["String"]["sval"] for part in node["ColumnRef"].get("fields", ()) if "String" in part]
            if names:
                yield (names[-2] if len(names) > 1 else "", names[-1])
            return
        for value in node.values():
            yield from _columns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _columns(value)


def _value(node: Node) -> str:
    kind, body = _only(node)
    if kind == "TypeCast":
        return _value(body["arg"])
    return {"ParamRef": "parameter", "A_Const": "constant"}.get(kind, "expression")


def _text(node: Node) -> str:
    """The expression as an index has it, its column unqualified and quoted; empty where a value is in it."""
    kind, body = _only(node)
    if kind == "ColumnRef":
        column = _column_in(node)
        return quote_identifier(column[1]) if column else ""
    if kind == "TypeCast":
        inner, name = _text(body["arg"]), _type_name(body)
        return f"({inner})::{name}" if inner and name else ""
    if kind == "FuncCall" and not body.get("agg_distinct"):
        parts = [_text(one) for one in body.get("args", ())]
        name = _function_name(body)
        is_known = name in IMMUTABLE and len(body.get("funcname", ())) == 1
        return f"{name}({', '.join(parts)})" if parts and all(parts) and is_known else ""
    return ""


def _type_name(body: Node) -> str:
    names = [part["String"]["sval"] for part in body.get("typeName", {}).get("names", ()) if "String" in part]
    return names[-1] if names and PLAIN_TYPE.fullmatch(names[-1]) else ""


def _function_name(body: Node) -> str:
    names = [part["String"]["sval"] for part in body.get("funcname", ()) if "String" in part]
    return names[-1] if names else ""


def _only(node: Node) -> tuple[str, Node]:
    kind = next(iter(node), "")
    body = node.get(kind)
    return kind, body if isinstance(body, dict) else {}
