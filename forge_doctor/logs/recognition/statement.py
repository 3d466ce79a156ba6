"""The statement that PostgreSQL's own log names beside a complaint."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.redaction import redact
from forge_doctor.regex import regex
from forge_doctor.sql.masking import without_values
from forge_doctor.streams.heads import localised
from forge_doctor.streams.heads.head import Head

LONGEST = 300
_NAMED = (b"STATEMENT:  ", b"QUERY:  ", *localised.STATEMENTS)
# The end of a quoted field: a quote inside is doubled.
_QUOTE = regex(r'(?<!")(?:"")*+"(?!")')
_OTHERS = (b"DETAIL:  ", b"HINT:  ", b"CONTEXT:  ", b"LOCATION:  ", *localised.OTHERS)


def statement_of(head: Head | None, lines: Sequence[bytes]) -> str:
    """The statement of a server's record as it was sent, its end cut off; empty where none is named."""
    if head is None or head.origin != "postgresql":
        return ""
    if not head.statement:
        return _below(lines)
    whole = _of_row(head.statement, lines) if head.statement.endswith("\n") else head.statement
    return whole[: 8 * LONGEST]


def without_secrets(statement: str) -> str:
    """The statement as it may be shown: on one line, no value in it."""
    return redact(without_values(statement))[:LONGEST] if statement else ""


def _of_row(begun: str, lines: Sequence[bytes]) -> str:
    """The statement in a row of csvlog that goes on below: it ends with its quote."""
    rest = b"\n".join(lines).decode("utf-8", "replace")
    end = _QUOTE.search(rest)
    more = rest[: end.start()] if end is not None else rest
    return f"{begun}{more}".replace('""', '"').rstrip("\n")


def _below(lines: Sequence[bytes]) -> str:
    """The statement in the lines below the complaint."""
    for at, line in enumerate(lines):
        named = next((word for word in _NAMED if word in line), None)
        if named is not None:
            parts = [line.partition(named)[2]]
            for more in lines[at + 1 :]:
                if any(word in more for word in (*_NAMED, *_OTHERS)):
                    break
                parts.append(more)
            return b"\n".join(parts)[: 8 * LONGEST].decode("utf-8", "replace")
    return ""
