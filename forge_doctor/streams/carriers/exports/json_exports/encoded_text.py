"""Opens texts that records have in base64: the lines of a build server's steps, the messages of a queue."""

from __future__ import annotations

import binascii

from forge_doctor.regex import regex

_BASE64 = regex(r"[A-Za-z0-9+/]{2,}={0,2}")


def opened(text: str) -> str | None:
    """What a text says that is base64 as a whole; None where it is anything else, or no text was encoded."""
    if len(text) % 4 or _BASE64.fullmatch(text) is None:
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True).decode()
    except ValueError:  # of which binascii.Error and UnicodeDecodeError are kinds
        return None
