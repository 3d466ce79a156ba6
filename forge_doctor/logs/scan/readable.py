"""What the scanner reads from, and what it asks about what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Readable(Protocol):
    """What the scanner reads: a raw or buffered binary file, or anything that fills a buffer."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as there is; 0 at the end, None where nothing has come yet."""


class Familiar(Protocol):
    """What knows the blocks that came before, and counts them where they come again without their being cut out."""

    def find(self, window: bytearray, hit: int, lowest: int, end: int) -> Any:
        """The known block whose first line, not before `lowest`, has a literal at `hit` and that is over before `end`.

        None where there is none; else something with the places `begin` and `after` in the window.
        """

    def count(self, found: Any, window: bytearray, base: int) -> bool:
        """Count it, the window beginning at `base`; False where it has to be read like any other."""


# Told of a literal that is only counted: the window and the place in it.
Counter = Callable[[bytearray, int], None]
