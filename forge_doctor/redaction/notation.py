"""Signs that notations share, however often one text was written into another; and what a word looks like that was drawn."""

from forge_doctor.regex import regex

QUOTE = r"(?:\\{0,15}[\"'`]|%(?:25){0,3}2[27]|&quot;|&#39;|&#x27;)"
BLANK = r"(?:[ \t]|%(?:25){0,3}20|\x1b\[[\d;]{0,20}m)"
_TURN = regex(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]")
_SHORTEST = 8


def is_drawn(word: str) -> bool:
    """Whether letters and digits follow each other as they do in no name and no time: two turns in five characters."""
    word = word.rstrip(".:=")
    return (
        len(word) >= _SHORTEST
        and any(map(str.isdigit, word))
        and any(map(str.isalpha, word))
        and 5 * len(_TURN.findall(word)) >= 2 * len(word)
    )
