"""Gives lines of tracebacks Python's layout: frames that lost their indentation, one long line, the styles of others.

A frame is known by `File "...", line N, in f` wherever it stands, and as pytest, IPython, Sentry and Django's pages write it;
guesses no frame that is not written there, and no number: a file and a function without one are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forge_doctor.logs.boxes.rich_box import JOINERS
from forge_doctor.logs.records.line_kind import SURE_EXCEPTION, Kind, kind_of
from forge_doctor.regex import regex

HEADER = b"Traceback (most recent call last):"
_FLAT_FRAME = regex(rb'File "[^"\n]{1,1000}", line \d{1,9}(?:, in [^\n]{1,300})?\s*$')
# An editor takes the name of a file for that of a host.
_LINKED = regex(rb"\[([^\[\]\s]{1,200})\]\(https?://\1/?\)")
_BENT = rb"\xe2\x80[\x9c\x9d\x9e\x98\x99]"
_BENT_FRAME = regex(rb"^(\s{0,8})File " + _BENT + rb'([^"\n\xe2]{1,1000})' + _BENT + rb"(?=, line \d)")
_PYTEST_FRAME = regex(
    rb"((?:[A-Za-z]:)?[^\s:]{1,500}\.pyx?|<[^<>\n]{1,300}>):(\d{1,9}):(?: in ([\w<>.]{1,200})| [A-Z]\w{1,80})? ?$"
)
# One that can be nothing else: the file is a path, and a function is named.
_PYTEST_BEGUN = regex(rb"(?:[A-Za-z]:)?[^\s:]{0,500}[/\\][^\s:/]{1,200}\.pyx?:\d{1,9}: in [\w<>.]{1,200} ?$")
# What `--tb=line` has for a whole traceback: the place and the exception.
_PYTEST_LINE = regex(
    rb"((?:[A-Za-z]:)?[^\s:]{0,500}[/\\][^\s:/]{1,200}\.py):(\d{1,9}): ((?:[A-Za-z_]\w{0,80}\.){0,8}[A-Z]\w{0,80}: .*)$"
)
# What separates two frames, and the arguments of a function.
_PYTEST_BETWEEN = regex(rb"_(?: _){3,100} ?$|[A-Za-z_]\w{0,80} += \S")
_PYTEST_ERROR = regex(rb"E {3,30}(?=\S)")
_PYTEST_CODE = regex(rb">( {3,})(?=\S)")
_PYTEST_TITLE = regex(rb"_{3,200} [^_\n][^\n]{0,300} _{3,200}$")
_PYTEST_ENDS = regex(rb"=|_{3,200} |(?:FAILED|ERROR|PASSED) ")
_CLASS = regex(rb"(?:[A-Za-z_]\w{0,80}\.){0,8}[A-Z]\w{0,80}(?:: |:?$)")
_FLAT_HEADER = regex(rb'Traceback \(most recent call last\):[ \t]{1,1000}File "')
_PIECES = regex(
    rb"(?:(?<![ \t])[ \t]{1,1000}|^)(?=Traceback \(most recent call last\):)"
    rb'|(?<![ \t])[ \t]{1,1000}(?=File "[^"\n]{1,1000}", line \d{1,9}, in )'
    rb"|(?<![ \t])[ \t]{1,1000}(?=The above exception was the direct cause|During handling of the above exception)"
)
_FUNCTION = regex(rb'(File "[^"\n]{1,1000}", line \d{1,9}, in [^\s"]{1,200})[ \t]{1,1000}(.*)', re.DOTALL)
_NAMED = regex(
    rb"(?<!raise)(?<!except) (?=(?:[a-zA-Z_]\w{0,80}\.){0,8}[A-Z]\w{1,80}"
    rb"(?:: |(?<=Error|Empty)[ \t]{0,1000}$|(?<=Exception|Cancelled)[ \t]{0,1000}$))"
)
# What Python draws below a frame's code, behind it on the same line.
_DRAWN = regex(rb"(?<![~^ \t])[ \t]{1,1000}[~^][~^ \t]{0,2000}$")
# A place as IPython, Sentry and Django's pages write it, its line behind it or below; what they show round that line.
_A_FILE = (
    rb"(?P<file>(?:[A-Za-z]:)?[^\s:\"'()<>|*?]{1,500}\.pyx?|<(?:ipython-input-|\w{1,40} generated )[^<>\n]{1,300}>)"
)
_A_FUNCTION = rb"(?P<function><?[A-Za-z_][\w.<>]{0,200})(?:\([^\n]{0,2000}\))?"
_PLACE = regex(rb"\s{0,8}%b in %b(?:[: ]{1,3}(?:at )?(?:line )?(?P<line>\d{1,9}))?:?\s*$" % (_A_FILE, _A_FUNCTION))
_NUMBERED = regex(rb"\s{0,8}(?:File )?%b:(?P<line>\d{1,9}), in %b\s*$" % (_A_FILE, _A_FUNCTION))
_CALLED = regex(rb"\s{1,8}at %b \(%b:(?P<line>\d{1,9})(?::\d{1,9})?\)\s*$" % (_A_FUNCTION, _A_FILE))
# A cell of a notebook, which is no file; without a function where its own lines run.
_CELL = regex(
    rb"\s{0,8}(?P<file>(?:Cell|Input) In ?\[\d{1,9}\])(?:, line (?P<line>\d{1,9}))?"
    rb"(?:, in (?P<function><?[A-Za-z_][\w.<>]{0,200}|<cell line: \d{1,9}>)(?:\([^\n]{0,2000}\))?)?\s*$"
)
_CELLS = (b"Cell In", b"Input In")
_NUMBER = regex(rb"\s{0,8}(?:at line (\d{1,9})\s*$|-{1,10}> ?(\d{1,9})(?: |$))")
_ESCAPED = regex(rb'\s{0,40}File \\"([^"\\]{1,500})\\", line (\d{1,9}), in ([\w.<>]{1,200})\s*$')
_ROUND_IT = regex(rb"[ \t]|```|-{1,10}> ?\d|\d{1,9}(?: |$)")
LONGEST_FRAME = 1_500
# So many lines an exception has above its frames that is named before them.
MOST_NAMED = 12
# So many lines of a record at most stand before its traceback's first.
MOST_BEFORE = 30
# How much of a frame a line may end with.
_CUT_FRAME = regex(rb'  File(?: "(?:[^"\n]{0,1000}|[^"\n]{1,1000}"(?:,(?: line)?(?: \d{1,9},)?(?<!\d)(?: in)?)?))?\s*$')
_HEADER_TEXT = HEADER.decode().rstrip(":")
_BEGINS = (" ", "\t", _HEADER_TEXT, *JOINERS)


def with_straight_quotes(text: bytes) -> bytes:
    """A frame whose quotes a word processor or a chat has bent, with Python's, and names that an editor made links, without
    these; any other line as it is."""
    if b"](http" in text:
        text = _LINKED.sub(rb"\1", text)
    return _BENT_FRAME.sub(rb'\1File "\2"', text, count=1) if b"File \xe2\x80" in text else text


def is_flat_frame(text: bytes) -> bool:
    """Whether a frame has lost its indentation."""
    return text.startswith(b'File "') and _FLAT_FRAME.match(text) is not None


def is_class(text: bytes) -> bool:
    """Whether the line looks like an exception rather than a line of code."""
    return _CLASS.match(text) is not None


def from_pytest(text: bytes, inside: bool) -> bytes:
    """One line of pytest's long or short style as Python would print it; `inside` says that a traceback is open."""
    if text[:1] == b"_" and _PYTEST_TITLE.match(text):
        return HEADER
    if not inside:
        return text
    if text[:1] == b"E":
        return _PYTEST_ERROR.sub(b"", text, count=1)
    if text[:1] == b">":
        return _PYTEST_CODE.sub(rb"    \1", text, count=1)
    found = _PYTEST_FRAME.match(text) if b".py" in text or text[:1] == b"<" else None
    if found:
        named = b", in " + found[3] if found[3] else b""
        return b'  File "%b", line %b%b' % (found[1], found[2], named)
    return b"" if _PYTEST_BETWEEN.match(text) else text


