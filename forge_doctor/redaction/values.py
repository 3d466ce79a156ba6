"""What a name that holds a secret is given, found in any notation: `k=v`, JSON in JSON, headers, ASGI pairs, SQL, XML."""

from __future__ import annotations

from forge_doctor.redaction.names import HINTS, NONE, STRONG, counts, strength, takes_line
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_NAME_BEFORE = 80
_LONGEST_QUOTED = 4_000
_LONGEST_BRACKET = 4_000
_LONGEST_LINE = 16_000

_NAME_REST = regex(r"[\w.-]{0,80}+")
_NAME_START = regex(r"[\w.-]{0,80}+\Z")
_QUOTE = r"(?:\\{0,15}[\"'`]|%22|%27|&quot;|&#39;|&#x27;)"
# From the end of a name to the beginning of its value.
_CLOSE = rf"(?P<close>{_QUOTE})?\]?"
_GIVEN = regex(rf"{_CLOSE}[ \t]{{0,20}}(?:(?P<set>=>|:=|[=!]==?|<>|=|%3[Dd])|(?P<colon>:(?!:)|%3[Aa]))[ \t]{{0,20}}")
_PAIRED = regex(rf"{_QUOTE}[ \t]{{0,20}},[ \t]{{0,20}}")
_ELEMENT = regex(r"(?:[ \t][^<>\n]{0,200})?>(?=[^<\n])")
_QUOTED_NEXT = regex(r"(?:[ \t]{1,8}(?:(?i:like|ilike|to|as|is|was)[ \t]{1,8})?|[ \t]{0,8}\([ \t]{0,8})(?=[eE]?['\"])")
# `PasswordCredentials('ada', '...')`: whichever of them it is.
_CONSTRUCTED = regex(r"(?=\([^()\n]{0,200}['\"])")
_ARGUMENT = regex(r"[ \t]{1,8}(?=[^\s-])")
_ANNOTATED = regex(r"[A-Za-z_][\w.\[\]|]{0,60}(?: \| \w{1,20})?[ \t]{0,4}=(?!=)[ \t]{0,4}(?=[brfuBRFU]{0,2}['\"])")

_OPEN = regex(rf"(?:[brfueBRFUE]{{1,2}})?(?P<quote>{_QUOTE})")
# Within a literal of SQL or of a batch file each quote is doubled, and doubled again; an empty one is followed by a sign.
_DOUBLED = regex(r"''(?:'')?(?=[^\s'\",;:)\]}+|&])|\"\"(?=[^\s'\",;:)\]}+|&])")
_OPEN_PAIR = regex(rf"[(\[][ \t]{{0,4}}[brBR]{{0,2}}{_QUOTE}\Z")
_CALL = regex(r"[\w.]{0,80}+[(\[{]")
_SAYS_NOTHING = regex(r"(?:None|null|nil|true|false|undefined|NULL|True|False|\*{3,})(?![\w*'])")
# Brackets, commas and quotes end a bare value only where the text goes on as if it had ended.
_BARE_END = regex(
    r"\s|[&;](?=[\w.-]{1,40}=|\s|\Z)|[;](?=[ \w.-]{1,40}=)|\\{0,15}[\"'](?=[\s,:;)\]}\\]|\Z)|,(?=[\s\"'\[({]|\Z|[\w.-]{1,40}[=:])|"
    r"[)\]}>](?=[\s,;:.)\]}'\"]|\Z)|\\[nrt]|</|%26|%2[27]"
)
# On a later line: of what was cut off, the end is missing, and another value begins.
_OPENS = regex(r"(?:[=:(\[{,] |.[=:(\[{,])['\"`]\w")
_ANY_QUOTE = regex(r"(\\{0,15})([\"'`])")
_BRACKETS = regex(r"[()\[\]{}]|(?<!\\)'(?:[^'\\\n]|\\.)*+'|(?<!\\)\"(?:[^\"\\\n]|\\.)*+\"")
_LOGURU = regex(r"(?m)^([ \t│|]{1,400}[└╰]─{0,2} )(?=\S)[^\n]*+")
_INPUT = regex(r"input_value=(?!\*\*\*)")
_INPUT_END = regex(r", input_type=|\n|\Z")


