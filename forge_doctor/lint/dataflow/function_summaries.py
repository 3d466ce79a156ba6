"""What functions do, summed up along their calls from the called to the callers: alike, whichever is asked about first.

Knows nothing of what is summed up. Functions that call each other in a circle begin with doing nothing, and are summed
up in rounds, all of a round from the answers of the one before; no answer is kept that rests on one not yet given.
Answers that hold no node can be kept by name when the nodes of the functions are let go of.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
K_co = TypeVar("K_co", bound=Hashable, covariant=True)
A = TypeVar("A")

MOST_ROUNDS = 8  # round a circle: what lies further than that many calls is not seen


class Body(Protocol[K_co, A]):
    """What one function does itself, before it is known what the functions do that it calls."""

    @property
    def calls(self) -> Iterable[K_co]:
        """Whose answers it needs."""

    def summed_up(self, answer: Callable[[K_co], A]) -> A:
        """What it does, those included."""


class Summaries(Generic[K, A]):
    """What was summed up so far; `nothing` is what a function does that does nothing. Answers that `lasts` tells are put
    into `lasting`, which may be kept for longer than the rest, by what `named` gives for the function."""

    def __init__(
        self,
        nothing: A,
        lasting: dict[Hashable, A] | None = None,
        named: Callable[[K], Hashable] = lambda key: key,
        lasts: Callable[[A], bool] = lambda _: True,
    ) -> None:
        self._nothing = nothing
        self._known: dict[K, A] = {}
        self._lasting = {} if lasting is None else lasting
        self._named = named
        self._lasts = lasts

    def of(self, key: K, read: Callable[[K], Body[K, A]]) -> A:
        """The answer for one, and on the way for all it leads to: each is read once."""
        if not self._is_known(key):
            bodies: dict[K, Body[K, A]] = {}
            for circle in self._circles(key, read, bodies):
                found = self._answers({one: bodies.pop(one) for one in circle})
                self._known.update(found)
                self._lasting.update({self._named(one): it for one, it in found.items() if self._lasts(it)})
        return self._known[key]

    def _is_known(self, key: K) -> bool:
        if key in self._known:
            return True
        name = self._named(key)
        if name not in self._lasting:
            return False
        self._known[key] = self._lasting[name]
        return True

    def _answers(self, circle: dict[K, Body[K, A]]) -> dict[K, A]:
        answers = dict.fromkeys(circle, self._nothing)
        for _ in range(MOST_ROUNDS):
            so_far = ChainMap(answers, self._known)
            answers = {key: body.summed_up(so_far.__getitem__) for key, body in circle.items()}
            if answers == so_far.maps[0] or not any(one in circle for body in circle.values() for one in body.calls):
                break
        return answers

    def _circles(self, first: K, read: Callable[[K], Body[K, A]], bodies: dict[K, Body[K, A]]) -> Iterator[list[K]]:
        """All that `first` leads to and is not known, the called before their callers; those in a circle together
        (strongly connected components after Tarjan, without recursion: chains of calls are long)."""
        number: dict[K, int] = {}
        lowest: dict[K, int] = {}
        opened: list[K] = []
        walk: list[tuple[K, Iterator[K]]] = []

        def enter(key: K) -> None:
            number[key] = lowest[key] = len(number)
            opened.append(key)
            bodies[key] = read(key)
            walk.append((key, iter(bodies[key].calls)))

        enter(first)
        while walk:
            key, calls = walk[-1]
            called = next((one for one in calls if not self._is_known(one)), None)
            if called is None:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[key])
                if lowest[key] == number[key]:
                    place = opened.index(key)
                    circle, opened[place:] = opened[place:], []
                    yield circle
            elif called in number:  # not known yet, so it is still open
                lowest[key] = min(lowest[key], number[called])
            else:
                enter(called)
