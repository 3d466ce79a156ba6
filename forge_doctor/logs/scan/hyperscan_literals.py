"""Finds literals with Hyperscan: a few bytes of each, and the rest of it where those stand.

Literals of more than eight bytes take Hyperscan up to ten times as long to compile, so of most it looks for a fragment.
Asking for the rest costs more than finding it: what is met again and again is looked for as a whole from then on.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from forge_doctor.logs.scan.kept_database import database_of

FRAGMENT, LAST = 8, 4
# Of the bytes of a fragment Hyperscan tells the last few from all others first: the rarer they are in logs, the less there
# is to look at again.
COMMONNESS = bytes(2 * (byte in b"etaoinsr ") + (byte in b"hlducmpf") for byte in range(256))
# So often a fragment is met in all before those that were met most are looked for as a whole; to compile that is as dear as
# asking for the rest of so many.
OFTEN, MOST_WHOLE = 20_000, 8


class Literals:
    """The literals of `words`, and others of which the places are told apart from theirs; compiled when first asked."""

    def __init__(self, words: Sequence[bytes], others: Sequence[bytes]) -> None:
        self._every = (*words, *others)
        self._first_other = len(words)
        self._whole: frozenset[int] = frozenset()
        self._asked = [0] * len(self._every)
        self._rests: list[tuple[int, bytes] | None] = []
        self._database: Any = None

    def split(self, block: bytes | memoryview) -> tuple[Sequence[int], Sequence[int]]:
        """The places of the last byte of each literal in a block, and of each of the others."""
        if self._database is None:
            self._compile()
        found: list[int] = []
        others: list[int] = []
        append, count, first_other, rests, asked = (
            found.append,
            others.append,
            self._first_other,
            self._rests,
            self._asked,
        )

        def matched(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            rest = rests[which]
            if rest is not None:
                asked[which] += 1
                before, word = rest
                begin = end - before
                if begin < 0 or block[begin : begin + len(word)] != word:
                    return
            if which < first_other:
                append(end - 1)
            else:
                count(end - 1)

        self._database.scan(block, match_event_handler=matched)
        if not self._whole and sum(asked) > OFTEN:
            self._whole = frozenset(sorted(range(len(asked)), key=asked.__getitem__)[-MOST_WHOLE:])
            self._compile()
        return found, others

    def _compile(self) -> None:
        begins = [0 if which in self._whole else rarest_place(word) for which, word in enumerate(self._every)]
        fragments = [
            word if which in self._whole else word[begin : begin + FRAGMENT]
            for which, (word, begin) in enumerate(zip(self._every, begins, strict=True))
        ]
        # Of the literals that are more than what is looked for, how far they begin before its end.
        self._rests = [
            None if fragment == word else (begin + len(fragment), word)
            for word, begin, fragment in zip(self._every, begins, fragments, strict=True)
        ]
        self._database = database_of(fragments)


@functools.cache
def rarest_place(word: bytes) -> int:
    """Where the bytes of a literal begin that are looked for in its stead."""
    if len(word) <= FRAGMENT:
        return 0
    upto = [0, *accumulate(word.translate(COMMONNESS))]
    ends = range(FRAGMENT, len(word) + 1)
    end = min(ends, key=lambda end: (upto[end] - upto[end - LAST], upto[end] - upto[end - FRAGMENT]))
    return end - FRAGMENT
