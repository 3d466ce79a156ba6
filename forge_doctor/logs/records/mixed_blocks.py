"""Records that are open at once, and which lines come to each when all of them can be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.logs.mixtures.mixture import Mixing, Mixture, Share, Written, thread_at_head, thread_of
from forge_doctor.logs.mixtures.thread import Thread
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.line_kind import Kind, State
from forge_doctor.streams.line import Line


class _Open(NamedTuple):
    """A record, and how it was when others began to be written into it."""

    block: Block
    begun: Block


class _Taken(NamedTuple):
    line: Line
    text: bytes
    kind: Kind
    offset: int
    number: int


@dataclass(slots=True)
class MixedBlocks:
    """The records that are mixed, by who began them: see `Mixture`.

    `told` was over before and goes on only where a chain does; `passed` are those that are over but not given out.
    """

    mixture: Mixture
    told: Block | None = None
    passed: list[Block] = field(default_factory=list)
    _open: dict[int, _Open] = field(default_factory=dict)
    _taken: list[_Taken | None] = field(default_factory=list)

    @classmethod
    def of(cls, told: Block | None, blocks: Iterable[Block], mixing: Mixing) -> MixedBlocks:
        """Those that are open already."""
        known = [*([told] if told else []), *blocks]
        threads = [
            thread_of(one.lines, thread_at_head(_message_of(one), one.head is not None), one.grouped, mixing)
            for one in known
        ]
        mixed = cls(Mixture(mixing, threads), told)
        for at, block in enumerate(known):
            mixed._add(-1 - at, block)
        return mixed

    def begin(self, block: Block) -> None:
        """A record begins with its head."""
        self._add(len(self._taken), block)
        self.mixture.written.append(Written(_message_of(block), None, begins=True, headed=True))
        self._taken.append(None)

    def take(self, line: Line, kind: Kind, offset: int, number: int, begun: Block | None) -> None:
        """A line without a head, which may have begun a record."""
        if begun is not None:
            self._add(len(self._taken), begun)
        self.mixture.written.append(Written(line.text, kind, begins=begun is not None))
        self._taken.append(_Taken(line, line.text, kind, offset, number))

    def give_out(self) -> Iterator[Block]:
        """Give each its lines; those that are over come out, and those nobody knew of."""
        if self.told is not None and not self.mixture.goes_on:
            self.mixture.open[0] = Thread(State.MESSAGE)
            self.told.mixed = False
            del self._open[-1]
            # Nobody wrote into it: what it shows helps to tell the others apart.
            yield self.told
            self.told = None
        shares = self.mixture.shares()
        if shares is None:
            for one in self._open.values():
                one.block.doubtful = True
        else:
            for owner, (block, begun) in self._open.items():
                self._fill(block, begun, shares.pop(owner, None))
            for owner, share in shares.items():
                yield from self._found(owner, share)
        if self.told is not None:
            yield self.told
        yield from self.passed

    def _add(self, owner: int, block: Block) -> None:
        block.mixed = True
        self._open[owner] = _Open(block, replace(block, lines=list(block.lines), late=list(block.late)))

    def _fill(self, block: Block, begun: Block, share: Share | None) -> None:
        taken = [self._taken[at] for at in share.lines] if share is not None else []
        lines = [one for one in taken if one is not None]
        block.retake(begun, ((one.text, one.kind, one.number) for one in lines))
        block.doubtful = block.doubtful or (share is not None and not share.sure)
        if lines:
            block.literal = True
            block.marked = block.marked if block.marked >= 0 else lines[0].offset

    def _found(self, owner: int, share: Share) -> Iterator[Block]:
        """A record that was taken for a part of another as it was read."""
        first = self._taken[owner] if owner >= 0 else None
        if first is not None:
            block = Block(line=first.line, head=None, offset=first.offset, touched=first.number, mixed=True)
            self._fill(block, replace(block, lines=[], late=[]), share)
            yield block


def _message_of(block: Block) -> bytes:
    """What stands behind a record's head, where its traceback may begin."""
    head = block.head
    return head.message if head is not None and head.record is None else b""
