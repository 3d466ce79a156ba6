"""PostgreSQL's own parser, asked in one place: what it makes of a statement, or that it can't read it.

The library is loaded when the first statement is asked about, which `--help` and `lint` never do.
"""

from __future__ import annotations

import functools
from typing import Any


class NotParsed(ValueError):
    """The parser does not read this text; says where it stopped, never what was written there."""


def parsed(statement: str) -> dict[str, Any]:
    """The statements of a text as libpg_query's tree; raises `NotParsed`."""
    pgparse = _library()
    try:
        tree: dict[str, Any] = pgparse.parse(statement)
    except pgparse.PGQueryError as error:
        raise NotParsed(_place(error)) from None
    return tree


def parsed_block(body: str) -> list[Any]:
    """The tree of a PL/pgSQL block, as the text between the dollars of DO; raises `NotParsed`."""
    pgparse = _library()
    tag = "$forge_doctor$"
    try:
        tree: list[Any] = pgparse.parse_pgsql(f"CREATE FUNCTION f() RETURNS void AS {tag}{body}{tag} LANGUAGE plpgsql")
    except pgparse.PGQueryError as error:
        raise NotParsed(_place(error)) from None
    return tree


def fingerprinted(statement: str) -> str:
    """16 hexadecimal digits that are the same whatever values, labels, casts of parameters and lengths of lists are.

    Raises `NotParsed`.

    >>> fingerprinted("SELECT a.id AS a_id FROM a WHERE b = $1::INTEGER") == fingerprinted("select a.id from a where b=7")
    True
    """
    pgparse = _library()
    try:
        return str(pgparse.fingerprint(statement))
    except pgparse.PGQueryError as error:
        raise NotParsed(_place(error)) from None


@functools.cache
def _library() -> Any:
    import pgparse

    return pgparse


def _place(error: Exception) -> str:
    """`at position 12`: the message quotes the text, which may have a value in it."""
    said = str(error).rpartition(" at position ")
    return f"not parsed at position {said[2]}" if said[2].isdigit() else "not parsed"
