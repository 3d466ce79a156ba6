"""Known tracebacks where they stand one after the other, whatever the words of the exceptions between them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.boxes.rich_box import JOINERS
from forge_doctor.logs.records.line_kind import JOINING, says_again
from forge_doctor.logs.records.tracebacks.plain_frames import BEGIN, is_plain, plain_places
from forge_doctor.logs.records.tracebacks.traceback_bodies import JSON_LOG, Stamps, begins_alike, text_of, unstamped
from forge_doctor.logs.records.tracebacks.traceback_text import parser_after
from forge_doctor.logs.scan.reach import AFTER_BYTES
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.heads.frames import Frame
from forge_doctor.streams.heads.line_head import Heads
from forge_doctor.streams.line import Line

LONGEST_FRAMES = 64 << 10
MOST_FRAMES_BYTES = 16 << 20
MOST_WORDS = 50
MOST_PARTS = 16
MOST_SEEN = 2048
_JOINERS = tuple(joiner.encode() for joiner in JOINERS)
# Where a line comes that is not indented as all lines of frames are.
_AFTER = {Stamps.NONE: regex(rb"\n[^ ]"), Stamps.JSON: regex(rb'\n(?!\{"log":" )')}
_MARGINS = (b"|", b"+")
# Frames in another notation, margins, boxes and colours: nothing that is merely an exception's words.
_NO_WORDS = regex(
    rb'.*File ["\\]|.*\\n  File |.*Traceback|\s*[|+>]|\s*\xe2|.*\x1b|Call stack:|Stack \(most recent|Object allocated at|\w{6}_traceback: '
)
_EXCEPTION = regex(rb"[A-Za-z_]\w*(?:\.\w+|\.<locals>)*(?:: |:?$)")


@dataclass(slots=True, eq=False)
class Frames:
    """A traceback up to its last frame; one object for all whose bytes are alike.

    `new` are those that were never read line by line, nor counted where nothing was open that they may belong to.
    """

    lines: tuple[bytes, ...]
    _places: tuple[Frame, ...] | None = None
    new: bool = False

    @property
    def places(self) -> tuple[Frame, ...]:
        """Read when they are asked for: most that are written once are never seen again."""
        if self._places is None:
            self._places = places_of(self.lines) or ()
        return self._places


class Part(NamedTuple):
    """Frames, and the lines after them: their exception, and what joins it to the next."""

    frames: Frames
    words: tuple[bytes, ...]


Parts = tuple[Part, ...]


class Chain(NamedTuple):
    """Known tracebacks that follow each other, and where the block they are in is over."""

    parts: Parts
    after: int


# Whether the block is over at a place, another line of its stream being there.
IsOver = Callable[[int], bool]


class Chains:
    """The frames seen, by their bytes."""

    def __init__(self, heads: Heads, unwrapper: Unwrapper) -> None:
        self._heads = heads
        self._unwrapper = unwrapper
        self._known: dict[bytes, Frames] = {}
        self._bytes = 0
        self._seen: dict[bytes, tuple[Line | None, bool]] = {}

    def may_begin(self, window: bytearray, begin: int, stamps: Stamps) -> bool:
        """Whether a traceback begins at a place."""
        return window.startswith(BEGIN, begin + (len(JSON_LOG) if stamps is Stamps.JSON else 0))

    def learn(self, raw: bytes, lines: Sequence[bytes], stamps: Stamps) -> None:
        """Remember the frames in raw lines that came in a row, `lines` being their texts."""
        raws = raw.split(b"\n")[:-1]
        if stamps is Stamps.FRONT or len(raws) != len(lines) or self._bytes >= MOST_FRAMES_BYTES:
            return
        at = 0
        while at < len(lines):
            begin = at
            at += 1
            if lines[begin] == BEGIN:
                while at < len(lines) and lines[at][:1] == b" ":
                    at += 1
                self._keep(b"\n".join([*raws[begin:at], b""]), tuple(lines[begin:at]), stamps)

    def _keep(self, raw: bytes, lines: tuple[bytes, ...], stamps: Stamps) -> None:
        if len(raw) > LONGEST_FRAMES or (stamps is Stamps.NONE and raw != b"\n".join([*lines, b""])):
            return
        text = text_of(raw, stamps)
        if text is not None and are_frames(lines) and text not in self._known:
            self._add(text, Frames(lines))

    def find(
        self,
        window: bytearray,
        begin: int,
        end: int,
        first: bytes,
        stamps: Stamps,
        is_over: IsOver,
        *,
        new: bool = False,
    ) -> Chain | None:
        """The tracebacks from `begin` on, of the block that has the line `first`: known ones, and with `new` those as Python
        writes them.

        None where anything else is there before `end`, or the block goes on.
        """
        stream = self._unwrapper.line(first).stream if stamps is Stamps.JSON else ""
        parts: list[Part] = []
        while len(parts) < MOST_PARTS and (frames := self._frames(window, begin, end, stamps, new=new)) is not None:
            known, after = frames
            words, begin, goes_on = self._words(window, after, end, first, stream, is_over)
            if not words:
                return None
            parts.append(Part(known, words))
            if not goes_on:
                return Chain(tuple(parts), begin)
        return None

    def _frames(
        self, window: bytearray, begin: int, end: int, stamps: Stamps, *, new: bool
    ) -> tuple[Frames, int] | None:
        found = _AFTER[stamps].search(window, begin, min(end, begin + LONGEST_FRAMES))
        if found is None:
            return None
        after = found.start() + 1
        text = unstamped(bytes(window[begin:after]), stamps)
        known = self._known.get(text)
        if known is None and new and stamps is Stamps.NONE and is_plain(text):
            lines = tuple(text.split(b"\n")[:-1])
            places = plain_places(lines)
            known = None if places is None else Frames(lines, places, new=True)
        return None if known is None else (known, after)

    def know(self, frames: Frames) -> None:
        """Remember frames that were new, and were counted."""
        frames.new = False
        self._add(b"\n".join([*frames.lines, b""]), frames)

    def _add(self, text: bytes, frames: Frames) -> None:
        if self._bytes < MOST_FRAMES_BYTES:
            self._known[text] = frames
            self._bytes += len(text)

    def _words(
        self, window: bytearray, begin: int, end: int, first: bytes, stream: str, is_over: IsOver
    ) -> tuple[tuple[bytes, ...], int, bool]:
        """The lines from `begin` on, where they end, and whether a traceback follows that they lead to.

        None where they are no exception's, or go on beyond what a region reaches.
        """
        words: list[bytes] = []
        joiner, farthest, nothing = b"", min(end, begin + AFTER_BYTES), ((), 0, False)
        while len(words) < MOST_WORDS and (stop := window.find(b"\n", begin, farthest) + 1):
            raw = bytes(window[begin:stop])
            line, may_be_word = (None, False) if words and begins_alike(first, raw) else self._look(raw)
            if (
                words
                and line is None
                and b":  " in raw
                and says_again(text := self._unwrapper.line(raw).text, words[-1])
            ):
                words.append(text)
                begin = stop
                continue
            if words and (line is None or line.stream != stream):
                return (tuple(words), begin, False) if not joiner and is_over(begin) else nothing
            if joiner in _JOINERS and line is not None and line.text == BEGIN:
                return tuple(words), begin, True
            if line is None or not may_be_word or line.stream != stream or (joiner and line.text):
                return nothing
            if not words and not _EXCEPTION.match(line.text):
                return nothing
            joiner = line.text if line.text.startswith(JOINING) else joiner
            words.append(line.text)
            begin = stop
        return nothing

    def _look(self, raw: bytes) -> tuple[Line | None, bool]:
        """The line, None where it begins a record, and whether it can be an exception's words."""
        seen = self._seen.get(raw)
        if seen is None:
            line = self._unwrapper.line(raw)
            prefixed = line.service or line.worker or line.partial or not _is_whole(line, raw)
            seen = (
                None if self._heads.read(line.text) is not None else line,
                not prefixed and not _NO_WORDS.match(line.text),
            )
            if len(self._seen) < MOST_SEEN:
                self._seen[raw] = seen
        return seen


def are_frames(lines: tuple[bytes, ...]) -> bool:
    """Whether lines are a traceback's up to its last frame's."""
    if len(lines) < 2 or lines[0] != BEGIN:
        return False
    return not any(line[:1] != b" " or line.lstrip(b" ").startswith(_MARGINS) for line in lines[1:])


@functools.lru_cache(maxsize=256)
def places_of(lines: tuple[bytes, ...]) -> tuple[Frame, ...] | None:
    """The frames in lines that are a traceback's up to its last frame's; None where they are anything else."""
    if not are_frames(lines):
        return None
    if (places := plain_places(lines)) is not None:
        return places
    return tuple(parser_after(line.decode("utf-8", "replace") for line in lines).frames)


def _is_whole(line: Line, raw: bytes) -> bool:
    """Whether a line's text is all that its raw line has to show."""
    return raw.startswith(JSON_LOG) or raw == line.text + b"\n"
