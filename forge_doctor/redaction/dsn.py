"""Whole connection strings, however badly written: what a refusal may quote of them."""

from __future__ import annotations

from forge_doctor.redaction.names import strength
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST_DSN = 4_096
_KEYED = regex(r"(?:^|(?<=[\s?&;]))([\w.-]{1,64})\s{0,8}=\s{0,8}")
_NEXT_KEY = regex(r"\s{1,8}\w{1,64}\s{0,8}=|&[\w.-]{1,64}=")
_WHOLE_USERINFO = regex(r"(?s)^(\s{0,40}(?:[\w+.-]{1,40}:?//)?[^:/@]*+):(?!//).*@")
_NO_HOST = regex(r"(?s)^(\s{0,40}[\w+.-]{1,40}:?//[^:/@\[\]]*+):(?!\d{1,9}(?:[/?,]|$)).*")


def redact_dsn(dsn: str) -> str:
    """A whole connection string, however badly written, fit to be shown."""
    shown = _without_keyed(dsn[:_LONGEST_DSN])
    if "@" in shown:
        return _WHOLE_USERINFO.sub(rf"\g<1>:{MASK}@", shown)
    return _NO_HOST.sub(rf"\g<1>:{MASK}", shown)


def _without_keyed(dsn: str) -> str:
    """Without the values of keywords that hold a secret, up to the next keyword."""
    parts, position = [], 0
    while keyed := _KEYED.search(dsn, position):
        following = _NEXT_KEY.search(dsn, keyed.end())
        stop = following.start() if following else len(dsn)
        if strength(keyed[1]) and stop > keyed.end():
            parts += [dsn[position : keyed.end()], MASK]
            position = stop
        else:
            parts.append(dsn[position : keyed.end()])
            position = keyed.end()
    return "".join(parts) + dsn[position:]
