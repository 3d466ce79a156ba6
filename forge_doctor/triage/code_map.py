"""Which function of a source tree calls which: values, and questions asked of them; reads nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from forge_doctor.dataclass import dataclass

# A caller further away than that has too many callees to be told by one of them.
FAR = 3
# A name that so many functions have tells of none of them.
COMMON = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the source, `path` from the source root, `name` qualified (`Repository.save`).

    `opens` are the lines where it makes a session, `left_open` those of them that no `with` ends; `yields`: it is a
    generator. `looped` are the last names it calls in a loop, with their lines, `engines` the lines where it
    makes an engine. `calls` are
    the functions it calls or hands on, by path and name where the source tells which, else (path empty)
    by the last name alone.
    """

    path: str
    name: str
    line: int
    end_line: int
    calls: tuple[tuple[str, str], ...] = ()
    opens: tuple[int, ...] = ()
    left_open: tuple[int, ...] = ()
    yields: bool = False
    looped: tuple[tuple[str, int], ...] = ()
    engines: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What names it among all."""
        return self.path, self.name


@dataclass(frozen=True, kw_only=True)
class CodeMap:
    """All functions of a source tree, empty where it was not read; `engine` is the line that makes the application's
    engine at the top of a module, where discovery found it."""

    functions: tuple[Function, ...] = ()
    files: tuple[str, ...] = ()
    engine: tuple[str, int] | None = None

    @cached_property
    def _by_file(self) -> Mapping[str, tuple[Function, ...]]:
        found: defaultdict[str, list[Function]] = defaultdict(list)
        for one in self.functions:
            found[one.path].append(one)
        return {path: tuple(functions) for path, functions in found.items()}

    @cached_property
    def _by_last_name(self) -> Mapping[str, tuple[Function, ...]]:
        found: defaultdict[str, list[Function]] = defaultdict(list)
        for one in self.functions:
            found[last(one.name)].append(one)
        return {name: tuple(functions) for name, functions in found.items()}

    @cached_property
    def _callees(self) -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
        return {one.key: frozenset(self._targets(one.calls)) for one in self.functions}

    def _targets(self, calls: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        for path, name in calls:
            if path:
                yield path, name
                continue
            named = self._by_last_name.get(name, ())
            if len(named) < COMMON:
                yield from (one.key for one in named)

    def with_more(self, other: CodeMap) -> CodeMap:
        """The functions of both."""
        return CodeMap(functions=(*self.functions, *other.functions), files=(*self.files, *other.files))

    def at(self, path: str, line: int) -> Function | None:
        """The innermost function around a line."""
        around = [one for one in self._by_file.get(path, ()) if one.line <= line <= one.end_line]
        return max(around, key=lambda one: (one.line, -one.end_line), default=None)

    @cached_property
    def _callers(self) -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
        found: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for caller, called in self._callees.items():
            for one in called:
                found[one].add(caller)
        return {one: frozenset(callers) for one, callers in found.items()}

    @cached_property
    def _leading(self) -> dict[tuple[str, str], Mapping[tuple[str, str], int]]:
        """Worked out as it is asked for: by function, who leads to it in how many calls."""
        return {}

    def _leading_to(self, function: Function) -> Mapping[tuple[str, str], int]:
        found = self._leading.get(function.key)
        if found is None:
            far, last_step = {function.key: 0}, {function.key}
            for steps in range(1, FAR + 1):
                last_step = {one for each in last_step for one in self._callers.get(each, ())} - far.keys()
                far |= dict.fromkeys(last_step, steps)
            found = self._leading[function.key] = far
        return found

    def distance(self, caller: Function, callee: Function) -> int | None:
        """How many calls lead from one function to the other; None where none do, or more than `FAR`."""
        return self._leading_to(callee).get(caller.key)

    def openers(self, function: Function) -> tuple[Function, ...]:
        """The nearest functions that make a session and lead to this one; it is one itself where it makes its own."""
        found = [
            (far, one) for one in self.functions if one.opens and (far := self.distance(one, function)) is not None
        ]
        nearest = min((far for far, _ in found), default=0)
        return tuple(one for far, one in found if far == nearest)

    def loops(self, function: Function) -> tuple[tuple[Function, int], ...]:
        """Who calls this function in a loop, itself or through one more, with the line of the call; the nearest."""
        for far in (1, 2):
            called = {last(one.name) for one in self.functions if self.distance(one, function) == far - 1}
            found = [
                (one, line)
                for one in self.functions
                for name, line in one.looped
                if name in called and self.distance(one, function) == far
            ]
            if found:
                return tuple(found)
        return ()

    def beside(self, function: Function) -> tuple[Function, ...]:
        """Functions that make a session and are called, at most through one more, by who calls this one."""
        callers = [one for one in self.functions if self.distance(one, function) == 1]
        return tuple(
            dict.fromkeys(
                one
                for caller in callers
                for one in self.functions
                # A dependency that yields the caller's own session is no second one.
                if one.opens
                and not one.yields
                and one.key not in (function.key, caller.key)
                and self.distance(caller, one) in (1, 2)
            )
        )

    def caller_of_both(self, one: Function, other: Function) -> bool:
        """Whether some function calls both of them itself."""
        return bool(self._callers.get(one.key, frozenset()) & self._callers.get(other.key, frozenset()))


def last(name: str) -> str:
    """`save` of `Repository.save`."""
    return name.rpartition(".")[2]
