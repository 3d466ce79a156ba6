"""How much a server answers to one question: rows without end would fill the memory before the time is over."""

from __future__ import annotations

LARGEST_ANSWER = 128 << 20
# What the driver makes of a row takes more than the row: so does an empty one.
ROW = 250
HEADER = 5


class AnswerSize:
    """Counts what arrives, message by message; `too_large` once it is more than any answer to what we ask."""

    def __init__(self, largest: int = LARGEST_ANSWER) -> None:
        self.largest = largest
        self._size = 0
        self._ahead = 0
        self._header = b""
        self.too_large = False

    def asked(self) -> None:
        """Another question begins: what was answered before no longer counts."""
        self._size = 0

    def add(self, data: bytes) -> bool:
        """Whether the answer is still one that may be."""
        self._size += len(data) + ROW * self._begun(data)
        self.too_large = self.too_large or self._size > self.largest
        return not self.too_large

    def _begun(self, data: bytes) -> int:
        """How many messages begin in it: a letter, and the length of what follows it."""
        count, position = 0, self._ahead
        if self._header:
            data, self._header = self._header + data, b""
        while position + HEADER <= len(data):
            count += 1
            position += 1 + max(4, int.from_bytes(data[position + 1 : position + HEADER], "big"))
        self._header = data[position:] if position < len(data) else b""
        self._ahead = max(0, position - len(data))
        return count
