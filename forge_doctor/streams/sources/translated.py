"""A stream that gives other bytes than the file below has: decoded, or taken apart; what they become is its subclass's."""

from __future__ import annotations

import io
from abc import abstractmethod
from typing import IO, Any

PIECE_BYTES = 1 << 20


class Translated(io.RawIOBase):
    """Reads a piece of the file, gives what it becomes, and keeps what the reader has no room for."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._rest = file, b""
        self._ended = False

    @abstractmethod
    def translate(self, data: bytes) -> bytes:
        """What a piece becomes; the empty one is the end of the file."""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        while not self._rest and not self._ended:
            data = self._file.read(min(len(view), PIECE_BYTES))
            self._ended = not data
            self._rest = self.translate(data)
        piece, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()
