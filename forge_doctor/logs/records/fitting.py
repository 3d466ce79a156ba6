"""Whose the next line is, where one traceback is open and where several are written at once, as far as it can be told without the rest.

And whether it is code, where a traceback has lost its indentation, all of it or that of its code.
"""

from __future__ import annotations

from forge_doctor.logs.boxes.rich_box import begins_next_box
from forge_doctor.logs.mixtures.evidence import begins, calls, raises, shows_code, underlines
from forge_doctor.logs.mixtures.places import Paths, class_of, function_of, place_of
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.line_kind import CARETS, DUMPS, TOLD, Kind, State, answers, kind_of, says_again
from forge_doctor.logs.records.tracebacks.lost_layout import is_class
from forge_doctor.regex import regex
from forge_doctor.streams.line import Line

_RECENT = 3
FRAME_ABOVE = 4
"""So many lines above code its frame stands, the others being blank."""
WRITTEN_WITHIN_S = 5.0
"""A record's traceback is written at the latest so many seconds after it."""
WHOLE_S = 1.0
ZONES_S = 900  # zones are so many seconds apart, or a multiple
MOST_CODE = 40
"""So many lines of code and of what is drawn below them a frame shows at most."""
# What a line of code has that calls, assigns or raises.
_CODE = regex(rb"[(\[=]|^(?:return|raise|yield|await|assert|del|with|async) ")
# What an error's own words go on with in lines of their own.
_BELOW = regex(
    rb"\[(?:SQL|parameters|cached|generated|raw sql)|\((?![\w.]{1,100}\) |<class ')|[{}\])\"',;]"
    rb"|(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|LINE \d{1,6}): ?"
)
_TRYING = regex(rb"(?:[^\n]{0,200}: )?(?:connection to server at|could not connect to server) ?")
# What servers tell of themselves and of requests: no line below one is a part of it.
_ONE_LINE = regex(
    rb'[^\n]{0,300}"[A-Z]{3,8} [^\n]{0,2000} HTTP/\d'
    rb"|(?:Started|Finished|Stopping) (?:parent |server |reloader |child )?process|Waiting for |Uvicorn running on"
    rb"|Application (?:startup|shutdown) complete|Shutting down|(?:Booting|Using) worker|Listening at: |Starting gunicorn"
    rb"|Worker exiting|connection (?:open|closed)|Handling signal"
)
# How a line begins that tells of a failure.
_STATES = regex(
    rb"\((?:\w{1,40}\.){1,6}[A-Z]\w{1,60}\) |(?:Message|Reason): |\(<class '[\w.]{1,100}'>, |"
    rb"[^\"'{}<>\n]{0,60}?(?i:\b(?:error|exception|fail(?:ed|ure)?|fatal|unable to|could not|couldn't|cannot|can't)\b"
    rb"|\b[\w.]{0,80}(?:Error|Exception|Violation|Timeout)\b)"
)
# What Node's console.log() makes of a label with a line break behind it and of an error: it puts one blank between the two.
_AFTER_LABEL = regex(rb" [Ee]rror: \S")
# What loguru draws to the values in a line of code.
VALUE_MARKS = tuple(mark.encode() for mark in ("\u2502", "\u2514", "\u251c", "->", "-->", "|"))


def fits(block: Block, text: bytes, kind: Kind, current: Block | None, latest: Block | None) -> bool:
    """Whether a line of this kind can come next in the block, several being open."""
    state = block.state
    if kind is Kind.HEADER:
        return _awaits_header(block, text) or (state is State.MESSAGE and block.head is not None)
    if kind is Kind.FRAME:
        return state in (State.HEADER, State.SOURCE, State.FRAME)
    if kind is Kind.SOURCE:
        if CARETS.match(text):
            return state is State.SOURCE and len(text) <= len(block.code) + 4
        # An exception's message may have more lines, indented as code is.
        return state in (State.FRAME, State.SOURCE) or (state is State.EXCEPTION and block is latest)
    if kind is Kind.EXCEPTION:
        return state in (State.FRAME, State.SOURCE)
    if kind in (Kind.JOINER, Kind.BLANK):
        return state in (State.JOINED, *TOLD)
    return block is current and state in (State.JOINED, *TOLD)


def goes_on(block: Block, text: bytes, kind: Kind) -> bool:
    """Whether a line of this kind continues the only open block."""
    if kind is Kind.HEADER:
        if block.state is State.EXCEPTION:
            return block.quotes
        if block.state is State.MESSAGE:
            # A warning has none.
            return block.head is None or block.head.warned is None
        # pytest's title of a test, above a traceback as Python has it.
        titled = block.tested and block.state is State.HEADER
        return titled or _awaits_header(block, text)
    return block.state is State.MESSAGE or not text.startswith(DUMPS)


