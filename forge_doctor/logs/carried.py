"""Reads one source through whatever was put round its lines: learns it, takes it off, gives the rest to the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.records.preceding_lines import may_tell_failure
from forge_doctor.logs.repeats.carried_repeat import Behind, CarriedRepeats
from forge_doctor.logs.scan.region import Region
from forge_doctor.logs.scan.scanner import Scanner
from forge_doctor.logs.scan.wanted import Wanted
from forge_doctor.logs.scan.window import lines_before
from forge_doctor.streams.carriers.line_carriers import (
    LineCarrier,
    Stripped,
)
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge
from forge_doctor.streams.carriers.recognise import recognise
from forge_doctor.streams.heads.learned.learned_heads import learn_heads
from forge_doctor.streams.heads.line_head import is_head

# A stream that needed nothing so often is asked only now and then.
SURE, SELDOM = 16, 64


class Carried:
    """A reader's front: feed it the scanner's regions, in order."""

    def __init__(self, reader: Reader, wanted: Wanted, rules: Rules, strip: str = "") -> None:
        self.reader = reader
        self._wanted = wanted
        self._knowledge = knowledge_of(rules)
        self._carrier: LineCarrier | None = Stripped(strip) if strip else None
        self._inner: Scanner | None = None
        self._behind: CarriedRepeats | None = None
        self._learned = 0
        self._counted = 0
        self._end = 0
        self._asked = 0

    @property
    def said(self) -> str:
        """What is taken off, empty where nothing is."""
        return self._carrier.said if self._carrier else ""

    @property
    def unread(self) -> str:
        """What could not be read, of the log or of what is round it."""
        return "; ".join(filter(None, (self.reader.unread, self._carrier.unread if self._carrier else "")))

    @property
    def summary(self) -> Summary:
        """What was counted so far."""
        return self.reader.summary

    @property
    def counted_blocks(self) -> int:
        """Known blocks counted behind the carrier."""
        return self._counted + (self._inner.counted_blocks if self._inner else 0)

    def begin(self, carrier: LineCarrier | None) -> None:
        """Take off what was seen round the lines at the beginning of the stream."""
        self._carrier = carrier

    def find(self, window: bytearray, hit: int, lowest: int, end: int) -> Any:
        """A known block where it stands, whatever stands round it."""
        if self._carrier is None:
            return self.reader.find(window, hit, lowest, end)
        if self._behind is None or self._carrier.learned != self._learned:
            self._learned = self._carrier.learned
            self._behind = CarriedRepeats(self.reader.repeats, self._carrier.look)
        return self._behind.find(window, hit, lowest, end)

    def count(self, found: Any, window: bytearray, base: int) -> bool:
        """Count a known block."""
        if self._carrier is None or not isinstance(found, Behind) or self._behind is None:
            return self.reader.count(found, window, base)
        begin = base + found.begin
        inner = self._inner_at(begin)
        quiet = lines_before(window, found.begin, base)[-(begin - self._end) :] if begin != self._end else b""
        if len(quiet) < begin - self._end:
            self._leave_out(begin)
        else:
            self._read(inner.settle())
        before, place = inner.seen()
        if found.first.at is None or may_tell_failure(quiet + before, 0, len(quiet) + len(before)):
            inner.pass_over(self._carrier.look(quiet))
            before, place = inner.seen()
        texts = self._behind.texts
        told = found.told(len(before), lambda: texts(bytes(window[found.begin : found.after])))
        if not self.reader.count(told, before, place - len(before)):
            return False
        inner.pass_over(found.first.told + found.body.told)
        self._carrier.pass_over(1 + found.body.lines)
        self._end = base + found.after
        self._counted += 1
        return True

    def feed(self, region: Region) -> None:
        """Read the next region."""
        if self._carrier is None and not self.reader.goes_on_at(region.offset) and self._is_asked():
            self._carrier = recognise(region.data, self._knowledge)
        if self._carrier is None:
            self.reader.feed(region)
            return
        inner = self._inner_at(region.offset)
        if region.offset != self._end:
            self._leave_out(region.offset)
        self._end = region.offset + len(region.data)
        self._read(inner.feed(self._carrier.translate(region.data)))

    def settle(self) -> None:
        """Close what is open, as at the end of a log."""
        self._read(self._inner.settle() if self._inner else ())
        self.reader.settle()

    def finish(self) -> Summary:
        """Close what is open and give the summary."""
        self._read(self._inner.finish() if self._inner else ())
        return self.reader.finish()

    def _inner_at(self, offset: int) -> Scanner:
        """What looks through the told lines, of which the first is at `offset`."""
        if self._inner is None:
            self.reader.settle()
            self._inner = Scanner(self.reader.source, self._wanted, familiar=self.reader)
            self._leave_out(offset)
        return self._inner

    def _leave_out(self, offset: int) -> None:
        """Quiet lines were left out up to an offset: nothing goes on behind them."""
        self.settle()
        if self._inner is not None:
            self._inner.skip(max(0, offset - self._end))
            self._end = offset

    def _read(self, regions: Iterable[Region]) -> None:
        for told in regions:
            self.reader.feed(told)

    def _is_asked(self) -> bool:
        self._asked += 1
        return self._asked <= SURE or not self._asked % SELDOM


def knowledge_of(rules: Rules) -> Knowledge:
    """What is known of lines without learning."""
    unwrapper = Unwrapper(rules.reference, rules.zone_s)
    knowledge = Knowledge(
        plain=lambda raw: unwrapper.line(raw).text,
        is_head=is_head,
        zone_s=rules.zone_s,
        reference=rules.reference,
    )

    def heads_of(lines: Sequence[bytes]) -> Callable[[Iterable[bytes]], Iterator[bytes]] | None:
        learned = learn_heads(lines, knowledge)
        return None if learned is None else learned.lines_of

    return replace(knowledge, learn_heads=heads_of)
