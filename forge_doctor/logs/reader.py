"""Reads regions of one source into a summary: lines to blocks, blocks to events, events to groups.

Only the lines round a literal are parsed; the same events come out of a whole log and of its regions.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.tally import Tally
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.lane import Lane, share_lines
from forge_doctor.logs.records.tracebacks.known_bodies import Memo, Run
from forge_doctor.logs.records.tracebacks.lost_layout import named_before
from forge_doctor.logs.records.tracebacks.traceback_bodies import stamps_of
from forge_doctor.logs.repeats.known_block import Found
from forge_doctor.logs.repeats.repeat import Repeats
from forge_doctor.logs.scan.reach import AFTER_BYTES, AFTER_LONG_LINES, REACH_BYTES
from forge_doctor.logs.scan.region import BEFORE_BYTES, Region
from forge_doctor.logs.scan.window import Window
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.heads.line_head import Heads
from forge_doctor.streams.line import LaneKey, Line, lane_key

LONGEST_LINE, MOST_LANES = 4 << 20, 256


class Reader:
    """Reads one source. Feed regions in order, then `finish`.

    A region that does not begin where the last one ended means that quiet lines were left out.
    """

    def __init__(self, source: str, rules: Rules | None = None) -> None:
        self.source, self.rules = source, rules or Rules()
        self._unwrapper = Unwrapper(self.rules.reference, self.rules.zone_s)
        self._tally = Tally(source, self.rules, self._unwrapper)
        self._memo, self._window = Memo(), Window(b"", 0, b"", ())
        self._lanes: dict[LaneKey, Lane] = {}
        self._partial: dict[LaneKey, tuple[Line, int]] = {}
        self._heads = Heads(self.rules.zone_s, self.rules.reference)
        self._parsed: tuple[int, Line, Head | None] | None = None
        self._run: Run | None = None
        self.repeats = Repeats(self._heads, self._tally, self._unwrapper)
        self._busy = False
        self._end = self._number = self._marked_end = self._marked_number = self._quiet_since = 0

    @property
    def summary(self) -> Summary:
        """What was counted so far."""
        self.repeats.count_waiting()
        self._tally.release()
        return self._tally.summary

    @summary.setter
    def summary(self, summary: Summary) -> None:
        self._tally.summary = summary

    def goes_on_at(self, offset: int) -> bool:
        """Whether a record is open that may go on in a region which begins there."""
        return self._busy and offset == self._end

    def feed(self, region: Region) -> None:
        """Read the next region."""
        if region.offset != self._end:
            self.settle()
            self._quiet_since = region.offset
        self._run = None
        self._window = window = Window(region.data, region.offset, region.before, region.hits)
        begin = 0
        while begin < len(region.data):
            if not self._busy:
                target = min(window.literal_at(begin), window.frame_at(begin))
                begin = self._skip_to(target, begin)
                if begin >= len(region.data):
                    break
            begin = self._take(begin, region.data.find(b"\n", begin) + 1 or len(region.data))
        self._end = region.offset + len(region.data)

    def find(self, window: bytearray, hit: int, lowest: int, end: int) -> Found | None:
        """The known block that begins with the line of `hit`: see `Familiar`."""
        return self.repeats.find(window, hit, lowest, end)

    def count(self, found: Found, window: bytes | bytearray, base: int) -> bool:
        """Count a known block, unless what is open may go on behind it, or pytest's report says what it is: see `Familiar`."""
        if self._tally.report.judges or ((self._busy or self._tally.mixing.begun) and found.is_new):
            return False
        if self._busy:
            if base + found.begin > self._end + BEFORE_BYTES:
                self.settle()
            if self._busy and not self._closes(self._unwrapper.line(found.raw)):
                return False
        self._rest(base + found.after)
        self.repeats.count(found, window, base)
        return True

    def _closes(self, head: Line) -> bool:
        """Close what is open, if a record that begins with this line ends all of it."""
        own = self._lanes.get(lane_key(head))
        busy = [lane for lane in self._lanes.values() if lane.busy]
        if self._partial or own is None or busy != [own] or own.unfinished:
            return False
        self.settle()
        return True

    def settle(self) -> None:
        """Close what is open, as at the end of a log."""
        for line, offset in list(self._partial.values()):
            line.partial = False
            self._line(line, offset)
        self._partial.clear()
        for lane in self._lanes.values():
            self._tally.judge_all(lane.close())
        self._rest(self._end)

    def finish(self) -> Summary:
        """Close what is open and give the summary."""
        self._tally.ending = True
        self.settle()
        self._tally.finish(self._end)
        return self.summary

    @property
    def unread(self) -> str:
        """What of the log could not be made out, empty where nothing was left."""
        return self._tally.unread.said(self.source)

    def _rest(self, offset: int) -> None:
        """Nothing is open: quiet lines from here on are not parsed."""
        self._lanes.clear()
        self._busy, self._run, self._quiet_since = False, None, offset

    def _skip_to(self, target: int, begin: int) -> int:
        """The next line worth reading; the head it may belong to is read first."""
        window = self._window
        if target >= len(window.data):
            return target
        begin = window.line_of(target, begin)
        end = window.data.find(b"\n", begin) + 1 or len(window.data)
        line = self._unwrapper.line(window.data[begin:end])
        head = self._heads.read(line.text)
        self._parsed = (window.offset + begin, line, head)
        if head is None:
            offset = window.offset + begin
            for raw, place in reversed(list(self._head_before(line, offset))):
                self._number += 1
                self._whole(self._unwrapper.line(raw), place)
        return begin

    def _head_before(self, line: Line, offset: int) -> Iterator[tuple[bytes, int]]:
        """The quiet lines before a line that begins no record, back to the head of its record."""
        found = []
        for raw, place in self._window.lines_before(offset, self._quiet_since):
            other = self._unwrapper.line(raw)
            if lane_key(other) != lane_key(line):
                continue
            found.append((raw, place))
            if self._heads.read(other.text) is not None:
                yield from found
                return
        yield from named_before(line.text, found)

    def _take(self, begin: int, end: int) -> int:
        """Read the line at `begin`; where the next one begins."""
        window, offset = self._window, self._window.offset + begin
        literal = window.literal_at(begin) < end
        framed = literal or window.frame_at(begin) < end
        self._number += 1
        if framed:
            self._marked_end, self._marked_number = window.offset + end, self._number
        elif self._is_out_of_reach(window.offset + end):
            self._end = offset
            self.settle()
            return begin
        raw = window.data[begin:end]
        block = self._known(offset) or self._whole(self._unwrapper.line(raw), offset, named=literal)
        if block is None:
            self._busy = True
            return end
        if framed:
            self._busy = True
            before = window.before(offset) if block.marked < 0 else b""
            block.mark(offset if block.lines else block.offset, self._number, literal, before)
        return self._follow(block, raw, begin, end)

    def _is_out_of_reach(self, end: int) -> bool:
        """Whether the line that ends there is farther from the last marked one than the scanner reaches."""
        behind, many = end - self._marked_end, self._number - self._marked_number > AFTER_LONG_LINES
        far = behind > AFTER_BYTES and (many or behind > REACH_BYTES)
        if listing := far and any(lane.lists_code for lane in self._lanes.values()):
            self._marked_end, self._marked_number = end, self._number
        return far and not listing

    def _known(self, offset: int) -> Block | None:
        """The block of a line whose head was read when it was skipped to."""
        parsed, self._parsed = self._parsed, None
        if parsed is None or parsed[0] != offset or parsed[2] is None or parsed[1].partial or self._partial:
            return None
        return self._begin(parsed[1], parsed[2], offset)

    def _follow(self, block: Block, raw: bytes, begin: int, end: int) -> int:
        """Go on behind the line just taken: past the whole body of the block where it is known."""
        run = self._run
        if run is not None and run.block is block:
            run.reach(end, self._marked_end - self._window.offset, self._number)
            return end
        self._learn()
        if not self._partial and not any(lane.busy for lane in self._lanes.values()):
            self._rest(self._window.offset + begin)
            return end
        if len(block.lines) > 1 or block.marked < 0:
            return end
        return self._recall(block, raw, end)

    def _recall(self, block: Block, raw: bytes, begin: int) -> int:
        """Give the block a body that is known; where it ends."""
        data, stamps = self._window.data, stamps_of(raw)
        found = self._memo.match(data, begin, stamps) if not block.mixed and self._alone(block) else None
        if found is None:
            self._run = Run(block=block, start=begin, stamps=stamps, before=len(block.lines))
            return begin
        body, end = found
        block.body, block.body_lines = body, len(block.lines) + len(body.lines)
        self._number += body.raw_lines
        self._marked_end = self._window.offset + end - body.marked_back
        self._marked_number = self._number - data.count(b"\n", end - body.marked_back, end)
        block.lines += body.lines
        block.size += len(body.text)
        block.state, block.code, block.grouped, block.literal = body.state, body.code, body.grouped, True
        block.touched = block.turn = self._number
        if not block.unfinished and self.repeats.is_over(raw, stamps, data, end, len(data)):
            if len(block.lines) == len(body.lines):
                self.repeats.learn(block, raw, body, stamps)
            for lane in self._lanes.values():
                self._tally.judge_all(lane.close())
            self._rest(self._window.offset + end)
        else:
            self._run = Run(block=block, start=end, stamps=stamps, before=len(block.lines), known=True)
        return end

    def _alone(self, block: Block) -> bool:
        """Whether the block is the only one open."""
        return not self._partial and all(
            not lane.waiting and (lane.current is block or not lane.busy) for lane in self._lanes.values()
        )

    def _learn(self) -> None:
        run, data = self._run, self._window.data
        if run is not None and run.block.literal and run.whole is not None:
            if not run.known:
                self._memo.learn(data, run)
            texts = run.block.lines[run.before : run.before + run.whole.count]
            self.repeats.learn_frames(data[run.start : run.whole.end], texts, run.stamps)
        self._run = None

    def _whole(self, line: Line, offset: int, *, named: bool = False) -> Block | None:
        """Give a line to its lane; the block that has it now, or None where the rest of it is still to come."""
        key = lane_key(line)
        begun = self._partial.pop(key, None) if self._partial else None
        if begun is not None:
            first, offset = begun
            line.text, line.at = first.text + line.text, first.at
        if line.partial and len(line.text) < LONGEST_LINE:
            self._partial[key] = (line, offset)
            return None
        return self._line(line, offset, named=named)

    def _line(self, line: Line, offset: int, *, named: bool = False) -> Block | None:
        lane = self._lane(line)
        line.text = line.text[:LONGEST_LINE]
        head = self._heads.read(line.text)
        of_server = head is not None and head.level == 0 and head.origin == "postgresql"
        if head is not None and not (of_server and lane.current is not None) and not lane.says_again(line.text):
            return self._begin(line, head, offset)
        self._tally.judge_all(lane.go_on(line, offset, self._number, named=named))
        return lane.last

    def _begin(self, line: Line, head: Head, offset: int) -> Block:
        """A record begins."""
        begun = Block(line=line, head=head, offset=offset, touched=self._number)
        lane = self._lane(line)
        self._tally.judge_all(lane.begin(begun))
        if self._tally.minds(head):
            self._tally.judge_all(lane.release())
        self._tally.note(line, head, offset)
        return begun

    def _lane(self, line: Line) -> Lane:
        key = lane_key(line)
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= MOST_LANES:
                self._tally.judge_all(self._lanes.pop(next(iter(self._lanes))).close())
            lane = self._lanes[key] = Lane(self._tally.mixing, self._tally.report)
            share_lines(self._lanes.values())
        return lane
