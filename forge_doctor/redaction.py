"""Takes passwords out of text on its way to the user; it would rather hide too much than too little."""

from __future__ import annotations

import re

from forge_doctor.regex import regex

MASK = "***"

_KEY = r"(?:[\w.-]*(?:pass\w*|pwd|secret))"
_ASSIGNMENT = regex(
    rf"""(["']?\b{_KEY}["']?\s*[=:]\s*)"""
    r"""(?:'(?:\\.|[^'\\])*(?:'|$)|"(?:\\.|[^"\\])*(?:"|$)|[^\s&;,'")}]+)""",
    re.IGNORECASE,
)
_USERINFO = regex(r"(?i)((?:\b[a-z][\w+.-]*://|(?<![\w@:/]))[^\s:/@'\"]*):(?!//)(\S+)@")

_WHOLE_USERINFO = regex(r"(?s)^(\s*(?:[\w+.-]+:?//)?[^:/@]*):(?!//).*@")
_NO_HOST = regex(r"(?s)^(\s*[\w+.-]+:?//[^:/@\[\]]*):(?!\d+(?:[/?,]|$)).*")
_WHOLE_ASSIGNMENT = regex(rf"(?is)((?:^|[\s?&]){_KEY}\s*=\s*)(?:(?!\s+\w+\s*=|&\w+=).)+")


def redact(text: str) -> str:
    """Any text, such as a driver's message, with the passwords in the URLs and assignments it quotes masked."""
    return _ASSIGNMENT.sub(rf"\g<1>{MASK}", _USERINFO.sub(rf"\g<1>:{MASK}@", text))


def redact_dsn(dsn: str) -> str:
    """A whole connection string, however badly written, fit to be shown."""
    shown = _WHOLE_ASSIGNMENT.sub(rf"\g<1>{MASK}", dsn)
    if "@" in shown:
        return _WHOLE_USERINFO.sub(rf"\g<1>:{MASK}@", shown)
    return _NO_HOST.sub(rf"\g<1>:{MASK}", shown)
