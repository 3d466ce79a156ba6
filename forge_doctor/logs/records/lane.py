"""The lines of one stream given to its records, line by line, also when workers' lines interleave."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.fitting import Habits, fits
from forge_doctor.logs.records.line_kind import HEADER, TOLD, Kind, State, kind_of
from forge_doctor.logs.records.lost_layout import ends_pytest, from_pytest, is_class, is_flat_frame
from forge_doctor.logs.records.rich_box import begins_box
from forge_doctor.streams.line import Line

AFTER_LINES = 60
"""A block ends at the latest so many raw lines after its last traceback line, for each stream that writes in between."""
# What loguru draws to the values in a line of code.
VALUE_MARKS = tuple(mark.encode() for mark in ("\u2502", "\u2514", "\u251c", "->", "|"))


class Lane:
    """The lines of one stream: at most one record being written, and tracebacks cut into by others."""

    def __init__(self) -> None:
        self.current: Block | None = None
        self.waiting: list[Block] = []
        self.last: Block | None = None
        self.after_lines = AFTER_LINES
        self._habits = Habits()

    @property
    def busy(self) -> bool:
        """Whether a block is open that may give an event."""
        return bool(self.waiting) or (self.current is not None and self.current.marked >= 0)

    @property
    def unfinished(self) -> bool:
        """Whether a traceback of it may go on behind another record."""
        return bool(self.waiting) or (self.current is not None and self.current.unfinished)

    def begin(self, block: Block) -> Iterator[Block]:
        """A record begins: what is finished comes out, an unfinished traceback waits."""
        yield from self._expire(block.touched)
        if self.current is not None:
            if self.current.unfinished or (self.waiting and self.current.state in TOLD):
                # Where others write as well, what is told may still have its "direct cause of" to come.
                self.waiting.append(self.current)
            else:
                yield self.current
        self.current = self.last = block

    def go_on(self, line: Line, offset: int, number: int) -> Iterator[Block]:
        """A line that begins no record: to the block it fits, else to a new one without a head."""
        yield from self._expire(number)
        grouped = (self.current is not None and self.current.grouped) or any(one.grouped for one in self.waiting)
        flat, indent, tested = self._lay_out(line)
        kind = kind_of(line.text, grouped)
        block = self._block_for(line.text, kind)
        if block is None:
            block = Block(line=line, head=None, offset=offset, touched=number)
            yield from self.begin(block)
        if flat or indent or tested:
            block.flat, block.indent, block.tested = flat, indent, tested
        if self.waiting:
            self._habits.learn(block, line.text, kind)
        block.take(line.text, kind, number)
        self.last = block

    def _lay_out(self, line: Line) -> tuple[bool, int, bool]:
        """Give a line the layout back that its traceback has lost; what is to be remembered of it."""
        text, current = line.text, self.current
        if text[:1] == b"_" and (title := from_pytest(text, inside=False)) != text:
            line.text = title
            return False, 0, True
        if text[:1] in b" \t" and (stripped := text.lstrip(b" \t")).startswith(HEADER + b":"):
            line.text = stripped
            return False, len(text) - len(stripped), False
        if is_flat_frame(text):
            line.text = b"  " + text
            return True, 0, False
        if current is None or not (current.flat or current.indent or current.tested):
            return False, 0, False
        if current.tested:
            line.text = text if ends_pytest(text) else from_pytest(text, inside=True)
        elif current.indent:
            line.text = text[current.indent :] if not text[: current.indent].strip() else text
        elif (current.state is State.FRAME and not is_class(text)) or (
            current.state is State.SOURCE and (not text.strip(b"^~ ") or text.startswith(VALUE_MARKS))
        ):
            line.text = b"    " + text
        return current.flat, current.indent, current.tested

    def close(self) -> Iterator[Block]:
        """Everything that is open, oldest first."""
        yield from self.waiting
        if self.current is not None:
            yield self.current
        self.current, self.waiting, self.last = None, [], None

    def _expire(self, number: int) -> Iterator[Block]:
        if self.waiting:
            old = [block for block in self.waiting if number - block.touched > self.after_lines]
            self.waiting = [block for block in self.waiting if number - block.touched <= self.after_lines]
            yield from old
        if self.current is not None and number - self.current.touched > self.after_lines:
            yield self.current
            self.current = None

    def _block_for(self, text: bytes, kind: Kind) -> Block | None:
        current = self.current
        if not self.waiting:
            return current if current is not None and _goes_on(current, text, kind) else None
        blocks = [*self.waiting, *([current] if current else [])]
        fitting = [block for block in blocks if fits(block, text, kind, current, self.last)]
        if not fitting:
            return current if current is not None and _goes_on(current, text, kind) else None
        chosen = max(fitting, key=lambda block: (self._habits.score(block, text, kind), block.turn))
        if chosen is not current and not chosen.unfinished and current is not None and not current.unfinished:
            self.waiting.remove(chosen)
            self.waiting.append(current)
            self.current = chosen
        return chosen


def share_lines(lanes: Collection[Lane]) -> None:
    """Let each wait the longer for its next line the more write in between."""
    for lane in lanes:
        lane.after_lines = AFTER_LINES * len(lanes)


def _goes_on(block: Block, text: bytes, kind: Kind) -> bool:
    """Whether a line of this kind continues the only open block."""
    if kind is Kind.HEADER:
        return block.state in (State.MESSAGE, State.JOINED) or _is_next_box(block, text)
    return True


def _is_next_box(block: Block, text: bytes) -> bool:
    """Whether the line begins the next box of a chain; the sentence between them is wrapped as the boxes are."""
    return block.state is State.BOXED and begins_box(text)
