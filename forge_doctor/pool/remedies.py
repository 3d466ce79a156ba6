"""Statements that end or change something, as a person will type them: each carries the condition it is right for.

A pid alone may by now be another session's, and a session seen in trouble may have recovered: every statement asks
the server again and does nothing where the trouble is gone.
"""

from __future__ import annotations

from datetime import datetime

from forge_doctor.sql.quoting import quote_identifier, quote_literal


def end_process(pid: int, seen_at: str, why: str, signal: str = "TERM") -> str:
    """Sends the process the signal, if what has this pid already ran when it was seen: a pid that was given anew is younger.

    `why` is shown as a comment. Where `ps` does not know `etimes` nothing is ended.
    """
    seen = int(datetime.fromisoformat(seen_at).timestamp())
    return f'[ "$(ps -o etimes= -p {pid})" -gt "$(( $(date +%s) - {seen} ))" ] && kill -{signal} {pid}   # {why}'


def set_for_role(role: str, setting: str, value: str, why: str) -> str:
    """A setting for the role's next sessions; `why` is shown as a comment."""
    return f"ALTER ROLE {quote_identifier(role)} SET {setting} = {quote_literal(value)};   -- {why}"
