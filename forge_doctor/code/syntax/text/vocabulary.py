"""The words of a file, each once, and whether a text stands in it, which they tell in most cases; parses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property

from forge_doctor.code.syntax.text.called_names import WORD_BYTES

# A blank for whatever is no part of a word; bytes beyond ASCII belong to names in UTF-8.
APART = bytes(one if one in WORD_BYTES else 32 for one in range(256))


class Vocabulary:
    """Of the bytes of one file, worked out when it is first asked; what was asked once, it knows."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._said: dict[bytes, bool] = {}

    def has_any(self, texts: Iterable[bytes]) -> bool:
        """Whether one of the texts stands in the file, be it inside of a word."""
        said = self._said  # rules ask the same at every function
        for text in texts:
            found = said.get(text)
            if found is None:
                found = said[text] = self._has(text)
            if found:
                return True
        return False

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
