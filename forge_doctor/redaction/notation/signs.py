"""Signs that notations share, however often one text was written into another; and what a word looks like that was drawn."""

from forge_doctor.regex import regex

# A quote with the backslashes before it: one text in quotes was written into another, and that into a URL or a page.
_SIGN = r"(?:[\"'`]|&quot;|&#39;|&#x27;)"
_SIGN_IN_URL = r"%(?:25){0,3}2[27]"
_SLASH_IN_URL = r"%(?:25){0,3}5[Cc]"
QUOTE = rf"(?:\\{{0,15}}+{_SIGN}|(?:{_SLASH_IN_URL}){{0,15}}+{_SIGN_IN_URL})"
# All of the backslashes, since their number tells whether the quote ends what another one began.
ANY_QUOTE = (
    rf"(?<!\\)\\*+{_SIGN}|"
    rf"(?<!%5[Cc])(?<!%255[Cc])(?<!%25255[Cc])(?<!%2525255[Cc])(?:{_SLASH_IN_URL})*+{_SIGN_IN_URL}"
)
_SLASHES = regex(rf"(?:\\|{_SLASH_IN_URL})*+")
BLANK = r"(?:[ \t]|%(?:25){0,3}20|\x1b\[[\d;]{0,20}m)"
_TURN = regex(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]")
_SHORTEST = 8


def taken_apart(quote: str) -> tuple[int, str]:
    """How many backslashes stand before a quote, and the quote itself."""
    slashes = _SLASHES.match(quote)[0]  # type: ignore[index]
    return slashes.count("\\") or slashes.count("%"), quote[len(slashes) :]


def is_drawn(word: str) -> bool:
    """Whether letters and digits follow each other as they do in no name and no time: two turns in five characters."""
    word = word.rstrip(".:=")
    return (
        len(word) >= _SHORTEST
        and any(map(str.isdigit, word))
        and any(map(str.isalpha, word))
        and 5 * len(_TURN.findall(word)) >= 2 * len(word)
    )