def _awaits_header(block: Block, text: bytes) -> bool:
    """Whether what stands above says that one more traceback follows."""
    return block.created or block.state is State.JOINED or (block.state is State.BOXED and begins_next_box(text))


def fitness(block: Block, text: bytes, kind: Kind, paths: Paths) -> int:
    """How well the line fits the block."""
    if kind is Kind.SOURCE:
        if CARETS.match(text):
            return underlines(block.code, text)
        # A frame has one line of code; more than one only where Python shows all of a call that is written over several.
        return 3 if block.state is State.FRAME else -3 if block.state is State.EXCEPTION else -6
    if kind not in (Kind.FRAME, Kind.EXCEPTION):
        return int(block.state is State.EXCEPTION)
    if block.state is State.HEADER:
        return begins(text)
    frames = block.passed[:_RECENT]
    frame = frames[0] if frames else b""
    code = block.code if block.state is State.SOURCE else b""
    if kind is Kind.EXCEPTION:
        return raises(frame, code, text) + paths.score(frame, class_of(text))
    been = function_of(text) in map(function_of, frames)
    return calls(frame, code, text, been) + paths.score(frame, place_of(text))


def is_later(block: Block, line: Line) -> bool:
    """Whether a traceback begins so long after the record above it, by its carrier's clock, that it is not the record's."""
    if line.at is None or block.state is not State.MESSAGE:
        return False
    if block.line.at is not None:
        return line.at - block.line.at > WRITTEN_WITHIN_S
    written = block.head.at if block.head is not None else None
    # A record's own clock may be another zone's or another year's than its carrier's, which may leave out what is below a second.
    return (
        written is not None
        and line.at > written
        and WRITTEN_WITHIN_S < (line.at - written) % ZONES_S < ZONES_S - WHOLE_S
    )


def stands_alone(block: Block, text: bytes, kind: Kind) -> bool:
    """Whether a line that names a fault is no part of the record above it: a program prints such lines between its server's
    records, or one after the other."""
    if _AFTER_LABEL.match(text):
        text, kind = text[1:], Kind.OTHER
    if kind not in (Kind.OTHER, Kind.EXCEPTION) or block.state is not State.MESSAGE or _BELOW.match(text):
        return False
    head = block.head
    if head is None:
        above = next((one for one in reversed(block.lines) if one[:1] not in (b" ", b"\t")), b"")
        # libpq tells of each address that it tried.
        tried_next = _TRYING.match(text) is not None and _TRYING.search(above) is not None and text != above
        return block.marked >= 0 and not tried_next
    if not 0 <= head.level < 30 or head.origin != "app" or head.record is not None or block.lines[-1:] == [b""]:
        return False
    return _ONE_LINE.match(head.message) is not None or _STATES.match(text) is not None


def lacks_indentation(block: Block, text: bytes) -> bool:
    """Whether a line is code, or what is drawn below it, in a traceback without any indentation."""
    if block.state is State.FRAME:
        return not is_class(text)
    if block.state is not State.SOURCE:
        return False
    if not text.strip(b"^~ ") or text.startswith((*VALUE_MARKS, b"...<")):
        return True
    # From 3.13 on Python shows all lines of an expression: what is not closed goes on.
    return _is_open(block) and kind_of(text) is Kind.OTHER and not is_class(text)


def _is_open(block: Block) -> bool:
    """Whether brackets are open in what a block's last frame shows of its code."""
    opened = 0
    for line in block.lines[: -MOST_CODE - 1 : -1]:
        if line.startswith(b'  File "'):
            return opened > 0
        opened += sum(map(line.count, (b"(", b"[", b"{"))) - sum(map(line.count, (b")", b"]", b"}")))
    return False


def is_flat_code(block: Block, text: bytes) -> bool:
    """Whether a line without indentation is the code of the frame above it, which kept its own: no exception is written so."""
    return (
        block.state is State.FRAME
        and text[:1] not in (b" ", b"\t", b"")
        and b", in " in next((above for above in reversed(block.lines[-FRAME_ABOVE:]) if above.strip()), b"")
        and kind_of(text) is Kind.OTHER
        and _CODE.search(text) is not None
        and shows_code(next(iter(block.passed), b""))
    )


def is_answer(block: Block, text: bytes) -> bool:
    """Whether a line that looks like a record's is the server's answer: behind an exception's words again, or below a record."""
    if block.state is State.EXCEPTION:
        return says_again(text, block.lines[-1])
    # A record's own line has its time, as the one above it has.
    timed = block.head is not None and block.head.at is not None and block.head.level >= 40
    return timed and not block.lines and block.state is State.MESSAGE and answers(text)
