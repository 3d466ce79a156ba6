"""Texts that file after file is asked for, all looked for in one pass by Hyperscan once they are known; without it, none.

To look for three hundred texts in a file takes it a fortieth of what as many searches take. To load and compile it is
as dear as some thousands of those, so that it is first done when so many were made.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import Any

NONE: frozenset[bytes] = frozenset()
# Searches one by one that are as dear as a database of those texts.
WORTH_COMPILING = 2000
# What fewer files were asked for is a name of theirs; what is longer takes too long to compile.
OFTEN, LONGEST, MOST_TEXTS = 8, 100, 2000


class OftenAsked:
    """Of one process. `texts` are those that a pass looks for."""

    def __init__(self) -> None:
        self.texts = NONE
        self._asked: Counter[bytes] = Counter()
        self._searches = 0
        self._in_order: tuple[bytes, ...] = ()
        self._database: Any = None
        self._scanning = Lock()  # a database has room to work in for one at a time

    def note(self, text: bytes) -> None:
        """A file was asked for a text that no pass looks for."""
        self._searches += 1
        self._asked[text] += 1
        if self._searches >= WORTH_COMPILING:
            often = (one for one, times in self._asked.items() if times >= OFTEN and 0 < len(one) <= LONGEST)
            self._searches = 0
            self._asked = Counter()
            self._compile(self.texts.union(often))

    def told_of(self, data: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """The texts that were looked for in the data, and those of them that are there."""
        if self._database is None or not self._scanning.acquire(blocking=False):
            return NONE, NONE
        found: list[bytes] = []
        append, in_order = found.append, self._in_order
        try:
            self._database.scan(data, match_event_handler=lambda which, *_: append(in_order[which]))
            return self.texts, frozenset(found)
        finally:
            self._scanning.release()

    def _compile(self, texts: frozenset[bytes]) -> None:
        if texts == self.texts or len(texts) > MOST_TEXTS or not self._scanning.acquire(blocking=False):
            return
        try:
            import hyperscan

            in_order = tuple(sorted(texts))
            database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(in_order)
            database.compile(expressions=in_order, ids=range(len(in_order)), flags=flags, literal=True)
        except ImportError:
            return
        finally:
            self._scanning.release()
        self.texts, self._in_order, self._database = texts, in_order, database