def of_one_line(text: bytes) -> bytes:
    """A place and its exception on one line, as pytest's shortest style has them, in two; any other line as it is."""
    found = _PYTEST_LINE.match(text)
    if found is None or not is_class(found[3]) or b"." not in found[3].partition(b":")[0]:
        return text
    return b'  File "%b", line %b\n%b' % found.groups()


def short_report_frame(text: bytes, above: Sequence[bytes]) -> bytes | None:
    """The place of the exception above it, with which what pytest's shortest style says of a test ends; None for other lines."""
    found = _PYTEST_LINE.match(text) if b".py:" in text else None
    return b'  File "%b", line %b' % (found[1], found[2]) if found and found[3] in above[-MOST_BEFORE:] else None


def raised_in(text: bytes) -> bytes:
    """The exception that such a line repeats."""
    found = _PYTEST_LINE.match(text)
    return found[3] if found else b""


def is_pytest_frame(text: bytes) -> bool:
    """Whether a line is a frame of pytest's short style by itself: its report's title may not have been copied."""
    return b".py:" in text and _PYTEST_BEGUN.match(text) is not None


def torn_from_pytest(text: bytes) -> bytes:
    """An exception of pytest's report of which nothing but the end was copied; any other line as it is."""
    bare = _PYTEST_ERROR.sub(b"", text, count=1)
    return bare if bare is not text and _CLASS.match(bare) else text


