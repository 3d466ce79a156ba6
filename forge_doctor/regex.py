"""Regular expressions that are compiled when they are first used, as one run uses few of those there are; many words
are found without one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, AnyStr, cast

_compiling: list[Callable[[Any, int], re.Pattern[Any]]] = [re.compile]
METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives; a fault in the expression is told at its first use."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(source, flags))


def compile_with(compiling: Callable[[Any, int], re.Pattern[Any]]) -> None:
    """Compile what is used from now on with this in place of `re.compile`, which has to give the same."""
    _compiling[:] = [compiling]


def leftmost(words: Iterable[str], text: str) -> Iterator[tuple[int, str]]:
    """Where the words stand, as an alternation of them with the longest first finds them, none inside another.

    Of hundreds of words that takes a fraction of what an alternation does, which asks for each of them at each place.
    """
    found: list[tuple[int, int, str]] = []
    for word in words:
        # Most are nowhere in it, which this tells in half the time.
        at = text.find(word) if word in text else -1
        while at >= 0:
            found.append((at, -len(word), word))
            at = text.find(word, at + 1)
    end = 0
    for at, _, word in sorted(found):
        if at >= end:
            end = at + len(word)
            yield at, word


class _Uncompiled:
    """An expression that takes over the methods of the compiled one as soon as it is asked for anything."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        compiled = _compiling[0](self._source, self._flags)
        vars(self).update({method: getattr(compiled, method) for method in METHODS})
        return getattr(compiled, name)
