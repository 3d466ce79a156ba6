"""What functions do is summed up alike, whichever of them is asked about first, and each is read once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import permutations
from typing import NamedTuple

import pytest

from forge_doctor.lint.dataflow.function_summaries import Summaries

# A function ends with "+" or "-" of its own, or calls another: the last of them decides, which no order of asking may.
GRAPHS: dict[str, dict[int, tuple[int | str, ...]]] = {
    "one after the other": {0: (1, "+"), 1: ("-", 2), 2: ("+",)},
    "itself": {0: ("+", 0), 1: (0, "-", 1)},
    "a circle": {0: ("+", 1), 1: ("-", 2), 2: (0,)},
    "a circle that never settles": {0: (1, "+", 2), 1: (0, "-"), 2: ("-", 1, 0)},
    "two circles with a function in common": {0: ("+", 1, 3), 1: ("-", 0), 2: (1, "+"), 3: (2, "-", 0)},
    "a circle inside a circle": {0: (1,), 1: ("-", 2), 2: (1, "+", 3), 3: (0,)},
}


class Steps(NamedTuple):
    steps: tuple[int | str, ...]

    @property
    def calls(self) -> list[int]:
        return [one for one in self.steps if isinstance(one, int)]

    def summed_up(self, answer: Callable[[int], str]) -> str:
        done = [one if isinstance(one, str) else answer(one) for one in self.steps]
        return "".join(done)[-3:]


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_the_answer_is_the_same_whichever_is_asked_first(graph: dict[int, tuple[int | str, ...]]) -> None:
    given = set()
    for order in permutations(graph):
        summaries: Summaries[int, str] = Summaries("")
        found = {number: summaries.of(number, lambda one: Steps(graph[one])) for number in order}
        given.add(tuple(sorted(found.items())))
    assert len(given) == 1
    assert all(answer for _, answer in given.pop())


def test_a_circle_is_gone_round() -> None:
    summaries: Summaries[int, str] = Summaries("")
    assert "-" in summaries.of(0, lambda one: Steps({0: ("+", 1), 1: (2,), 2: ("-", 0)}[one]))


@pytest.mark.parametrize("last", [(), (0,)], ids=["chain", "circle"])
def test_long_ways_have_an_end_and_each_function_is_read_once(last: tuple[int, ...]) -> None:
    length = 5_000
    read: list[int] = []

    def steps(number: int) -> Steps:
        read.append(number)
        return Steps((number + 1,) if number + 1 < length else (*last, "+"))

    summaries: Summaries[int, str] = Summaries("")
    summaries.of(length // 2, steps)
    summaries.of(0, steps)
    assert sorted(read) == list(range(length))


def test_answers_that_last_are_known_by_name_when_the_others_are_gone() -> None:
    read: list[int] = []

    def steps(number: int) -> Steps:
        read.append(number)
        return Steps({0: (1, 2), 1: (), 2: ("+",)}[number])

    lasting: dict[Hashable, str] = {}
    for _ in range(2):
        summaries: Summaries[int, str] = Summaries("", lasting, named=str, lasts="".__eq__)
        assert summaries.of(0, steps) == "+"
    assert lasting == {"1": ""}
    assert sorted(read) == [0, 0, 1, 2, 2]
