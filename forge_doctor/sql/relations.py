"""How two statements belong together by the names in them: which one asks for the rows that another's rows name."""

from __future__ import annotations

import re

from forge_doctor.regex import regex
from forge_doctor.sql.shape import Shape

KEYS = frozenset({"id", "uuid", "pk", "uid"})
REFERENCES = ("_id", "_uuid", "_fk", "_pk", "_uid")
# SQLAlchemy writes a lazy load of many with the parameter first: WHERE $1 = books.author_id
_PARAMETER_FIRST = regex(r"\bWHERE (?:\$\d+|%\(\w{1,120}\)s|%s|:\w{1,120}|\?)(?:::[\w ]{1,40})? = ", re.IGNORECASE)


def loads_children(text: str) -> bool:
    """Whether it is written as SQLAlchemy writes a lazy load of a relationship to many.

    >>> loads_children("SELECT b.id FROM b WHERE $1::INTEGER = b.a_id"), loads_children("SELECT b.id FROM b WHERE b.a_id = $1")
    (True, False)
    """
    return _PARAMETER_FIRST.search(text) is not None


def asks_by_one(shape: Shape) -> bool:
    """Whether it gives the rows for one value of one column, and nothing limits or counts them."""
    return (
        shape.verb == "select"
        and len(shape.where) == 1
        and not shape.lists
        and not shape.flags & {"limit", "offset", "for update"}
        and not shape.group
        and not shape.functions
    )


def leads_to(parent: Shape, child: Shape) -> bool:
    """Whether the child is asked for by a column that says it belongs to the parent's rows, or that they name it."""
    if parent.verb != "select" or not parent.tables or len(child.where) != 1 or not child.tables:
        return False
    table, _, column = next(iter(child.where)).rpartition(".")
    if column.endswith(REFERENCES) and column.rpartition("_")[0] in {singular(name) for name in parent.tables}:
        return True
    named = {one.rpartition(".")[2] for one in parent.outputs}
    wanted = singular(table or child.tables[0])
    own = column in KEYS or column == f"{wanted}_id"
    return own and any(one.endswith(REFERENCES) and one.rpartition("_")[0].endswith(wanted) for one in named)


def loads_at_once(other: Shape, child: Shape) -> bool:
    """Whether it loads what the child does, for many values at once."""
    return bool(other.lists) and other.tables == child.tables and other.lists == other.where == child.where


def singular(table: str) -> str:
    """`categories` -> `category`, `boxes` -> `box`, `books` -> `book`.

    >>> [singular(one) for one in ("categories", "boxes", "public.books", "status")]
    ['category', 'box', 'book', 'status']
    """
    name = table.rpartition(".")[2].lower()
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("xes", "ches", "shes", "sses")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name
