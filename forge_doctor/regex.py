"""Regular expressions that are compiled when they are first used: one run uses few of those there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, AnyStr, cast

METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives; a fault in the expression is told at its first use."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(partial(re.compile, source, flags)))


class _Uncompiled:
    """An expression that takes over the methods of the compiled one as soon as it is asked for anything."""

    def __init__(self, compiling: Callable[[], re.Pattern[Any]]) -> None:
        self._compiling = compiling

    def __getattr__(self, name: str) -> Any:
        compiled = self._compiling()
        vars(self).update({method: getattr(compiled, method) for method in METHODS})
        return getattr(compiled, name)
