"""Keeps what `re` made of the expressions of a run, for it is loaded in a fiftieth of the time; one that is not kept is compiled.

The file is named by what compiled, and begins with the digest of the rest. Nothing of it is used but the code of an
expression, which the engine checks before it takes it.
"""

from __future__ import annotations

import atexit
import marshal
import os
import re
import sys
from _blake2 import blake2b  # `hashlib` loads OpenSSL for it, which takes longer than all the rest
from array import array
from importlib import import_module
from typing import Any

from forge_doctor.regex import compile_with

ENDING = ".re"
# What an expression consists of is no promise of Python's: a newer one compiles until somebody has looked at it.
LAST_KNOWN = (3, 14)
# More than one version of the program has; those of older ones are dropped with all others, and made again.
MOST = 1_000

Key = tuple[str | bytes, int]
# The flags, the code, how many groups, their numbers by name, their names by number.
Parts = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]

_engine: Any = import_module("_sre")


class Expressions:
    """Those kept in a file, and those that a run compiled besides."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._kept = _read(place)
        self._new: list[Key] = []

    def compiled(self, source: Any, flags: int) -> re.Pattern[Any]:
        """What `re.compile` gives."""
        key = (source, int(flags))
        parts = self._kept.get(key)
        if parts is not None:
            return assembled(source, parts)
        compiled: re.Pattern[Any] = re.compile(source, flags)
        self._new.append(key)
        return compiled

    def keep(self) -> None:
        """Write down what was compiled; after more than there can be without a change of the program, that alone."""
        if not self._new:
            return
        from pathlib import Path

        from forge_doctor.kept_results.store import replace_kept

        kept = dict(self._kept) if len(self._kept) + len(self._new) <= MOST else {}
        kept.update({key: parts for key in self._new if (parts := taken_apart(*key)) is not None})
        data = marshal.dumps(kept)
        replace_kept(Path(self._place), b"%s\n%s" % (_digest(data), data))


def keep_expressions_in(folder: str | None) -> None:
    """Compile from what is kept there from now on, and keep the rest when the process ends; None for nowhere."""
    compile_with(re.compile)
    known = sys.implementation.name == "cpython" and sys.version_info[:2] <= LAST_KNOWN
    if folder is None or not known or array("I").itemsize != _engine.CODESIZE:
        return
    made_by = blake2b(repr((sys.version, _engine.MAGIC)).encode(), digest_size=16).hexdigest()
    expressions = Expressions(os.path.join(folder, f"{made_by}{ENDING}"))  # noqa: PTH118 - before pathlib is needed
    compile_with(expressions.compiled)
    atexit.register(expressions.keep)


def assembled(source: Any, parts: Parts) -> re.Pattern[Any]:
    """The expression of its parts."""
    flags, code, groups, numbers, names = parts
    pattern: re.Pattern[Any] = _engine.compile(
        source, flags, memoryview(code).cast("I").tolist(), groups, numbers, names
    )
    return pattern


def taken_apart(source: Any, flags: int) -> Parts | None:
    """The parts of an expression; None where they make anything else than `re` does."""
    parser, compiler = import_module("re._parser"), import_module("re._compiler")
    parsed = parser.parse(source, flags)
    numbers: dict[str, int] = dict(parsed.state.groupdict)
    names: list[str | None] = [None] * parsed.state.groups
    for name, number in numbers.items():
        names[number] = name
    code = array("I", compiler._code(parsed, flags)).tobytes()
    parts = (flags | parsed.state.flags, code, parsed.state.groups - 1, numbers, tuple(names))
    # Expressions are equal whose flags and code are.
    return parts if assembled(source, parts) == re.compile(source, flags) else None


def _read(place: str) -> dict[Key, Parts]:
    """Empty where none are kept, or the file was spoiled."""
    try:
        with open(place, "rb") as file:  # noqa: PTH123 - before pathlib is needed
            digest, _, data = file.read().partition(b"\n")
    except (OSError, MemoryError):
        return {}
    kept: dict[Key, Parts] = marshal.loads(data) if digest == _digest(data) else {}  # noqa: S302 - of the user alone, as .pyc
    return kept


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).hexdigest().encode()
