"""Statements written as text in the source: `text("SELECT ...")`, a driver's `fetch("...")`, a constant."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from forge_doctor.code.semantics.literals import HOLE, text_of
from forge_doctor.code.syntax.nodes import Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex
from forge_doctor.sql.masking import without_values

STARTS = regex(
    r"[\s(]*+(?:--[^\n]*\n\s*+|/\*(?:[^*]|\*(?!/))*+\*/\s*+)*+(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|CALL|LOCK|COPY|LISTEN)\b",
    re.IGNORECASE | re.DOTALL,
)
# However a driver writes what is put in.
PLACE = regex(r"\$\d+(?:::[\w \[\]]{1,60}?(?=\W))?|%\(\w+\)s|%s|(?<!:):[A-Za-z_]\w*|\?")
TIGHT = regex(r"\s{0,200}([(),=<>+*/-])\s{0,200}")
WORD = regex(r"[a-z_][a-z0-9_]{0,80}")
KEYWORDS = frozenset(
    """select distinct from where and or not in is null like ilike between exists as on join left right full outer inner cross
    union all order group by having asc desc limit offset for update insert into values set delete returning with recursive
    case when then else end default conflict do nothing true false count sum min max coalesce lower upper now cast any
    using copy lock listen call merge skip locked nulls first last fetch next rows only""".split()  # noqa: SIM905
)
LEAST = 12  # characters of a statement that can tell it from another


class Written(NamedTuple):
    """A string of the source that is SQL, as its parts between what code puts in."""

    node: Node
    parts: tuple[str, ...]


def strings_in(file: SourceFile) -> tuple[Written, ...]:
    """The statements a file has as text."""
    found = []
    for node in file.query(Str):
        text = text_of(node)
        if text is not None and STARTS.match(text):
            parts = tuple(plain(part) for part in text.split(HOLE))
            if sum(map(len, parts)) >= LEAST and (len(parts) == 1 or _names_something(parts)):
                found.append(Written(node, parts))
    return tuple(found)


def _names_something(parts: tuple[str, ...]) -> bool:
    """Whether a table or a column is among what is written out: `UPDATE {table} SET {column} = ?` is any update."""
    return any(word not in KEYWORDS for part in parts for word in WORD.findall(part))


def is_written(written: Written, wanted: str) -> bool | None:
    """Whether it is this statement (made `plain`) without anything put in by code; None where it is another one."""
    if len(written.parts) == 1:
        (only,) = written.parts
        return True if only == wanted or (len(wanted) > 900 and only.startswith(wanted)) else None
    return False if _pattern(written.parts).fullmatch(wanted) else None


def plain(statement: str) -> str:
    """The statement as no way of writing it makes a difference: case, space, values, placeholders."""
    bare = PLACE.sub("?", without_values(statement.replace("%%", "%")))
    return TIGHT.sub(r"\1", " ".join(bare.split())).lower().rstrip("; ")


@lru_cache(maxsize=2000)
def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in parts), re.DOTALL)
