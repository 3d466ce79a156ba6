"""Finds the lines of a block that contain any of many literals, with the fastest engine that is installed.

All engines give the same lines; none of them looks at what the lines mean.
"""

from __future__ import annotations

import importlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.logs.scan.hyperscan_literals import Literals

# Where literals occur in the block, ascending: an offset or more in every line that has one, none elsewhere.
Search = Callable[[bytes | memoryview], Sequence[int]]
# The same, and where literals occur that are only counted.
Split = Callable[[bytes | memoryview], tuple[Sequence[int], Sequence[int]]]

# Fastest first; tests/benchmarks/logs_bench.py measures them.
MODULES = {"hyperscan": "hyperscan", "re2": "re2", "ahocorasick": "ahocorasick_rs", "stdlib": ""}

VARYING = b"0123456789abcdef"
MOST_SHAPES, LONGEST_SHAPE = 50_000, 1_000
# What others hold in them is as short as `ERROR`.
SHORT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A compiled search for a set of literals; `name` is shown in the report.

    `counts` gives, in the same pass, the places of other literals that are only counted; an engine without it counts none.
    """

    name: str
    search: Search
    counts: Split | None = None


def make_engine(literals: Iterable[bytes], name: str = "", counted: Iterable[bytes] = ()) -> Engine:
    """The named engine, or the fastest installed one, for the literals (which hold no newline)."""
    words, others = needed(literals), tuple(sorted(set(counted)))
    if not words or any(b"\n" in word or not word for word in (*words, *others)):
        raise ValueError("literals must be one or more non-empty strings without newlines")
    chosen = name or fastest_installed()
    if chosen not in MODULES:
        raise UsageProblem(f"engine: unknown value {chosen!r}{nearest(chosen, MODULES)}")
    if not is_installed(chosen):
        raise UsageProblem(f"engine {chosen!r} is not installed; choose from: {', '.join(installed())}")
    if not others or chosen not in SPLITTERS:
        return Engine(name=chosen, search=BUILDERS[chosen](words))
    split = SPLITTERS[chosen](words, others)
    return Engine(name=chosen, search=lambda block: split(block)[0], counts=split)


def needed(literals: Iterable[bytes]) -> tuple[bytes, ...]:
    """The literals without those that hold another one in them: a line that has them has that one."""
    words = sorted(set(literals))
    text, starts = b"\n".join(words), [0, *accumulate(len(word) + 1 for word in words)]
    spared = set()
    # All of them at once are searched in a tenth of the time that each of them takes by itself.
    for one in (word for word in words if len(word) <= SHORT):
        at = text.find(one)
        while one and at >= 0:
            word = words[bisect_right(starts, at) - 1]
            if word != one:
                spared.add(word)
            at = text.find(one, at + 1)
    return tuple(word for word in words if word not in spared)


def installed() -> tuple[str, ...]:
    """The engines that can be used here, fastest first."""
    return tuple(name for name in MODULES if is_installed(name))


@cache
def is_installed(name: str) -> bool:
    """Whether it can be loaded: a package whose shared libraries the system lacks is there and of no use."""
    if not MODULES[name]:
        return True
    try:
        importlib.import_module(MODULES[name])
    except ImportError:
        return False
    return True


def fastest_installed() -> str:
    """The engine used when none is named."""
    return next(name for name in MODULES if is_installed(name))


def hyperscan_search(words: tuple[bytes, ...]) -> Search:
    """One pass at more than a gigabyte a second with Intel's automata."""
    split = hyperscan_split(words, ())
    return lambda block: split(block)[0]


def hyperscan_split(words: tuple[bytes, ...], counted: tuple[bytes, ...]) -> Split:
    """The same for literals that are looked for and others that are counted."""
    return Literals(words, counted).split


def re2_search(words: tuple[bytes, ...]) -> Search:
    """One pass with RE2's deterministic automaton."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    pattern: Any = re2.compile(b"|".join(re2.escape(word) for word in words), options)

    def search(block: bytes | memoryview) -> Sequence[int]:
        return [match.start() for match in pattern.finditer(bytes(block))]

    return search


def ahocorasick_search(words: tuple[bytes, ...]) -> Search:
    """One pass with the Rust Aho-Corasick automaton."""
    import ahocorasick_rs

    automaton: Any = ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)

    def search(block: bytes | memoryview) -> Sequence[int]:
        return [start for _word, start, _end in automaton.find_matches_as_indexes(bytes(block))]

    return search


def stdlib_search(words: tuple[bytes, ...]) -> Search:
    """Looks once at each shape of line: a line without its digits and a-f, of which a log has few.

    A line can only hold a word if its shape holds the word's shape, so quiet shapes are remembered and skipped.
    """
    exact = re.compile(b"|".join(map(re.escape, words)))
    possible = re.compile(b"|".join(sorted(re.escape(word.translate(None, VARYING)) for word in words)))
    quiet: set[bytes] = set()

    def search(block: bytes | memoryview) -> Sequence[int]:
        text = bytes(block)
        shapes = text.translate(None, VARYING).split(b"\n")
        unknown = set(shapes) - quiet
        loud = {shape for shape in unknown if possible.search(shape)}
        if len(quiet) < MOST_SHAPES:
            quiet.update(shape for shape in unknown - loud if len(shape) < LONGEST_SHAPE)
        return list(_confirmed(text, shapes, loud, exact)) if loud else []

    return search


def _confirmed(text: bytes, shapes: list[bytes], loud: set[bytes], exact: re.Pattern[bytes]) -> Iterator[int]:
    start = 0
    for shape, line in zip(shapes, text.split(b"\n"), strict=True):
        if shape in loud and (match := exact.search(line)):
            yield start + match.start()
        start += len(line) + 1


BUILDERS: dict[str, Callable[[tuple[bytes, ...]], Search]] = {
    "hyperscan": hyperscan_search,
    "re2": re2_search,
    "ahocorasick": ahocorasick_search,
    "stdlib": stdlib_search,
}
SPLITTERS: dict[str, Callable[[tuple[bytes, ...], tuple[bytes, ...]], Split]] = {"hyperscan": hyperscan_split}
