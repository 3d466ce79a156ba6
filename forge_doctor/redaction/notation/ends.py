"""Where a value ends: at its quote, at its bracket, at its line; where the text goes on as if it had ended."""

from __future__ import annotations

import re

from forge_doctor.redaction.notation.signs import ANY_QUOTE, QUOTE, taken_apart
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST_QUOTED = 4_000
_LONGEST_BRACKET = 4_000
_LONGEST_LINE = 16_000

_OPEN = regex(rf"(?:[brfueBRFUE]{{1,2}})?(?P<quote>{QUOTE})")
# Within a literal of SQL or of a batch file each quote is doubled, and doubled again; an empty one is followed by a sign.
_DOUBLED = regex(r"''(?:'')?(?=[^\s'\",;:)\]}+|&])|\"\"(?:\"\")?(?=[^\s'\",;:)\]}+|&])")
_DOUBLED_RUN = regex(r"(?<!\\)(?P<slashes>\\*+)(?P<quotes>'{2,}+|\"{2,}+)")
_BELOW = regex(r"[(\[{][ \t]{0,8}\r?\n")
# A list of them, where a line of them is as usual.
_LIST = regex(r"[(\[{][ \t]{0,8}[brfuBRFU]{0,2}['\"(\[{]")
_CALL = regex(r"[\w.]{0,80}+[(\[{]|[A-Z][\w.:]{0,80}+ \{")
_ANGLED = regex(r"<[^<>\n]{1,400}>")
# Brackets, commas and quotes end a bare value only where the text goes on as if it had ended.
_BARE_END = regex(
    r"\s|[&;](?=[\w.-]{1,40}=|\s|\Z)|[;](?=[ \w.-]{1,40}=)|\\{0,15}[\"'](?=[\s,:;)\]}\\]|\Z)|,(?=[\s\"'\[({]|\Z|[\w.-]{1,40}[=:])|"
    r"[)\]}>](?=[\s,;:.)\]}'\"]|\Z)|\\[nrt]|</|<(?=(?:br|hr|p|b|i|li|td|tr|div|span|pre|code)[ \t]{0,4}/?>)|%(?:25){0,3}2[267]"
)
# On a later line: of what was cut off, the end is missing, and another value begins.
_OPENS = regex(r"(?:[=:(\[{,] |.[=:(\[{,])['\"`]\w")
_ANY_QUOTE = regex(ANY_QUOTE)
_BRACKETS = regex(r"[()\[\]{}]|(?<!\\)'(?:[^'\\\n]|\\.)*+'|(?<!\\)\"(?:[^\"\\\n]|\\.)*+\"")
_ANY_BRACKET = regex(r"[()\[\]{}]")
_NEXT_NAME = regex(r", {0,4}(?:\\{0,15}['\"])?[A-Za-z_]\w{0,60}(?:\\{0,15}['\"])?[=:]")
_APOSTROPHE = regex(r"\w\\{0,15}'\w")
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
    line = line and not _LIST.match(text, begin)
    closing = text.find(around, begin, line_end) if around else -1
    if closing >= 0:
        return _bracket_end(text, begin, closing) if not line and _CALL.match(text, begin) else closing
    if line and around:
        return line_end
    if line and not _BELOW.match(text, begin):
        return line_end
    if angled := _ANGLED.match(text, begin):
        return angled.end()
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
    far, (level, mark) = begin + _LONGEST_QUOTED, taken_apart(quote)
    doubled = _DOUBLED.match(text, begin - 1)
    if doubled is not None:
        return _doubled_end(text, doubled, level, far)
    if len(quote) == 1 and text.startswith(mark * 2, begin):
        closing = text.find(mark * 3, begin + 2, far)
        if closing >= 0:
            return closing + 3
        # What was cut off lacks them: all that is left of it is within.
        return min(far, len(text)) if text[begin + 2 : far].strip() else begin
    position = begin
    while found := _ANY_QUOTE.search(text, position, far):
        position = found.end()
        slashes, other = taken_apart(found[0])
        if other != mark or not _closes(slashes, level):
            continue
        if text[position : position + 1].isalnum() and (slashes > level or text.endswith(mark, begin, found.start())):
            continue  # A literal of Python may have doubled its backslashes; one of SQL has them as they are.
        if quote != "'" or not text.startswith("'", position):
            again = "\n" in text[begin : found.start()] and _OPENS.match(text, found.start() - 2)
            return _line_end(text, position) if again else position
        position += 1  # SQL doubles a quote that it means
    return _line_end(text, begin)


def _doubled_end(text: str, opened: re.Match[str], level: int, far: int) -> int:
    """Where a value ends in whose place quotes are doubled: those of its own are there twice as often."""
    sign, width = opened[0][0], len(opened[0])
    for run in _DOUBLED_RUN.finditer(text, opened.end(), far):
        over = len(run["quotes"]) % (2 * width)
        stop, slashes = run.end() - over + width, len(run["slashes"])
        escaped = not _closes(slashes, level) or (slashes > level and text[stop : stop + 1].isalnum())
        if run["quotes"][0] == sign and over >= width and not (escaped and (sign == '"' or level)):
            return stop
    return _line_end(text, opened.end())


def _closes(slashes: int, level: int) -> bool:
    """Whether a quote with so many backslashes ends what one with `level` of them began.

    Each time that a text is written into another, a backslash becomes two, and a quote gets one more (but in Python, whose
    literal may be in the other quotes). A backslash of the value itself has become as many as the next power of two, twice,
    and a quote of the value the half of it more. Fewer than `level` end what is around the value.
    """
    return slashes % (2 << level.bit_length()) == level or slashes < level


def _bracket_end(text: str, begin: int, line_end: int) -> int:
    """Where the bracket closes that opens here, or the one around it; with its line where none does."""
    far, stop = begin + _LONGEST_BRACKET, line_end
    depth = 0
    for found in _BRACKETS.finditer(text, begin, far):
        depth += 1 if found[0] in "([{" else -1 if found[0] in ")]}" else 0
        if depth <= 0 and found[0] in ")]}":
            stop = found.end() if depth == 0 else found.start()
            break
    if _APOSTROPHE.search(text, begin, stop):
        return _loose_bracket_end(text, begin, stop) or stop
    return stop


def _loose_bracket_end(text: str, begin: int, far: int) -> int | None:
    """Where quotes do not pair, as those of `Held('it's')`: at the bracket behind which the next name is set."""
    depth = 0
    for found in _ANY_BRACKET.finditer(text, begin, far):
        depth += 1 if found[0] in "([{" else -1
        if depth <= 0 and _NEXT_NAME.match(text, found.end()):
            return found.end()
    return None


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
        closing = opened["quote"][:-1] + doubled[0]
        return (doubled.end(), stop - len(closing) if text.endswith(closing, doubled.end(), stop) else stop)
    if text[start:stop].endswith(opened["quote"]):
        stop -= len(opened["quote"])
    elif text[stop - 1] in "'\"`":
        stop -= len(text[start:stop]) - len(text[start:stop].rstrip("'\"`").rstrip("\\"))
    return (start, stop) if stop > start and text[start:stop] != MASK else None
