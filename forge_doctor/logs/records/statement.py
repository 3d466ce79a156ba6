"""The statement that PostgreSQL's own log names beside a complaint, without the values in it."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.redaction import redact
from forge_doctor.sql.masking import without_values

LONGEST = 300
_NAMED = (b"STATEMENT:  ", b"QUERY:  ")
_OTHERS = (b"DETAIL:  ", b"HINT:  ", b"CONTEXT:  ", b"LOCATION:  ")


def statement_of(lines: Sequence[bytes]) -> str:
    """The statement in the lines of a server's record, on one line; empty where none is named."""
    for at, line in enumerate(lines):
        named = next((word for word in _NAMED if word in line), None)
        if named is not None:
            parts = [line.partition(named)[2]]
            for more in lines[at + 1 :]:
                if any(word in more for word in (*_NAMED, *_OTHERS)):
                    break
                parts.append(more)
            text = b"\n".join(parts)[: 8 * LONGEST].decode("utf-8", "replace")
            return redact(without_values(text))[:LONGEST]
    return ""
