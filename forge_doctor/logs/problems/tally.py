"""Counts what the blocks of one source come to: each event once, with its time, source, worker and route."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from forge_doctor.logs.contexts.pytest_report import Part, PytestReport, Shown
from forge_doctor.logs.culprit import Rules, is_own
from forge_doctor.logs.echoes.echoes import Echoes
from forge_doctor.logs.echoes.telling import Teller, teller_of
from forge_doctor.logs.match import catalogue, without_parameters
from forge_doctor.logs.mixtures.mixture import Mixing
from forge_doctor.logs.peers import ANY_PEER
from forge_doctor.logs.problems.group import GroupKey, group_key
from forge_doctor.logs.problems.starts import Mark
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.worker_kills import TIMED_OUT, WorkerKills
from forge_doctor.logs.recognition.chain_events import Telling, sections_of, telling_words
from forge_doctor.logs.recognition.recogniser import Recogniser
from forge_doctor.logs.recognition.statement import statement_of
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.preceding_lines import Surroundings
from forge_doctor.logs.records.tracebacks.known_chains import Parts
from forge_doctor.logs.records.tracebacks.plain_frames import BEGIN
from forge_doctor.logs.records.unread import Unread
from forge_doctor.logs.scan.lifecycle import MARKS, STARTS
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.line import Line

REPEATED_WITHIN = 1 << 16
"""The same object complained of twice within so many bytes is one event printed twice."""
MOST_LEARNT = 1024

_LIFE = regex(b"|".join(re.escape(text) for text in sorted({text for text, _ in (*MARKS, *STARTS)})))


class Tally:
    """Adds blocks to a summary."""

    def __init__(self, source: str, rules: Rules, unwrapper: Unwrapper) -> None:
        self.source = source
        self.summary = Summary()
        self.surroundings = Surroundings(unwrapper, rules.zone_s)
        self.mixing = Mixing(partial(is_own, app_roots=rules.app_roots))
        self._recogniser = Recogniser(rules, catalogue())
        self._learnt: dict[int, tuple[Event, ...]] = {}
        self._seen: dict[str, int] = {}
        self._kills = WorkerKills()
        self.unread = Unread()
        self._echoes = Echoes()
        # Whether events have to be counted one by one; else they are remembered, and counted later, all at once.
        self.may_echo, self.hear = self._echoes.may_be, self._echoes.hear
        self.ending = False
        self._blamed: dict[str, GroupKey] = {}
        self._marked: dict[str, int] = {}
        self.report = PytestReport()
        self._live: list[Block] = []

    def minds(self, head: Head) -> bool:
        """Whether a record says something about what was told before it, which is to be counted first."""
        return bool(_LIFE.search(head.message)) or TIMED_OUT.search(head.message) is not None

    def note(self, line: Line, head: Head, offset: int) -> None:
        """Remember what a record says about later ones: a start or stop, a worker that is killed."""
        self.unread.records += head.level >= 0
        if _LIFE.search(head.message):
            at = head.at if head.at is not None else line.at
            if head.level <= 20 or head.origin != "app":
                for text, name in MARKS:
                    if text in head.message:
                        self.summary.mark(name, at)
            for text, kind in STARTS:
                if text in head.message:
                    self._mark_start(self.source_of(line), offset, kind, at)
        for kill in self._kills.note(self.source_of(line), head.message, head.at if head.at is not None else line.at):
            self.summary.add(kill.event, kill.seen, kill.example)

    def release(self, offset: int | None = None) -> None:
        """Count the messages that no traceback can belong to any more that begins at an offset, or at all."""
        for held in self._echoes.released(offset):
            self.summary.add(held.event, held.seen, held.example)

    def finish(self, end: int) -> None:
        """Close what the log said about starts with the errors after it."""
        self._judge_live()
        self.release()
        for source in {*self._marked, *self._blamed}:
            if source in self._marked and source in self._blamed:
                self._mark_start(source, end, "end", None)

    def _mark_start(self, source: str, offset: int, kind: str, at: float | None) -> None:
        self._marked[source] = offset
        self.summary.mark_start(Mark(source, offset, kind, at, self._blamed.pop(source, None)))

    def source_of(self, line: Line) -> str:
        """The log, with the service that wrote the line."""
        return f"{self.source} {line.service}" if line.service else self.source

    def judge_all(self, blocks: Iterable[Block]) -> None:
        """Count what finished blocks come to."""
        for block in blocks:
            self.judge(block)

    def judge(self, block: Block) -> None:
        """Count what a finished block comes to."""
        if self._live and self._live[0].shown.part is not Part.LIVE:
            self._judge_live()
        if not block.literal or block.shown.part is Part.EXPECTED:
            return
        if block.shown.part is Part.LIVE:
            self._live.append(block)
            return
        events = self._recogniser.events(block)
        if block.shown.part is Part.WARNED:
            events = tuple(event for event in events if event.signature)
        if events:
            if not block.mixed:
                self.learn(events, block)
            self.count(events, self._sighting(block), lambda: _example(block), teller_of(block.head))
        if not all(event.culprit for event in events) or not events:
            self.unread.check(block, told=bool(events), ending=self.ending, names=self._names_fault)

    def _judge_live(self) -> None:
        """Count what tests have logged of which it is known how they ended, or of which no more comes."""
        waiting, self._live = self._live, []
        for block in waiting:
            block.shown = Shown(Part.NONE) if block.shown.part is Part.LIVE else block.shown
            self.judge(block)

    def learn(self, events: tuple[Event, ...], block: Block, parts: Parts = ()) -> None:
        """Remember what was counted that nobody wrote into: tracebacks that are written at once are told apart by it."""
        if not events or id(events) in self._learnt or len(self._learnt) >= MOST_LEARNT:
            return
        # Kept, so that nothing else gets its number.
        self._learnt[id(events)] = events
        traces = sections_of(block.head, parts) if parts else self._recogniser.traces(block)
        self.mixing.learn(section for trace in traces for section in trace)

    def _names_fault(self, text: bytes) -> bool:
        line = without_parameters(text.decode("utf-8", "replace"))
        found = catalogue().match_text(line, bare=False, origin="app")
        if found is None or found.id in ANY_PEER:
            return False
        return catalogue().match_text(line, bare=True, origin="app") is None

    def count(self, events: tuple[Event, ...], seen: Sighting, example: Callable[[], str], teller: Teller) -> bool:
        """Count events that were seen together; whether all of them counted."""
        self.release(seen.offset)
        counted = True
        for event in events:
            if self._repeated(event, seen) or self._kills.takes(event, seen, example):
                counted = False
                continue
            if self._echoes.is_echo(event, seen, teller):
                self._raise_level(event, seen)
                counted = False
                continue
            seen.route = _named_route(event) or seen.route
            if self._echoes.hold(event, seen, teller, example):
                continue
            counted = self.summary.add(event, seen, example) and counted
            if event.starting:
                self._blamed[seen.source] = group_key(event, seen)
        return counted

    def _raise_level(self, echo: Event, seen: Sighting) -> None:
        """A failure that was told at DEBUG is now told louder."""
        group = self.summary.groups.get(group_key(echo, seen))
        if group is not None and group.quiet and not echo.quiet:
            group.quiet -= 1

    def count_times(self, events: tuple[Event, ...], seen: Sighting, times: Sequence[float | None]) -> None:
        """Count events that were seen again and again, at none of the times for the first time."""
        for event in events:
            seen.route = _named_route(event) or seen.route
            self.summary.add_times(event, seen, times)

    def _sighting(self, block: Block) -> Sighting:
        """When, where and on which route the block was written."""
        line, head = block.line, block.head
        source = self.source_of(line)
        route = self.surroundings.route(block)
        if head is None:
            at = self.surroundings.time(block) if line.at is None else line.at
            return Sighting(source=source, offset=block.offset, at=at, worker=line.worker)
        at = head.at if head.at is not None else line.at
        return Sighting(
            source=source,
            offset=block.offset,
            at=self.surroundings.time(block) if at is None else at,
            worker=line.worker or head.worker,
            route=route,
            sqlstate=head.sqlstate,
            origin=head.origin,
        )

    def _repeated(self, event: Event, seen: Sighting) -> bool:
        """Whether this was counted already."""
        offset = seen.offset
        if not event.once:
            return False
        before = self._seen.get(event.once)
        self._seen[event.once] = offset
        if len(self._seen) > 10_000:
            self._seen = {key: at for key, at in self._seen.items() if offset - at <= REPEATED_WITHIN}
        return before is not None and offset - before <= REPEATED_WITHIN

    def events(self, block: Block) -> tuple[Event, ...]:
        """What the block comes to."""
        return self._recogniser.events(block)

    def telling_head(self, head: Head) -> object:
        """What of a head decides what its block comes to, and how that is counted."""
        return (head.worker, *self._recogniser.telling_head(head))

    def telling_words(self, parts: Parts) -> Telling:
        """What of known tracebacks decides what they come to."""
        return telling_words(parts, self._recogniser.catalogue)

    def chain_events(self, head: Block, parts: Parts) -> tuple[Event, ...]:
        """What a record comes to that is the head of a block, and these tracebacks."""
        begun = Block(line=head.line, head=head.head, offset=0, touched=0, lines=[BEGIN], literal=True)
        return tuple(self._recogniser.read(begun, sections_of(head.head, parts)))


def tells_later(head: Head) -> bool:
    """Whether a record says something about later ones."""
    return _LIFE.search(head.message) is not None


def _named_route(event: Event) -> str:
    named = event.endpoint.code if event.endpoint is not None else ""
    return named if "/" in named else ""


def _example(block: Block) -> str:
    """The whole block."""
    head = block.head
    if head is not None and head.statement:
        # A field of csvlog or of a JSON object, told as the server's plain log tells it.
        sent = statement_of(head, block.lines).replace("\n", "\n\t")
        return f"{head.message.decode('utf-8', 'replace')}\nSTATEMENT:  {sent}"
    parts = [block.line.text if head is None or head.record is None else head.message] if head is not None else []
    parts += block.lines
    text = b"\n".join(parts).decode("utf-8", "replace")
    if head is not None and head.record is not None and head.record.trace not in ("", head.record.message):
        text = f"{text.rstrip()}\n{head.record.trace}"
    return text
