"""A stream of told lines that is made from another one, and a stream of which the beginning was read already."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.streams.carriers.bare_stream import NOWHERE, Bare, Place, Readable
from forge_doctor.streams.carriers.exports.json_exports.json_records import JsonRecords, Told
from forge_doctor.streams.carriers.line_carriers import unread_records
from forge_doctor.streams.carriers.told_line import MARK

PIECE_BYTES = 1 << 20


class Replayed(io.RawIOBase):
    """A stream of which the beginning was read already."""

    def __init__(self, head: bytes, stream: Readable, damage: CannotInspect | None = None) -> None:
        super().__init__()
        self._head, self._stream, self._damage = head, stream, damage

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill the buffer; 0 at the end. Damage that was met behind the beginning is raised there."""
        if self._head:
            view = memoryview(buffer).cast("B")
            piece, self._head = self._head[: len(view)], self._head[len(view) :]
            view[: len(piece)] = piece
            return len(piece)
        if self._damage is not None:
            raise self._damage
        return self._stream.readinto(buffer)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()


class Whole(io.RawIOBase):
    """A stream of told lines made from another; `unread` and `said` are known when it is read."""

    def __init__(self, stream: Readable, said: str) -> None:
        super().__init__()
        self._stream, self._said = stream, said
        self._bare = stream if isinstance(stream, Bare) else None
        self._rest = b""
        self._chunks: Iterator[bytes] = iter(())
        self._damage: CannotInspect | None = None
        self.records: JsonRecords | None = None
        self.turns_lines = False
        self.read_bytes = 0
        self.read_lines = 0

    def begin(self, chunks: Iterator[bytes], said: str = "") -> Whole:
        """Read these chunks."""
        self._chunks = chunks
        self._said += said
        return self

    @property
    def said(self) -> str:
        """What was unwrapped, for the report."""
        field = self.records.found_in if self.records else ""
        return self._said + (f", the program's lines in {field}" if field else "")

    @property
    def unread(self) -> str:
        """What could not be read."""
        return unread_records(self.records) if self.records else ""

    @property
    def place(self) -> Place:
        """What another carrier, that was taken off before, tells of what was read last."""
        return self._bare.place if self._bare else NOWHERE

    def placed(self, told: Iterator[Told]) -> Iterator[Told]:
        """Records with what the other carrier tells of them, where they do not tell it themselves."""
        return told if self._bare is None else (at_place(one, self.place) for one in told)

    def placed_lines(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same for lines."""
        if self._bare is None:
            return chunks
        return (chunk if MARK in chunk else self._placed(chunk) for chunk in chunks)

    def _placed(self, lines: bytes) -> bytes:
        prefix = self.place.prefix
        return prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + lines[-1:] if prefix else lines

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end. What is wrong with the stream below is raised when all before it was given."""
        view = memoryview(buffer).cast("B")
        if not self._rest:
            parts, size = [], 0
            for chunk in self._chunks:
                parts.append(chunk)
                size += len(chunk)
                if size >= min(len(view), PIECE_BYTES):
                    break
            self._rest = b"".join(parts)
        if not self._rest and self._damage is not None:
            damage, self._damage = self._damage, None
            raise damage
        piece, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()

    def pieces(self) -> Iterator[bytes]:
        """The stream below in pieces; its damage is kept for the end."""
        block = memoryview(bytearray(PIECE_BYTES))
        try:
            while got := self._stream.readinto(block):
                self.read_bytes += got
                piece = bytes(block[:got])
                self.read_lines += piece.count(b"\n")
                yield piece
        except CannotInspect as problem:
            self._damage = problem

    def texts(self) -> Iterator[str]:
        """The same as text."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        for piece in self.pieces():
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)

    def lines(self) -> Iterator[bytes]:
        """The same in lines, with what ends them; a last one that was never ended is."""
        rest = b""
        for piece in self.pieces():
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield line + b"\n"
        if rest:
            yield rest + b"\n"


def at_place(told: Told, place: Place) -> Told:
    """A record with the time and the stream of its place, where it has no time of its own, or another stream."""
    if place is NOWHERE:
        return told
    stream = " ".join(filter(None, (place.stream, told.stream)))
    return replace(told, at=place.at if told.at is None else told.at, stream=stream)
