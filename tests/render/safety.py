"""What no text-like format may ever let through."""

from __future__ import annotations

import unicodedata


def acting_characters(text: str) -> set[str]:
    """Characters that do something instead of being seen, line breaks and joiners apart."""
    return {one for one in text if one != "\n" and acts(one)}


def acts(character: str) -> bool:
    """Whether a terminal obeys the character, or it turns the text's direction."""
    if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
        return True
    return unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
