"""Where a value ends: at its quote, at its bracket, at its line; where the text goes on as if it had ended."""

from __future__ import annotations

from forge_doctor.redaction.notation import QUOTE
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST_QUOTED = 4_000
_LONGEST_BRACKET = 4_000
_LONGEST_LINE = 16_000

_OPEN = regex(rf"(?:[brfueBRFUE]{{1,2}})?(?P<quote>{QUOTE})")
# Within a literal of SQL or of a batch file each quote is doubled, and doubled again; an empty one is followed by a sign.
_DOUBLED = regex(r"''(?:'')?(?=[^\s'\",;:)\]}+|&])|\"\"(?=[^\s'\",;:)\]}+|&])")
_BELOW = regex(r"[(\[{][ \t]{0,8}\r?\n")
_CALL = regex(r"[\w.]{0,80}+[(\[{]")
# Brackets, commas and quotes end a bare value only where the text goes on as if it had ended.
_BARE_END = regex(
    r"\s|[&;](?=[\w.-]{1,40}=|\s|\Z)|[;](?=[ \w.-]{1,40}=)|\\{0,15}[\"'](?=[\s,:;)\]}\\]|\Z)|,(?=[\s\"'\[({]|\Z|[\w.-]{1,40}[=:])|"
    r"[)\]}>](?=[\s,;:.)\]}'\"]|\Z)|\\[nrt]|</|%(?:25){0,3}2[267]"
)
# On a later line: of what was cut off, the end is missing, and another value begins.
_OPENS = regex(r"(?:[=:(\[{,] |.[=:(\[{,])['\"`]\w")
_ANY_QUOTE = regex(r"(\\{0,15})([\"'`])")
_BRACKETS = regex(r"[()\[\]{}]|(?<!\\)'(?:[^'\\\n]|\\.)*+'|(?<!\\)\"(?:[^\"\\\n]|\\.)*+\"")
# What a value goes on with: a second literal, be it behind a sign or on the next line.
_MORE = regex(
    r"(?:\\{0,15}['\"`])?\s{0,4}(?:\|\||\+|\bor\b|\?\?|->|=>|\b(?i:and)\b)\s{0,4}(?=[brfuBRFUeE]{0,2}['\"])|"
    r"['\"][ \t]{0,8}\\?\r?\n[ \t]{1,200}(?=[brfuBRFU]{0,2}['\"])"
)


def is_quoted(text: str, end: int) -> bool:
    """Whether a name that ends here stands in quotes."""
    return text[end : end + 1] in ("'", '"', "`", "\\")


def quote_around(text: str, start: int) -> str:
    """The quote a whole `name: value` stands in, with its backslashes: the value ends with it."""
    before = text[max(0, start - 16) : start]
    if before[-1:] not in ("'", '"'):
        return ""
    bare = before[:-1].rstrip("\\")
    return before[len(bare) :]


def end_of(text: str, begin: int, line: bool = False, around: str = "") -> int:
    """Where the value ends that begins here: with the `line` where it has blanks in it, at the quote `around` it all."""
    opened = _OPEN.match(text, begin)
    if opened is not None:
        return _quoted_end(text, opened.end(), opened["quote"])
    line_end = _line_end(text, begin)
    if around:
        closing = text.find(around, begin, line_end)
        if line or (closing >= 0):
            return closing if closing >= 0 else line_end
    if line and not _BELOW.match(text, begin):
        return line_end
    if _CALL.match(text, begin):
        return _bracket_end(text, begin, line_end)
    found = _BARE_END.search(text, begin, line_end)
    return found.start() if found else line_end


def block_end(text: str, begin: int) -> int:
    """Where a text of several lines ends: with the last line that is indented as its first."""
    margin = text[text.rfind("\n", 0, begin) + 1 : begin]
    stop = _line_end(text, begin)
    while margin and text.startswith(f"\n{margin}", stop):
        stop = _line_end(text, stop + 1)
    return stop


def next_value(text: str, stop: int) -> int | None:
    """Where another literal of the same value begins; None where none does."""
    more = _MORE.match(text, stop)
    return more.end() if more else None


def _quoted_end(text: str, begin: int, quote: str) -> int:
    """Where what was opened with `quote` ends; where nothing closes it, so does the line."""
    far, mark = begin + _LONGEST_QUOTED, quote.lstrip("\\")
    doubled = _DOUBLED.match(text, begin - 1)
    if doubled is not None:
        closing = text.find(doubled[0], doubled.end(), far)
        return closing + len(doubled[0]) if closing >= 0 else _line_end(text, begin)
    if len(mark) > 1:  # %22, &quot;
        closing = text.find(mark, begin, far)
        return closing + len(mark) if closing >= 0 else _line_end(text, begin)
    if len(quote) == 1 and text.startswith(mark * 2, begin):
        closing = text.find(mark * 3, begin + 2, far)
        return begin if closing < 0 else closing + 3
    position = begin
    while found := _ANY_QUOTE.search(text, position, far):
        position = found.end()
        if found[2] != mark or not _closes(len(found[1]), len(quote) - 1):
            continue
        if quote != "'" or not text.startswith("'", position):
            again = "\n" in text[begin : found.start()] and _OPENS.match(text, found.start() - 2)
            return _line_end(text, position) if again else position
        position += 1  # SQL doubles a quote that it means
    return _line_end(text, begin)


def _closes(slashes: int, level: int) -> bool:
    """Whether a quote with so many backslashes ends what one with `level` of them began."""
    return slashes <= level if level else slashes % 2 == 0


def _bracket_end(text: str, begin: int, line_end: int) -> int:
    depth, far = 0, begin + _LONGEST_BRACKET
    for found in _BRACKETS.finditer(text, begin, far):
        if found[0] in ("(", "[", "{"):
            depth += 1
        elif found[0] in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return found.end()
            if depth < 0:
                return found.start()
    return line_end


def _line_end(text: str, begin: int) -> int:
    found = text.find("\n", begin, begin + _LONGEST_LINE)
    return min(len(text), begin + _LONGEST_LINE) if found < 0 else found


def inside(text: str, begin: int, stop: int) -> tuple[int, int] | None:
    """The value without its quotes; None where there is nothing in them, or a mask already."""
    opened = _OPEN.match(text, begin, stop)
    if opened is None:
        return (begin, stop)
    start = opened.end()
    doubled = _DOUBLED.match(text, start - 1, stop)
    if doubled is not None:
        return (doubled.end(), stop - len(doubled[0]) if text.endswith(doubled[0], doubled.end(), stop) else stop)
    if text[start:stop].endswith(opened["quote"]):
        stop -= len(opened["quote"])
    elif text[stop - 1] in "'\"`":
        stop -= len(text[start:stop]) - len(text[start:stop].rstrip("'\"`").rstrip("\\"))
    return (start, stop) if stop > start and text[start:stop] != MASK else None
