"""The words of a file, each once, and whether a text stands in it, which they tell in most cases; parses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property

from forge_doctor.code.syntax.text.called_names import WORD_BYTES
from forge_doctor.code.syntax.text.often_asked import NONE, OftenAsked

OFTEN_ASKED = OftenAsked()
# A blank for whatever is no part of a word; bytes beyond ASCII belong to names in UTF-8.
APART = bytes(one if one in WORD_BYTES else 32 for one in range(256))


class Vocabulary:
    """Of the bytes of one file, worked out when it is first asked; what was asked once, or is asked of many files, it knows."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._said: dict[bytes, bool] = {}
        self._looked_for = self._there = NONE

    def has_any(self, texts: Iterable[bytes]) -> bool:
        """Whether one of the texts stands in the file, be it inside of a word."""
        for text in texts:
            if text in self._there:
                return True
            if text not in self._looked_for and self._is_found(text):
                return True
        return False

    def _is_found(self, text: bytes) -> bool:
        """The same of one that no pass has looked for so far."""
        if text in OFTEN_ASKED.texts:
            self._looked_for, self._there = OFTEN_ASKED.told_of(self._data)
            if text in self._looked_for:
                return text in self._there
        found = self._said.get(text)  # rules ask the same at every function
        if found is None:
            found = self._said[text] = self._has(text)
            OFTEN_ASKED.note(text)
        return found

    @cached_property
    def words(self) -> frozenset[bytes]:
        """Every word, whatever it stands for."""
        return frozenset(self._each_once.split())

    @cached_property
    def _each_once(self) -> bytes:
        """The words with blanks between them: a sixth of the text."""
        return b" ".join(frozenset(self._data.translate(APART).split()))

    def _has(self, text: bytes) -> bool:
        word = longest_word(text)
        return word in self._each_once and (word == text or text in self._data)


@cache
def longest_word(text: bytes) -> bytes:
    """The longest word in a text, or the longest part of one; empty where it has none."""
    return max(text.translate(APART).split(), key=len, default=b"")
