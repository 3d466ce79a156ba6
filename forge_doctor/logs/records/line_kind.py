"""What a line of a traceback is, by itself, and how far a traceback has come."""

from __future__ import annotations

import enum

from forge_doctor.logs.boxes.open_box import begins_open_box, ends_open_box
from forge_doctor.logs.boxes.rich_box import EDGES, begins_box
from forge_doctor.regex import regex

HEADER = b"Traceback (most recent call last)"
JOINING = (
    b"The above exception was the direct cause",
    b"During handling of the above exception",
    b"While handling the above exception",
)
# Where asyncio's debug mode says that a task or a callback was made, which stands above what became of it.
CREATED = (b"source_traceback: Object created at", b"handle_traceback: Handle created at")
STACK = (b"Call stack:", b"Stack (most recent", b"Object allocated at", *CREATED)
# How faulthandler begins a dump, and each thread of it.
DUMPS = (b"Timeout (", b"Fatal Python error: ")
DUMPED = b"(most recent call first):"
CARETS = regex(rb" {4,}[\^~][\^~ ]*$")
_OF_FRAME = (b'  File "', b"    ")
_FRAME = regex(rb'\s*(?:> )?File "')
_ANSWER = regex(rb"(?:ERROR|FATAL|PANIC): {1,2}[a-z]")
_EXCEPTION = regex(rb"[A-Za-z_]\w*(?:\.[\w<>]+)*(?:: |:?$)")
# What asyncio says below the head of its record, and no traceback does.
OF_TASK = b"future: <"
# What a person writes in the place of lines left out, and stackprinter between a traceback and its summary.
LEFT_OUT = regex(
    rb"-{4} \(full traceback (?:above|below)\) -{4}\s*$"
    rb"|[\s<({\[*#/-]{0,8}(?:\.{3,8}|\xe2\x80\xa6|(?i:snip|clipped|truncated|omitted|cut))"
    rb"(?![\w.:])[^:\n\"']{0,60}$"
)
_MARGIN = regex(rb"(?<! ) +\| ?")
_LEAF = regex(rb" *\+-[+-]-* (?:\d+|\.\.\.) -+$")

# What a line that names an exception begins with, as text.
SURE_EXCEPTION = regex(
    r"(?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*(?:Error|Exception|Timeout|Warning|Group|Interrupt|Exit|Greenlet|Instance|Closed)"
    r"|MissingGreenlet|StaleDataError|gaierror|AwaitRequired|NoInspectionAvailable|AsyncContextNotStarted)(?:: |$)"
    # Its classes are named for their SQLSTATE's condition.
    r"|psycopg2?\.errors\.[A-Z]\w{2,60}(?:: |$)"
)


class Kind(enum.Enum):
    """What a line that begins no record can be."""

    HEADER = enum.auto()
    FRAME = enum.auto()
    SOURCE = enum.auto()
    EXCEPTION = enum.auto()
    JOINER = enum.auto()
    BLANK = enum.auto()
    OTHER = enum.auto()


class State(enum.Enum):
    """How far a block's traceback has come; `BOXED` is past its box, where its exception stands, indented as it is."""

    MESSAGE = enum.auto()
    HEADER = enum.auto()
    FRAME = enum.auto()
    SOURCE = enum.auto()
    BOXED = enum.auto()
    EXCEPTION = enum.auto()
    JOINED = enum.auto()


UNFINISHED = (State.HEADER, State.FRAME, State.SOURCE, State.JOINED)
TOLD = (State.BOXED, State.EXCEPTION)


def says_again(text: bytes, above: bytes) -> bool:
    """Whether a line below an exception's is the server's answer to libpq's second attempt, of the severity of the first."""
    severity, found, _ = text.partition(b":  ")
    return bool(found) and severity.isalpha() and severity.isupper() and severity + found in above


def answers(text: bytes) -> bool:
    """Whether a line is the server's answer as libpq gives it, put below a record's words: severity, and a sentence without a capital."""
    return _ANSWER.match(text) is not None


def kind_of(text: bytes, grouped: bool = False) -> Kind:
    """What the line is, by itself; `grouped` says that it may have an exception group's margin."""
    if grouped and text[:1] == b" ":
        if _LEAF.match(text):
            return Kind.JOINER
        text = _MARGIN.sub(b"", text, count=1)
    if not text.strip() or text.startswith(OF_TASK):
        return Kind.BLANK
    if HEADER in text or begins_box(text) or begins_open_box(text):
        return Kind.HEADER
    if text[:1] in (b" ", b"\t", b">"):
        return of_frame(text)
    if text.startswith(JOINING) or text.startswith(STACK):
        return Kind.JOINER
    if ends_open_box(text):
        return Kind.EXCEPTION
    if text.startswith(EDGES) or text[:1] in (b"|", b"+"):
        return Kind.SOURCE
    if _EXCEPTION.match(text):
        return Kind.EXCEPTION
    return Kind.BLANK if LEFT_OUT.match(text) else Kind.OTHER


def of_frame(text: bytes) -> Kind:
    """Which of a frame's lines it is."""
    return Kind.FRAME if _FRAME.match(text) else Kind.SOURCE


def is_plain_frame(text: bytes) -> bool:
    """Whether a line is one of a frame as Python writes it, about which nothing else need be asked in a plain traceback."""
    if not text.startswith(_OF_FRAME) or not text.isascii() or not text.strip():
        return False
    # `find` takes a third of what `in` does of bytes.
    return text.find(b"Traceback") < 0 and text.find(b".py:") < 0 and text.find(b"](http") < 0


def is_class_name(name: str) -> bool:
    """Whether an exception's name is one that a class has, and no word that stood at the beginning of a line.

    Of those without a capital there are a few old ones, which say what they are.
    """
    last = name.rpartition(".")[2]
    return not last.isascii() or any(map(str.isupper, last)) or last.endswith(("error", "exception", "timeout"))
