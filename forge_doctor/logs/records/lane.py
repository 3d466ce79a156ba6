"""The lines of one stream given to its records, line by line, also when workers' lines interleave."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from forge_doctor.logs.contexts.pytest_report import Part, PytestReport, Shown
from forge_doctor.logs.mixtures.mixture import Mixing
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.fitting import (
    fitness,
    fits,
    goes_on,
    is_answer,
    is_flat_code,
    is_later,
    lacks_indentation,
    stands_alone,
)
from forge_doctor.logs.records.line_kind import HEADER, JOINING, TOLD, Kind, is_plain_frame, kind_of, of_frame
from forge_doctor.logs.records.mixed_blocks import MixedBlocks
from forge_doctor.logs.records.tracebacks.lost_layout import (
    ForeignFrames,
    ends_pytest,
    from_pytest,
    is_flat_frame,
    is_pytest_frame,
    raised_in,
    short_report_frame,
    torn_from_pytest,
    torn_indent,
    with_straight_quotes,
)
from forge_doctor.streams.line import Line

AFTER_LINES = 60
"""A block ends at the latest so many raw lines after its last traceback line, for each stream that writes in between."""
GOES_ON = 2  # what it says for a traceback that it took the line before
WAITS = 4  # a traceback that others cut into waits so many times longer for its next line
_HEADER = HEADER + b":"


class Lane:
    """The lines of one stream: at most one record being written, and tracebacks cut into by others."""

    def __init__(self, mixing: Mixing | None = None, report: PytestReport | None = None) -> None:
        self._mixing = mixing or Mixing()
        self._report = report or PytestReport()
        self.current: Block | None = None
        self.waiting: list[Block] = []
        self.last: Block | None = None
        self._mixed: MixedBlocks | None = None
        self._told: Block | None = None
        self.after_lines = AFTER_LINES
        self._foreign = ForeignFrames()
        self._shortest = False  # among failures as pytest's shortest style has them, of which no word is looked for

    @property
    def busy(self) -> bool:
        """Whether a block is open that may give an event."""
        begun = self.current is not None and self.current.marked >= 0
        return begun or bool(self.waiting) or self._told is not None or self._shortest

    @property
    def unfinished(self) -> bool:
        """Whether a traceback of it may go on behind another record."""
        return bool(self.waiting) or (self.current is not None and self.current.unfinished)

    @property
    def lists_code(self) -> bool:
        """Whether code or values of any length may come before the next frame, as pytest, IPython and stackprinter list them."""
        current = self.current
        lists = current is not None and current.unfinished and (current.tested or current.flat or self._foreign.within)
        return lists or self._shortest

    @property
    def _is_warned(self) -> bool:
        """Whether the current record is a warning, as pytest's plugins give before its report."""
        head = self.current.head if self.current is not None else None
        return head is not None and head.warned is not None

    def says_again(self, text: bytes) -> bool:
        """Whether the line looks like a record's and belongs to what came last."""
        return self.current is not None and self.current is self.last and is_answer(self.current, text)

    def begin(self, block: Block) -> Iterator[Block]:
        """A record begins: what is finished comes out, an unfinished traceback waits."""
        # pytest's word for how a test ended looks like a record where that is ERROR.
        self._shortest = False
        block.shown = Shown(Part.EXPECTED) if self._report.ends(block.line.text) else self._report.now
        yield from self._make_room(block)
        if self._mixed is not None:
            self._mixed.begin(block)

    def go_on(self, line: Line, offset: int, number: int, *, named: bool = False) -> Iterator[Block]:
        """A line that begins no record: to the block it fits, else to a new one without a head; `named` where it has words of a
        fault that is known."""
        if self._may_expire(number):
            yield from self._expire(number)
        if self.current is not None and self._is_plain(self.current, line.text):
            self.current.take(line.text, of_frame(line.text), number)
            self.last, self._shortest = self.current, False
            return
        raw = line.text
        if self._report.ends(line.text) or (line.text[:3] == b"===" and self._is_warned):
            yield from self.close()
        grouped = (self.current is not None and self.current.grouped) or (
            bool(self.waiting) and any(one.grouped for one in self.waiting)
        )
        flat, indent, tested = self._lay_out(line)
        place = short_report_frame(line.text, self.current.lines) if self.current is not None else None
        line.text = line.text if place is None else place
        told = raw[:2] == b"E " or b".py:" in raw or not raw
        self._shortest = place is not None or (self._shortest and told)
        kind = kind_of(line.text, grouped)
        apart = kind is Kind.HEADER and self.current is not None and is_later(self.current, line)
        if named and self.current is not None and self._mixed is None and not self.waiting:
            apart = apart or (not (flat or indent or tested) and stands_alone(self.current, line.text, kind))
        block = None if apart else self._block_for(line.text, kind)
        begun = None
        if block is not None and kind is Kind.HEADER:
            block.tested = False
        if block is None:
            block = begun = Block(line=line, head=None, offset=offset, touched=number, shown=self._report.now)
            yield from self._make_room(block)
        if flat or indent or tested:
            block.flat, block.indent, block.tested = flat, indent, tested
        if self._mixed is not None:
            self._mixed.take(line, kind, offset, number, begun)
        block.take(line.text, kind, number)
        self.last = block
        if place is not None:
            # Nothing but pytest writes a place below the words that it repeats: whose class it is does not matter.
            block.raised_at(place, raised_in(raw))
            yield from self.close()

    def _is_plain(self, current: Block, text: bytes) -> bool:
        """Whether a line is a frame's as Python writes it, in the only traceback that is open: so most are, and no more is asked."""
        if self.waiting or self._told is not None or self._mixed is not None or self._report.now.part is Part.LIVE:
            return False
        as_written = current.unfinished and not (current.flat or current.indent or current.tested or current.grouped)
        return as_written and is_plain_frame(text) and not self._foreign.may_be(text)

    def _make_room(self, block: Block) -> Iterator[Block]:
        """The block is the current one; what is still written to waits, and what others wrote into is kept beside it."""
        if self._may_expire(block.touched):
            yield from self._expire(block.touched)
        mixed, current = self._mixed, self.current
        if mixed is not None and (mixed.mixture.is_too_long or (mixed.mixture.is_long and not self._is_writing())):
            yield from self._give_out()
        told, self._told = self._told, None
        if told is not None and (current is None or not current.unfinished):
            yield told
            told = None
        if current is None:
            pass
        elif current.unfinished or (self.waiting and current.state in TOLD):
            # Where others write as well, what is told may still have its "direct cause of" to come.
            self.waiting.append(current)
            self._mixing.begun = True
        elif self._mixed is not None:
            self._mixed.passed.append(current)
        elif current.state in TOLD:
            # The next may have been written into it, and "direct cause of" come behind.
            self._told = current
        else:
            yield current
        if self.waiting and self._mixed is None:
            self._mix(told, self.waiting)
        self.current = self.last = block
        self._foreign.begin()

    def _lay_out(self, line: Line) -> tuple[bool, int, bool]:
        """Give a line the layout back that its traceback has lost; what is to be remembered of it."""
        line.text = with_straight_quotes(line.text)
        text, current = line.text, self.current
        begun = self._begun_layout(line)
        if begun is not None:
            return begun
        if text[:2] == b"E " and (current is None or not current.tested):
            line.text = torn_from_pytest(text)
        if current is None:
            return False, 0, False
        if current.tested:
            line.text = text if ends_pytest(text) else from_pytest(text, inside=True)
        elif current.indent:
            line.text = text[current.indent :] if not text[: current.indent].strip() else text
        elif lacks_indentation(current, text) if current.flat else not self.waiting and is_flat_code(current, text):
            line.text = b"    " + text
        return current.flat, current.indent, current.tested

    def _begun_layout(self, line: Line) -> tuple[bool, int, bool] | None:
        """The same of a line that says by itself how it is laid out."""
        text, current = line.text, self.current
        if text[:1] == b"_" and (title := from_pytest(text, inside=False)) != text:
            line.text = title
            return False, 0, True
        if text[:1] in b" \t" and (
            (stripped := text.lstrip(b" \t")).startswith(_HEADER) or (b"Traceback" in text and torn_indent(text) >= 0)
        ):
            line.text = stripped
            return False, len(text) - len(stripped), False
        if is_flat_frame(text):
            line.text = b"  " + text
            return True, 0, False
        if (current is None or not (current.tested or current.unfinished)) and is_pytest_frame(text):
            line.text = from_pytest(text, inside=True)
            return False, 0, True
        if not self._foreign.may_be(text) or (current is not None and current.tested):
            return None
        told = self._foreign.read(text, current is not None and current.unfinished)
        line.text = text if told is None else told
        return None if told is None else (False, 0, False)

    def _mix(self, told: Block | None, others: list[Block]) -> None:
        """From here on lines are kept until it is known whose they are; what was told before may go on."""
        self._mixed = MixedBlocks.of(told, others, self._mixing)

    def close(self) -> Iterator[Block]:
        """Everything that is open, oldest first."""
        yield from self.release()
        yield from self._give_out()
        yield from self.waiting
        if self.current is not None:
            yield self.current
        self.current, self.waiting, self.last = None, [], None

    def release(self) -> Iterator[Block]:
        """What was told before the current record comes out."""
        if self._told is not None:
            yield self._told
            self._told = None

    def _is_writing(self) -> bool:
        return any(one.unfinished for one in (*self.waiting, self.current) if one is not None)

    def _give_out(self) -> Iterator[Block]:
        """What others wrote into has its own lines now; where it is all told, it comes out."""
        if self._mixed is None:
            return
        mixed, self._mixed = self._mixed, None
        yield from mixed.give_out()
        if not any(one.unfinished for one in self.waiting):
            yield from self.waiting
            self.waiting = []

    def _may_expire(self, number: int) -> bool:
        """Whether anything may have waited too long for its next line, which is asked at each."""
        late = self.current is not None and number - self.current.touched > self.after_lines
        return late or self._told is not None or bool(self.waiting)

    def _expire(self, number: int) -> Iterator[Block]:
        longest = WAITS * self.after_lines
        if self._told is not None and number - self._told.touched > longest:
            yield from self.release()
        if any(number - block.touched > longest for block in self.waiting):
            yield from self._give_out()
            old = [block for block in self.waiting if number - block.touched > longest]
            self.waiting = [block for block in self.waiting if block not in old]
            yield from old
            if self.waiting and self.current is not None:
                self._mix(None, [*self.waiting, self.current])
        if self.current is not None and number - self.current.touched > self.after_lines:
            if self._mixed is None:
                yield self.current
            else:
                self._mixed.passed.append(self.current)
            self.current = None

    def _block_for(self, text: bytes, kind: Kind) -> Block | None:
        current = self.current
        if self._told is not None and text.startswith(JOINING) and current is not None and current.state not in TOLD:
            self._mix(None, [self._told, current])
            self.waiting.append(self._told)
            self._told = None
        if not self.waiting:
            return current if current is not None and goes_on(current, text, kind) else None
        blocks = [*self.waiting, *([current] if current else [])]
        fitting = [block for block in blocks if fits(block, text, kind, current, self.last)]
        if not fitting:
            return current if current is not None and goes_on(current, text, kind) else None
        chosen = self._best(fitting, text, kind)
        if chosen is not current and not chosen.unfinished and current is not None and not current.unfinished:
            self.waiting.remove(chosen)
            self.waiting.append(current)
            self.current = chosen
        return chosen

    def _best(self, fitting: list[Block], text: bytes, kind: Kind) -> Block:
        """The block that a line fits best as far as is known; whose it is, is known when the others are told."""
        paths = self._mixing.paths
        scores = [(fitness(block, text, kind, paths) + GOES_ON * (block is self.last), block) for block in fitting]
        return max(scores, key=lambda one: (one[0], one[1].turn))[1]


def share_lines(lanes: Collection[Lane]) -> None:
    """Let each wait the longer for its next line the more write in between."""
    for lane in lanes:
        lane.after_lines = AFTER_LINES * len(lanes)
