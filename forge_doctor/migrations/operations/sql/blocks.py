"""The statements written out in a DO block; what it builds when it runs is not told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forge_doctor.migrations.operations.sql.tree import Tree


def body_of(tree: Tree) -> Iterator[str]:
    """The text of the block."""
    for one in tree.get("args", []):
        element = one.get("DefElem", {})
        if element.get("defname") == "as":
            yield str(element.get("arg", {}).get("String", {}).get("sval", ""))


def queries_in(tree: Any) -> Iterator[str]:
    """The statements of a PL/pgSQL tree, in order: those written out, and EXECUTE of one constant."""
    if isinstance(tree, dict):
        for key, inner in tree.items():
            if key == "PLpgSQL_stmt_execsql":
                yield str(inner["sqlstmt"]["PLpgSQL_expr"]["query"])
            elif key == "PLpgSQL_stmt_dynexecute":
                text = str(inner["query"]["PLpgSQL_expr"]["query"]).strip()
                if text[:1] == "'" == text[-1:] and "'" not in text[1:-1].replace("''", ""):
                    yield text[1:-1].replace("''", "'")
            else:
                yield from queries_in(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from queries_in(inner)
