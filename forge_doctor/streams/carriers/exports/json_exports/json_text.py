"""JSON as it comes out of logs: what is no object is None, and characters that no encoding has are replaced."""

from __future__ import annotations

import json
from typing import Any

_DECODER = json.JSONDecoder()


def loads(text: bytes | str) -> dict[str, Any] | None:
    """The object that a text is; None where it is none."""
    try:
        entry = _read(_decoded(text) if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    return mended(entry) if has_surrogates(text) else entry


def _read(text: bytes | str) -> Any:
    """What `json.loads` gives. Where an object fills the text, its searches for blanks around it are left out."""
    if isinstance(text, str) and text[:1] == "{":
        entry, end = _DECODER.raw_decode(text)
        if end == len(text):
            return entry
    return json.loads(text)


def _decoded(text: bytes) -> bytes | str:
    """As text where it is UTF-8: to find out by itself costs the parser as much as a third of its work."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text


def has_surrogates(text: bytes | str) -> bool:
    """Whether half a character may be escaped in it."""
    return (b"\\ud" in text or b"\\uD" in text) if isinstance(text, bytes) else ("\\ud" in text or "\\uD" in text)


def mended(value: Any) -> Any:
    """The same with halves of characters replaced, which can be written nowhere."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {mended(key): mended(inner) for key, inner in value.items()}
    return [mended(inner) for inner in value] if isinstance(value, list) else value
