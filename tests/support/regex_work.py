"""Work counted in characters that regular expressions of the package go through, which no busy machine makes more.

How far an expression looks before it fails to match at one place cannot be told from outside and counts as one: that an
expression by itself does not go back and forth is asked in `tests/test_regex_growth.py`.
"""

from __future__ import annotations

import functools
import gc
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from forge_doctor.regex import _Uncompiled

FROM_ONE_PLACE = ("match", "fullmatch")
THROUGH_ALL = ("findall", "split", "sub", "subn")


class Counted:
    """The characters gone through so far, and the methods of an expression that count them."""

    def __init__(self) -> None:
        self.characters = 0

    def methods(self, pattern: re.Pattern[Any]) -> dict[str, Callable[..., Any]]:
        """Stand-ins for those of `pattern`."""
        found = {name: self._at_once(getattr(pattern, name), name) for name in (*FROM_ONE_PLACE, "search")}
        found |= {name: self._through_all(getattr(pattern, name)) for name in THROUGH_ALL}
        return {**found, "finditer": self._one_by_one(pattern)}

    def _at_once(self, asked: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counting(text: Any, begin: int = 0, end: int | None = None) -> Any:
            stop = len(text) if end is None else min(end, len(text))
            found = asked(text, begin, stop)
            if found is not None:
                stop = found.end()
            elif name in FROM_ONE_PLACE:
                stop = begin
            self.characters += 1 + max(0, stop - begin)
            return found

        return counting

    def _through_all(self, asked: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any, **named: Any) -> Any:
            self.characters += 1 + max(len(one) for one in given if isinstance(one, str | bytes))
            return asked(*given, **named)

        return counting

    def _one_by_one(self, pattern: re.Pattern[Any]) -> Callable[..., Any]:
        def counting(text: Any, begin: int = 0, end: int | None = None) -> Iterator[re.Match[Any]]:
            stop = len(text) if end is None else min(end, len(text))
            self.characters += 1
            for found in pattern.finditer(text, begin, stop):
                self.characters += max(0, found.end() - begin)
                begin = found.end()
                yield found
            self.characters += max(0, stop - begin)

        return counting


@functools.lru_cache(maxsize=1)
def expressions(modules: int) -> list[tuple[_Uncompiled, re.Pattern[Any]]]:
    """Every expression of the package while so many modules are loaded: to look through all objects takes long."""
    del modules
    own = ((one, vars(one)) for one in gc.get_objects() if type(one) is _Uncompiled)
    return [(one, re.compile(parts["_source"], parts["_flags"])) for one, parts in own]


def characters(run: Callable[[], Any]) -> int:
    """How many characters every expression of the package that is loaded goes through in `run`, and its calls."""
    counted = Counted()
    with ExitStack() as stack:
        for one, pattern in expressions(len(sys.modules)):
            stack.enter_context(patch.dict(vars(one), counted.methods(pattern)))
        run()
    return counted.characters
