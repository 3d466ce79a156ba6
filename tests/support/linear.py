"""Whether more input is no more than its share of work: counted where it can be, else by the processor's time.

Calls of the package's functions and characters that its expressions go through are counted, which no busy machine makes
more. What one call into C does (a copy of what is left, a search in a list) nothing counts: the processor's time alone
shows it, so it is asked for eight times the input, of which a square would take sixty-four times as long.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.growth import least
from tests.support.questions import questions
from tests.support.regex_work import characters

MORE, SLACK = 8, 20.0  # so much more input may take so much longer
COUNTED_SLACK = 2.4  # for twice the input
LEAST_S = 0.001  # below a millisecond it is the machine that is measured


def assert_linear(make: Callable[[int], Callable[[], object]]) -> None:
    """`make(2)` gives the work on twice the input of `make(1)`."""
    once, twice, many = make(1), make(2), make(MORE)
    assert questions(twice).total() <= COUNTED_SLACK * questions(once).total() + 100
    assert characters(twice) <= COUNTED_SLACK * characters(once) + 1_000
    assert not takes_more_than_its_share(once, many)


def takes_more_than_its_share(once: Callable[[], object], many: Callable[[], object]) -> bool:
    """Whether work on `MORE` times the input takes more than `SLACK` times the processor's time."""
    return least(many, 2) > SLACK * max(least(once), LEAST_S)