def mask_named(text: str) -> str:
    """The text without the values of names that hold secrets, without pydantic's inputs and loguru's value lines."""
    if "└ " in text or "╰" in text:
        text = _LOGURU.sub(rf"\g<1>{MASK}", text)
    if "input_value=" in text:
        text = _inputs(text)
    parts: list[str] = []
    position = done = 0
    while hint := HINTS.search(text, position):
        end = _NAME_REST.match(text, hint.end()).end()  # type: ignore[union-attr]
        before = max(done, hint.start() - _NAME_BEFORE)
        start = _NAME_START.search(text[before : hint.start()]).start() + before  # type: ignore[union-attr]
        position = end
        span = _value(text, start, end)
        if span is None:
            continue
        parts += [text[done : span[0]], MASK]
        position = done = span[1]
    return "".join(parts) + text[done:] if parts else text


def _inputs(text: str) -> str:
    parts, position = [], 0
    while begin := _INPUT.search(text, position):
        end = _INPUT_END.search(text, begin.end()).start()  # type: ignore[union-attr]
        parts += [text[position : begin.end()], MASK]
        position = end
    return "".join(parts) + text[position:]


def _value(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the value of the name at `start:end` stands; None where it is no secret's or is given none."""
    name = text[start:end].rstrip(".-")
    end = start + len(name)
    sure = strength(name)
    if sure == NONE:
        return None
    begin = _beginning(text, start, end, name, sure)
    if begin is None or _SAYS_NOTHING.match(text, begin):
        return None
    quote = _quote_around(text, start) if not _is_quoted(text, end) else ""
    stop = _end(text, begin, takes_line(name), quote)
    if stop <= begin or (counts(name) and text[begin:stop].strip().isdigit()):
        return None
    return _inside(text, begin, stop)


def _beginning(text: str, start: int, end: int, name: str, sure: int) -> int | None:
    given = _GIVEN.match(text, end)
    if given is not None:
        loud = sure == STRONG and not ("." in name and not given["close"] and _is_logger(name))
        if given["colon"] and not given["close"] and not loud:
            return None
        annotated = _ANNOTATED.match(text, given.end()) if given["colon"] and not takes_line(name) else None
        return annotated.end() if annotated else given.end()
    paired = _PAIRED.match(text, end)
    is_argument = name.startswith("--") or text[max(0, start - 2) : start] == "--"
    if paired is not None and (is_argument or _OPEN_PAIR.search(text[max(0, start - 24) : start])):
        return paired.end()
    if text[start - 1 : start] == "<" or text[max(0, start - 60) : start].rpartition("<")[2].endswith(":"):
        element = _ELEMENT.match(text, end)
        if element is not None:
            return element.end()
    following = (_CONSTRUCTED.match(text, end) or _QUOTED_NEXT.match(text, end)) if sure == STRONG else None
    if following is None and is_argument:
        following = _ARGUMENT.match(text, end)
    return following.end() if following else None


def _is_logger(name: str) -> bool:
    """Whether `name: ` may be a logger's and a message: `app.auth.tokens`; a setting's `db.password` is none."""
    return strength(name.rpartition(".")[2]) != STRONG or name.endswith(("tokens", "token", "cookies", "secrets"))


def _is_quoted(text: str, end: int) -> bool:
    return text[end : end + 1] in ("'", '"', "`", "\\")


def _quote_around(text: str, start: int) -> str:
    """The quote a whole `name: value` stands in, with its backslashes: the value ends with it."""
    before = text[max(0, start - 16) : start]
    if before[-1:] not in ("'", '"'):
        return ""
    bare = before[:-1].rstrip("\\")
    return before[len(bare) :]


def _end(text: str, begin: int, line: bool, around: str) -> int:
    opened = _OPEN.match(text, begin)
    if opened is not None:
        return _quoted_end(text, opened.end(), opened["quote"])
    line_end = _line_end(text, begin)
    if around:
        closing = text.find(around, begin, line_end)
        if line or (closing >= 0):
            return closing if closing >= 0 else line_end
    if line:
        return line_end
    if _CALL.match(text, begin):
        return _bracket_end(text, begin, line_end)
    found = _BARE_END.search(text, begin, line_end)
    return found.start() if found else line_end


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


def _inside(text: str, begin: int, stop: int) -> tuple[int, int] | None:
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
