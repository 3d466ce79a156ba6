"""The last lines of a log: by seeking where it is a plain file, else by remembering no more than them."""

from __future__ import annotations

import io
from collections import deque
from pathlib import Path
from typing import Any

from forge_doctor.errors import CannotInspect
from forge_doctor.streams.sources.files import LogStream

BLOCK_BYTES = 1 << 20


def last_lines_offset(path: Path, lines: int) -> int:
    """Where the last `lines` lines of a plain file begin; an unfinished last line is one of them."""
    try:
        with path.open("rb") as file:
            at = size = file.seek(0, io.SEEK_END)
            wanted = lines
            while at > 0:
                start = max(0, at - BLOCK_BYTES)
                file.seek(start)
                block = file.read(at - start)
                # The newline that ends the file ends its last line, and begins none.
                end = len(block) - (at == size and block.endswith(b"\n"))
                while wanted > 0 and (newline := block.rfind(b"\n", 0, end)) >= 0:
                    wanted, end = wanted - 1, newline
                if wanted == 0:
                    return start + end + 1
                at = start
    except OSError as error:
        raise CannotInspect(f"{path}: cannot be read: {error.strerror}") from error
    return 0


class LastLines(io.RawIOBase):
    """The last lines of a stream that can only be read once."""

    def __init__(self, stream: LogStream, lines: int) -> None:
        super().__init__()
        self._stream, self._lines = stream, lines
        self._rest: memoryview | None = None

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        rest = self._read() if self._rest is None else self._rest
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(rest))
        view[:count] = rest[:count]
        self._rest = rest[count:]
        return count

    def _read(self) -> memoryview:
        kept: deque[tuple[bytes, int]] = deque()
        newlines, block = 0, memoryview(bytearray(BLOCK_BYTES))
        while got := self._stream.readinto(block):
            piece = bytes(block[:got])
            kept.append((piece, piece.count(b"\n")))
            newlines += kept[-1][1]
            while newlines - kept[0][1] > self._lines:
                newlines -= kept.popleft()[1]
        data = b"".join(piece for piece, _ in kept)
        end = len(data) - data.endswith(b"\n")
        for _ in range(self._lines):
            end = data.rfind(b"\n", 0, end)
            if end < 0:
                break
        return memoryview(data)[end + 1 :]

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()
