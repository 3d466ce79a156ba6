"""Inputs on which a regular expression would go back and forth, made from the expression; and whether it does.

An unbounded repeat is where the time goes: what comes before it, what it repeats, and then what it cannot end on. The steps
that Python's engine takes inside of one call are told to nobody, so it is the processor's time that is asked, of this
process alone, for texts of a bounded size; a square of four times the text is sixteen times the time.
"""

from __future__ import annotations

import re
import re._constants as op
import re._parser as parser
import time
from collections.abc import Callable, Iterator
from typing import Any

SIZE = 1 << 13
QUICK_S = 0.01  # at SIZE; what takes the square of it takes a hundred times as long
MORE, SLACK = 4, 8.0  # so much longer a text may take so much longer
_FAILS = "\x00"


def grows(work: Callable[[str], object], pump: Callable[[int], str]) -> bool:
    """Whether the work takes more than its share of time for a text of `MORE` times the size."""

    def spent(size: int, times: int) -> float:
        text = pump(size)
        return least(lambda: work(text), times)

    size = 1 << 9
    while size < SIZE and spent(size, 1) <= QUICK_S:
        size *= 2
    if size == SIZE and spent(size, 3) <= QUICK_S:
        return False
    return spent(MORE * size, 3) > SLACK * spent(size, 3)


def least(work: Callable[[], object], times: int = 3) -> float:
    """The processor's time, the least of some: what else the machine does only adds to it."""
    spent = float("inf")
    for _ in range(times):
        begun = time.process_time()
        work()
        spent = min(spent, time.process_time() - begun)
    return spent


def pumps(pattern: str, flags: int = 0) -> Iterator[tuple[str, str]]:
    """(what comes once, what is repeated) for each unbounded repeat, and each repeated from its beginning."""
    seen = set()
    for head, body in _repeats(parser.parse(pattern, flags), ""):
        for pair in ((head, body), ("", head + body), ("", body), (head, body + head[-1:])):
            if pair[1] and pair not in seen:
                seen.add(pair)
                yield pair


def text_of(pair: tuple[str, str], size: int) -> str:
    """A text of about this size that does not match at its end."""
    head, body = pair
    return head + body * max(1, size // len(body)) + _FAILS


def _repeats(tree: object, head: str) -> Iterator[tuple[str, str]]:
    """Every repeat that may be long, with a text for what stands before it."""
    for code, argument in tree:  # type: ignore[attr-defined]
        if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            _, high, inner = argument
            yield from _repeats(inner, head)
            if high is op.MAXREPEAT or high > 20:
                for one in _samples(inner):
                    yield head, one
        elif code is op.SUBPATTERN:
            yield from _repeats(argument[3], head)
        elif code is op.ATOMIC_GROUP:
            yield from _repeats(argument, head)
        elif code is op.BRANCH:
            for branch in argument[1]:
                yield from _repeats(branch, head)
        elif code in (op.ASSERT, op.ASSERT_NOT) and argument[0] > 0:
            yield from _repeats(argument[1], head)
        head += _sample([(code, argument)])


def _samples(tree: object) -> Iterator[str]:
    """Some texts for what is repeated: the first it allows, a space and a word where it allows those."""
    own = _sample(tree)
    yield own or "a"
    items = list(tree)  # type: ignore[call-overload]
    if len(items) == 1:
        for one in (" ", "a", "-", "."):
            if one != own and _allows(items[0], one):
                yield one


def _allows(item: tuple[object, object], character: str) -> bool:
    code, argument = item
    if code is op.ANY:
        return True
    if code is op.NOT_LITERAL:
        return character != chr(argument)  # type: ignore[call-overload]
    return code is op.IN and _in(argument, character)


def _in(items: object, character: str) -> bool:
    negated, found = False, False
    for code, argument in items:  # type: ignore[attr-defined]
        if code is op.NEGATE:
            negated = True
        elif code is op.LITERAL:
            found |= chr(argument) == character
        elif code is op.RANGE:
            found |= argument[0] <= ord(character) <= argument[1]
        elif code is op.CATEGORY:
            found |= _CATEGORIES[argument](character)
    return found != negated


_CATEGORIES: dict[object, Callable[[str], bool]] = {
    op.CATEGORY_DIGIT: str.isdigit,
    op.CATEGORY_NOT_DIGIT: lambda one: not one.isdigit(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    op.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    op.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}
_CANDIDATES = "aA1 -.:/=,;'\"([{<_@#\t\n)]}>|\\%?&*+~!$^`é"


def _sample(tree: object) -> str:
    """A short text that this part of an expression matches, as far as that can be told."""
    text = ""
    for code, argument in tree:  # type: ignore[attr-defined]
        if code is op.LITERAL:
            text += chr(argument)
        elif code is op.ANY:
            text += "a"
        elif code in (op.IN, op.NOT_LITERAL):
            text += next((one for one in _CANDIDATES if _allows((code, argument), one)), "a")
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            text += _sample(argument[2]) * min(argument[0], 40)
        elif code is op.SUBPATTERN:
            text += _sample(argument[3])
        elif code is op.ATOMIC_GROUP:
            text += _sample(argument)
        elif code is op.BRANCH:
            text += _sample(argument[1][0])
    return text


def searches(pattern: re.Pattern[Any], methods: frozenset[str]) -> Callable[[str], object]:
    """What callers do with it: go through a text to its end, or only look whether one begins so."""
    from_start = [getattr(pattern, name) for name in methods & {"match", "fullmatch"}]
    encode = isinstance(pattern.pattern, bytes)

    def work(text: str) -> None:
        given = text.encode() if encode else text
        for method in from_start:
            method(given)
        if not from_start or methods - {"match", "fullmatch"}:
            for _ in pattern.finditer(given):
                pass

    return work