def ends_pytest(text: bytes) -> bool:
    """Whether a line of pytest's report belongs to no traceback any more."""
    return _PYTEST_ENDS.match(text) is not None


def unfolded(raw: bytes) -> bytes:
    """A traceback that was flattened into one line, in its lines."""
    if _FLAT_HEADER.search(raw) is None:
        return raw
    out = []
    for piece in _PIECES.split(raw):
        found = _FUNCTION.match(piece)
        if found is None:
            out.append(piece)
            continue
        code, named = _before_named(found[2])
        out += [b"  " + found[1], b"    " + code] if code else [b"  " + found[1]]
        out += [named] if named else []
    return b"\n".join(out)


def _before_named(text: bytes) -> tuple[bytes, bytes]:
    """A frame's code, and the exception that follows it on the same line."""
    found = _NAMED.search(b" " + text)
    if found is None:
        return _DRAWN.sub(b"", text), b""
    return _DRAWN.sub(b"", text[: max(0, found.start() - 1)].rstrip()), text[found.end() - 1 :]


def is_wrapped(lines: Sequence[bytes]) -> bool:
    """Whether a frame of theirs goes on in the next line, or a traceback's first line does."""
    return any(line.startswith(b"  File") and _CUT_FRAME.match(line) is not None for line in lines) or _is_torn(lines)


def _is_torn(lines: Sequence[bytes]) -> bool:
    return any(b"Traceback" in line and torn_indent(line) >= 0 for line in lines[:MOST_BEFORE])


def torn_indent(line: bytes) -> int:
    """How far the beginning of a traceback's first line is indented; -1 where the line is none, or all of it."""
    told = line.strip()
    begun = told.startswith(b"Traceback") and len(told) < len(HEADER) and HEADER.startswith(told)
    return len(line) - len(line.lstrip()) if begun else -1


def _with_whole_header(lines: Sequence[str]) -> Sequence[str]:
    """The lines with a traceback's first line joined, and what follows indented as Python does."""
    for at, line in enumerate(lines[:MOST_BEFORE]):
        indent = torn_indent(line.encode("utf-8", "replace")) if "Traceback" in line else -1
        if indent < 0:
            continue
        joined, after = line.strip(), at + 1
        while after < min(at + 4, len(lines)) and not joined.endswith("last):"):
            joined, after = f"{joined} {lines[after].strip()}", after + 1
        if joined != HEADER.decode():
            continue
        below = [one[indent:] if not one[:indent].strip() else one.lstrip() for one in lines[after:]]
        return [*lines[:at], joined, *below]
    return lines


