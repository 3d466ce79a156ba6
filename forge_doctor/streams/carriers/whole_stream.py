"""A stream of told lines that is made from another one, and a stream of which the beginning was read already."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any, Protocol

from forge_doctor.errors import CannotInspect
from forge_doctor.streams.carriers.json_records import JsonRecords
from forge_doctor.streams.carriers.line_carriers import unread_records

PIECE_BYTES = 1 << 20


class Readable(Protocol):
    """A stream of bytes."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as there is; 0 at the end."""

    def close(self) -> None:
        """Let go of it."""


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
