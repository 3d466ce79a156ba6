"""One log record with the lines that belong to it, and how far its traceback has come."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.boxes.open_box import ends_open_box
from forge_doctor.logs.boxes.rich_box import ends_box
from forge_doctor.logs.contexts.pytest_report import Shown
from forge_doctor.logs.records.line_kind import CARETS, CREATED, DUMPED, HEADER, STACK, TOLD, UNFINISHED, Kind, State
from forge_doctor.logs.scan.region import BEFORE_BYTES
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.line import Line

MOST_BYTES = 1 << 20
LATE_LINES, LATE_BYTES = 200, 64 << 10

MOST_PASSED = 400
"""So many lines back a traceback's frames are looked at where several are written at once."""
_GROUP = b"Exception Group Traceback"
# A task that has come to nothing has no traceback.
_PENDING = b"Task was destroyed"
_RAISING = (State.HEADER, State.FRAME, State.SOURCE)


@dataclass(slots=True)
class Block:
    """A record: its head, if it has one, and the lines after it.

    `offset` is where it begins in its source; `touched` the number of its last traceback line;
    `marked` the place of its first line that has a literal or a frame, -1 while it has none;
    `literal` whether any line has a literal: without one the block is quiet and gives no event;
    `before` the raw lines shortly before `marked`; `body` is the known body that its first `body_lines` lines came
    from; `code` is the last line of code, `named` says that the last line names an exception, or the thread of
    a dump, before any frame; `created` that its last frames say where a task was made whose traceback follows.
    `flat` says that its frames have lost their indentation, `indent` how far all of it is indented, `tested` that it
    is pytest's; `mixed` says that others were written at once, `doubtful` that lines of theirs may stand in it; `late`
    are the last lines of one that is too long, `left_out` how many before them are not kept; `shown` is the part of a
    test's report that it stands in.
    """

    line: Line
    head: Head | None
    offset: int
    touched: int
    lines: list[bytes] = field(default_factory=list)
    state: State = State.MESSAGE
    size: int = 0
    code: bytes = b""
    turn: int = 0
    grouped: bool = False
    marked: int = -1
    literal: bool = False
    before: bytes = b""
    body: object = None
    body_lines: int = 0
    late: list[bytes] = field(default_factory=list)
    left_out: int = 0
    flat: bool = False
    indent: int = 0
    tested: bool = False
    named: bool = False
    created: bool = False
    mixed: bool = False
    doubtful: bool = False
    shown: Shown = field(default_factory=Shown)

    @property
    def passed(self) -> list[bytes]:
        """The frames of the traceback that is being written, the innermost first."""
        found = []
        for text in reversed(self.lines[-MOST_PASSED:]):
            if HEADER in text:
                break
            if b'File "' in text:
                found.append(text)
        return found

    @property
    def unfinished(self) -> bool:
        """Whether its traceback still lacks its exception."""
        return self.state in UNFINISHED

    @property
    def quotes(self) -> bool:
        """Whether its exception has another process's traceback as its words, of which the first line is to come."""
        return self.lines[-1:] == [b'"""'] and self.lines[-2][-2:] == b": "

    def take(self, text: bytes, kind: Kind, number: int) -> None:
        """Add a line."""
        self.turn = number
        if self.size < MOST_BYTES:
            self.lines.append(text)
            self.size += len(text) + 1
        else:
            self._take_late(text, kind)
        if kind is Kind.HEADER:
            self.state, self.created = State.HEADER, False
            self.grouped = self.grouped or _GROUP in text
        elif kind is Kind.FRAME:
            if self.state is State.MESSAGE and self.named:
                # The exception came first, as in Sentry's text, or never comes, as in a dump: none is to come behind its frames.
                self.state = State.EXCEPTION
            self.state = State.FRAME if self.state not in TOLD else self.state
        elif kind is Kind.SOURCE:
            self._source(text)
        elif kind is Kind.JOINER:
            self.state = State.JOINED if not text.startswith(STACK) else State.HEADER
            self.created = text.startswith(CREATED) and not (self.head and self.head.message.startswith(_PENDING))
        elif kind is not Kind.BLANK and (self.state in _RAISING or ends_open_box(text)):
            self.state = State.EXCEPTION
        if kind not in (Kind.BLANK, Kind.OTHER, Kind.EXCEPTION):
            self.touched = number
        names = kind is Kind.EXCEPTION or text.endswith(DUMPED)
        self.named = self.state is State.MESSAGE and (names or (self.named and kind is Kind.OTHER))

    def raised_at(self, place: bytes, raised: bytes) -> None:
        """What was taken last is the place of the exception above it: the two are a traceback."""
        above = self.lines[:-1]
        begin = len(above) - 1 - above[::-1].index(raised)
        self.lines = [HEADER + b":", place, *above[begin:]]
        self.literal, self.state = True, State.EXCEPTION

    def retake(self, begun: Block, lines: Iterable[tuple[bytes, Kind, int]]) -> None:
        """Have other lines behind those it had when it looked like `begun`."""
        self.lines, self.late = list(begun.lines), list(begun.late)
        self.size, self.left_out, self.state = begun.size, begun.left_out, begun.state
        self.code, self.named, self.grouped, self.created = begun.code, begun.named, begun.grouped, begun.created
        for text, kind, number in lines:
            self.take(text, kind, number)

    def _take_late(self, text: bytes, kind: Kind) -> None:
        """Of a traceback that is too long only its beginning, its last frames and its end are kept."""
        if kind in (Kind.FRAME, Kind.SOURCE):
            self.late.append(text)
            if len(self.late) > 2 * LATE_LINES:
                del self.late[:LATE_LINES]
                self.left_out += LATE_LINES
        elif self.size < MOST_BYTES + LATE_BYTES:
            cut = b"  [%d lines of the traceback are left out]" % self.left_out
            self.lines += [*([cut] if self.left_out else []), *self.late, text[:LATE_BYTES]]
            self.size += len(text) + 1
            self.late, self.left_out = [], 0

    def mark(self, offset: int, number: int, literal: bool, before: bytes) -> None:
        """The line just taken, at `offset`, is one the scanner looks for.

        What stands too far before the first such line is forgotten, as the scanner leaves it out.
        """
        if self.marked < 0:
            self.marked, self.before = offset, before
            if self.offset < offset - BEFORE_BYTES:
                self.head = None
            if self.head is None and self.state is not State.EXCEPTION:
                self.lines, self.offset, self.touched = self.lines[-1:], offset, number
        self.literal = self.literal or literal

    def _source(self, text: bytes) -> None:
        if ends_box(text):
            self.state = State.BOXED
        elif self.state in (State.FRAME, State.HEADER, State.SOURCE):
            self.state = State.SOURCE
            if not CARETS.match(text):
                self.code = text
