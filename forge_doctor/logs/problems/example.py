"""One event as it is shown where examples are asked for: secrets taken out, of a long one the beginning and the end."""

from __future__ import annotations

from forge_doctor.redaction import redact

LONGEST_EXAMPLE, LONGEST_UNKNOWN = 32_000, 8_000
LEFT_OUT = "[the middle of this event is left out: it is too long to be shown]"
# What tells that a text is a secret may stand some lines before it.
_BEFORE_TAIL = 4_000


def example_of(text: str) -> str:
    """The text without its secrets, no longer than an example may be."""
    whole = text.rstrip("\n")
    if len(whole) <= LONGEST_EXAMPLE:
        return shortened(redact(whole), LONGEST_EXAMPLE)
    half = LONGEST_EXAMPLE // 2
    return _joined(redact(whole, half), redact(whole[-half - _BEFORE_TAIL :])[-half:], LONGEST_EXAMPLE)


def shortened(text: str, longest: int) -> str:
    """At most so many characters: what raised stands at the end of a traceback, what was asked for at its beginning."""
    return text if len(text) <= longest else _joined(text[: longest // 2], text[-longest // 2 :], longest)


def _joined(head: str, tail: str, longest: int) -> str:
    """Whole lines of both, but where they have none."""
    room = longest // 2 - len(LEFT_OUT)
    before = head[:room].rpartition("\n")[0] or head[:room]
    after = tail[-room:].partition("\n")[2] or tail[-room:]
    return f"{before}\n{LEFT_OUT}\n{after}"
