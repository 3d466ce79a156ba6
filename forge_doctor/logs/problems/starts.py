"""Which starts of a service came to nothing: by the order of what its servers say about starting, and nothing else.

A log that never shows a start succeed shows nothing about the others either: without an exception that ended it, a start
counts as failed only where its server said that it waits for the application, or where others in the same log got ready.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.logs.problems.group import Group, GroupKey

MOST_MARKS = 20_000
CRASH_LOOP, BOOT_LOOP = "crash-loop", "worker-boot-loop"
FEWEST_BOOTS = 5
FIRST_BOOTS_S = 10.0
"""The first workers of a master are booted within so long."""


class Mark(NamedTuple):
    """What a server said about its start; `blame` is the error that was counted last before it, since the mark before."""

    source: str
    offset: int
    kind: str
    at: float | None
    blame: GroupKey | None


@dataclass(slots=True)
class Starts:
    """The marks of all logs, the earliest of each source first; adding them up is associative and commutative."""

    marks: list[Mark] = field(default_factory=list)

    def add(self, mark: Mark) -> None:
        """Keep a mark while there is room."""
        if len(self.marks) < MOST_MARKS:
            self.marks.append(mark)

    def merge(self, other: Starts) -> None:
        """Both together."""
        self.marks = sorted({*self.marks, *other.marks}, key=_place)[:MOST_MARKS]

    def to_data(self) -> list[Any]:
        """As JSON-able values."""
        return [[*one[:4], list(one.blame) if one.blame else None] for one in sorted(self.marks, key=_place)]

    @classmethod
    def from_data(cls, data: Iterable[Sequence[Any]]) -> Starts:
        """The inverse of `to_data`."""
        marks = []
        for source, offset, kind, at, blame in data:
            marks.append(Mark(source, offset, kind, at, (*blame,) if blame else None))
        return cls(marks=marks)


@dataclass(slots=True, kw_only=True)
class Loop:
    """Starts of one source that failed; `blame` is the error that ended most, `recovered` that a later one succeeded."""

    signature: str
    source: str
    count: int
    first: float | None
    last: float | None
    blame: GroupKey | None = None
    recovered: bool = False


def _place(mark: Mark) -> tuple[str, int, str]:
    return mark.source, mark.offset, mark.kind


def find_loops(starts: Starts, groups: Mapping[GroupKey, Group]) -> Iterator[Loop]:
    """The sources in which a start failed more than once."""
    ordered = sorted(starts.marks, key=_place)
    told: set[str] = set()
    masters = {mark.source for mark in ordered if mark.kind == "parent"}
    for source, marks in groupby(ordered, key=lambda mark: mark.source):
        loop = _loop_of(source, list(marks), groups)
        if loop is not None:
            told.add(source)
            yield loop
    for group in groups.values():
        # A server that imports the application before it says anything leaves tracebacks only.
        # Where a master says that it starts, several of its workers may have raised in one start.
        if group.starting > 1 and not (told | masters) & set(group.sources):
            ready = [mark.at for mark in ordered if mark.kind == "ready" and mark.source in group.sources]
            yield Loop(
                signature=CRASH_LOOP,
                source=min(group.sources),
                count=group.starting,
                first=group.first,
                last=group.last,
                blame=group.key,
                recovered=group.last is not None and any(at is not None and at > group.last for at in ready),
            )


def _loop_of(source: str, marks: Sequence[Mark], groups: Mapping[GroupKey, Group]) -> Loop | None:
    failed = list(_failed(marks, groups))
    if len(failed) > 1:
        ready = [mark.offset for mark in marks if mark.kind == "ready"]
        blames = Counter(mark.blame for mark in failed if mark.blame is not None)
        return Loop(
            signature=CRASH_LOOP,
            source=source,
            count=len(failed),
            first=_first(failed),
            last=_last(failed),
            blame=blames.most_common(1)[0][0] if blames else None,
            recovered=bool(ready) and max(ready) > failed[-1].offset,
        )
    return _boot_loop(source, marks)


def _failed(marks: Sequence[Mark], groups: Mapping[GroupKey, Group]) -> Iterator[Mark]:
    """The starts that came to nothing: what was said last about each."""
    has_parents = any(mark.kind == "parent" for mark in marks)
    shows_ready = any(mark.kind == "ready" for mark in marks)
    begun = "parent" if has_parents else "server"
    still_open: list[Mark] = []
    waiting, latest = shows_ready, ""
    for mark in marks:
        _note_blame(still_open, mark.blame, groups)
        if mark.kind in ("parent", "server"):
            latest = mark.kind
        if mark.kind == begun:
            still_open.append(mark._replace(blame=None))
        elif mark.kind == "waiting":
            waiting = True
        elif mark.kind == "ready" or (mark.kind == "running" and latest == "server"):
            if still_open:
                still_open.pop()
        elif mark.kind == "failed" and (still_open or not has_parents):
            start = still_open.pop() if still_open else mark
            yield start._replace(blame=start.blame or mark.blame)
    last = marks[-1].offset
    yield from (mark for mark in still_open if mark.blame is not None or (waiting and _said_more(mark, last, marks)))


def _note_blame(still_open: list[Mark], blame: GroupKey | None, groups: Mapping[GroupKey, Group]) -> None:
    """Note at the start that is still open what ended it, if that is an error that ends starts."""
    group = groups.get(blame) if blame is not None else None
    if still_open and group is not None and group.starting and still_open[-1].blame is None:
        still_open[-1] = still_open[-1]._replace(blame=blame)


def _said_more(mark: Mark, last: int, marks: Sequence[Mark]) -> bool:
    """Whether another start followed: the last one may still be on its way."""
    return any(other.offset > mark.offset and other.kind == mark.kind for other in marks) and mark.offset < last


def _boot_loop(source: str, marks: Sequence[Mark]) -> Loop | None:
    """Workers that are booted again and again, none of which gets ready or says why it ends."""
    boots = [mark for mark in marks if mark.kind == "boot"]
    said = {mark.kind for mark in marks}
    if len(boots) < FEWEST_BOOTS or said & {"ready", "reason", "failed"}:
        return None
    later = [
        mark
        for mark in boots
        if mark.at is not None and boots[0].at is not None and mark.at - boots[0].at > FIRST_BOOTS_S
    ]
    masters = sum(mark.kind == "parent" for mark in marks)
    if len(later) < FEWEST_BOOTS - 1 or masters > 1 or any(mark.blame is not None for mark in boots[1:]):
        return None
    return Loop(signature=BOOT_LOOP, source=source, count=1, first=boots[0].at, last=boots[-1].at)


def _first(marks: Sequence[Mark]) -> float | None:
    return min((mark.at for mark in marks if mark.at is not None), default=None)


def _last(marks: Sequence[Mark]) -> float | None:
    return max((mark.at for mark in marks if mark.at is not None), default=None)


def group_of(loop: Loop, groups: Mapping[GroupKey, Group]) -> Group:
    """The loop as a group: the place and the words are those of the error that ended the starts."""
    blamed = groups.get(loop.blame) if loop.blame is not None else None
    _, _, file, line, function, _, _ = blamed.key if blamed is not None else ("", "", "", 0, "", "", "")
    group = Group(key=(loop.signature, "", file, line, function, "", "app"))
    if blamed is not None:
        group = replace(
            group,
            message=f"{blamed.exception}: {blamed.message}".removeprefix(": "),
            code=blamed.code,
            told=blamed.told,
            exceptions={blamed.exception} if blamed.exception else set(),
            sample=blamed.sample,
        )
    group.count, group.first, group.last = loop.count, loop.first, loop.last
    group.sources = {loop.source: loop.count}
    for at in (loop.first, loop.last)[: min(2, loop.count)]:
        if at is not None:
            group.rate.add(at)
    return group
