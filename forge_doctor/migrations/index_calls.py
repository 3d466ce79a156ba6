"""The call that makes an index CONCURRENTLY, with all that the one in the revision says: its condition, method and expressions."""

from __future__ import annotations

import ast
import re

from forge_doctor.migrations.operations.operation import CreateIndex
from forge_doctor.migrations.wording import executed, listed, made_name, on_table, quoted
from forge_doctor.sql.quoting import split_name

# What `plain_call` writes out itself.
UNTOLD = "...  # the same, as CREATE INDEX CONCURRENTLY"
PLAIN = frozenset({"unique", "schema", "if_not_exists"})
_NAME = r'(?:"[^"]*"|[\w$]+)'
_SQL = re.compile(r"(?i)\s*(?P<create>CREATE(?:\s+UNIQUE)?\s+INDEX)(?:\s+IF\s+NOT\s+EXISTS)?(?=\s)")
_PLAIN_SQL = re.compile(rf"(?i)\s+{_NAME}\s+ON\s+{_NAME}(?:\.{_NAME})?\s*\(\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\)")


def index_call(one: CreateIndex) -> str:
    """As it stands in the revision, where it says more than columns; else written out."""
    more = (
        one.index.where
        or one.index.method not in ("", "btree")
        or any(column.startswith("(") for column in one.index.columns)
    )
    plain = plain_call(one.index.name or "", one.table, one.index.columns, unique=one.index.unique)
    return _as_written(one) or (UNTOLD if more else plain)


def plain_call(name: str, table: str, columns: tuple[str, ...], *, unique: bool) -> str:
    """Of an index of columns."""
    bare, schema = on_table(table)
    parts = (
        quoted(name or made_name("ix", table, *columns)),
        bare,
        listed(columns),
        *(("unique=True",) if unique else ()),
    )
    return f"op.create_index({', '.join(parts)}{schema}, postgresql_concurrently=True, if_not_exists=True)"


def _as_written(one: CreateIndex) -> str:
    if one.written.is_sql:
        return _sql(one)
    try:
        call = ast.parse(one.written.text, mode="eval").body
    except SyntaxError:
        return ""
    given = {keyword.arg for keyword in call.keywords} if isinstance(call, ast.Call) else set()
    expressions = [node for node in ast.walk(call) if isinstance(node, ast.Call) and node is not call]
    if not isinstance(call, ast.Call) or not (given - PLAIN or expressions):
        return ""
    if not all(repr(part) in ast.unparse(call) for part in split_name(one.table)[-1:]) and not one.written.batch:
        return ""
    kept = [one for one in call.keywords if one.arg not in ("postgresql_concurrently", "if_not_exists")]
    more = [
        ast.keyword(arg=name, value=ast.Constant(value=True)) for name in ("postgresql_concurrently", "if_not_exists")
    ]
    return ast.unparse(ast.Call(func=call.func, args=call.args, keywords=[*kept, *more]))


def _stands_in(name: str, text: str) -> bool:
    return name.replace('"', '""').casefold() in text.casefold()


def _sql(one: CreateIndex) -> str:
    text = one.written.text
    found = _SQL.match(text)
    rest = "" if found is None else text[found.end() :].rstrip("; \t\r\n")
    if found is None or _PLAIN_SQL.fullmatch(rest):
        return ""
    if not all(_stands_in(part, text) for part in split_name(one.table)):
        return UNTOLD
    is_named = not re.match(r"(?i)\s+ON\s", rest)
    passes = " IF NOT EXISTS" if is_named else ""
    return executed(f"{found['create']} CONCURRENTLY{passes}{rest}")