def rejoined(lines: Sequence[str]) -> list[str]:
    """Lines of a block, those of its tracebacks as they were before a column was too narrow for them (rich 13, _wrap.py)."""
    return list(_joined(_with_whole_header(lines)))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    whole, inside, told = "", False, False
    for raw, below in zip(lines, (*lines[1:], ""), strict=True):
        line = raw.rstrip()
        goes_on = whole.startswith("  File") and _is_cut(whole)
        begins = not line or not whole or not inside or (line.startswith(_BEGINS) and not goes_on)
        if not begins and not told and not goes_on and _is_exception(line, below):
            begins = told = True
        if begins:
            if whole:
                yield whole
            whole = line
        else:
            in_path = whole.startswith("  File") and len(whole) <= LONGEST_FRAME and whole.count('"') % 2
            whole += line if in_path or line.startswith(",") else f" {line.lstrip()}"
        if line.startswith(_HEADER_TEXT):
            inside, told = True, False
        if not line:
            yield line
    if whole:
        yield whole


def _is_cut(frame: str) -> bool:
    return len(frame) <= LONGEST_FRAME and _CUT_FRAME.match(frame.encode("utf-8", "replace")) is not None


def _is_exception(line: str, below: str) -> bool:
    """Whether a traceback ends with the line; a name alone may be the rest of its code, unless that is all there is."""
    return is_class(line.encode("utf-8", "replace")) and (":" in line or not below.strip())


def named_before(frame: bytes, above: Sequence[tuple[bytes, int]]) -> Sequence[tuple[bytes, int]]:
    """The raw lines above a frame, the last first, as far as the exception that is named there; none where none is."""
    if kind_of(frame) is not Kind.FRAME:
        return ()
    for number, (raw, _) in enumerate(above[:MOST_NAMED], 1):
        if not raw.strip():
            return ()
        if SURE_EXCEPTION.match(raw.rstrip().decode("utf-8", "replace")):
            return above[:number]
    return ()


class ForeignFrames:
    """What one record has told of frames as others write them; the code that they show round a line is left out."""

    __slots__ = ("_awaited", "within")

    def __init__(self) -> None:
        self.within = False
        self._awaited: tuple[bytes, bytes] | None = None

    def begin(self) -> None:
        """Another record begins."""
        self.within, self._awaited = False, None

    def may_be(self, text: bytes) -> bool:
        """Whether a line is worth a closer look."""
        if self.within or self._awaited is not None or (b".py" in text and b'File "' not in text):
            return True
        return b" In" in text and text.lstrip().startswith(_CELLS)

    def read(self, text: bytes, unfinished: bool) -> bytes | None:
        """The line as Python would print it, None where it is none of these; `unfinished` says that a traceback is open."""
        place = _NUMBERED.match(text) or _CALLED.match(text) or _PLACE.match(text) or _CELL.match(text)
        if place is not None:
            return self._place(place, unfinished)
        number = _NUMBER.match(text) if self._awaited is not None else None
        if number is not None and self._awaited is not None:
            file, function = self._awaited
            return self._frame(file, function, number[1] or number[2])
        if (escaped := _ESCAPED.match(text)) is not None:
            return b'  File "%b", line %b, in %b' % escaped.groups()
        if self.within and text.strip() and is_class(text):
            self.begin()
        return b"" if self.within and _ROUND_IT.match(text) else None

    def _place(self, place: re.Match[bytes], unfinished: bool) -> bytes | None:
        function = place["function"] or b"<module>"
        function = b"<module>" if function.startswith(b"<cell line") else function
        if place["line"]:
            return self._frame(place["file"], function, place["line"])
        self._awaited = (place["file"], function)
        return b"" if unfinished or self.within else None

    def _frame(self, file: bytes, function: bytes, line: bytes) -> bytes:
        self.within, self._awaited = True, None
        return b'  File "%b", line %b, in %b' % (file, line, function)
