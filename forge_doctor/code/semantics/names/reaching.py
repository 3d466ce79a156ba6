"""Which bindings of a name may hold where it is read: by blocks and branches alone; follows no value and no loop."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.syntax.nodes import Assign, ComprehensionFor, NamedExpr, Node, WithItem

if TYPE_CHECKING:
    import tree_sitter as ts

LOOPS = frozenset({"for_statement", "while_statement"})
ANYWHERE = 0  # stands for the block of what is always passed: a module's statements, parameters


class OtherBranches(NamedTuple):
    """The text of an `if`, told by its id, from its first branch up to the one a place is in."""

    statement: int
    start: int
    end: int


class Surroundings(NamedTuple):
    """The blocks around a place, by their ids, and the branches of the same `if` that it is not in."""

    blocks: tuple[int, ...]
    other_branches: tuple[OtherBranches, ...]


class Reach(NamedTuple):
    """The bindings from `first` up to before `end` may hold, but for the stretches `without`; `is_behind` says that all
    of them stand behind the place, since none stands before it."""

    first: int
    end: int
    without: tuple[tuple[int, int], ...]
    is_behind: bool = False

    def __contains__(self, index: object) -> bool:
        return (
            isinstance(index, int)
            and self.first <= index < self.end
            and not any(first <= index < end for first, end in self.without)
        )

    @property
    def indexes(self) -> Iterator[int]:
        """Nearest first."""
        end = self.end
        for first, behind in (*self.without, (self.first, self.first)):
            yield from range(end - 1, max(behind, self.first) - 1, -1)
            end = min(end, first)


class Passed:
    """The bindings a walk has come by: it is given each of them once, and passes over those in a row in one step."""

    def __init__(self) -> None:
        self._below: dict[tuple[int, int], int] = {}  # by the bindings' id and index: the next one to look at
        self._kept: list[Bindings] = []  # so that no other gets the id of one of them

    def fresh(self, bindings: Bindings, at: Node) -> Iterator[Binding]:
        """Those that may hold at a place and were not given before, the nearest first."""
        self._kept.append(bindings)
        reach, name = bindings.reach(at), id(bindings)
        end = reach.end
        for first, behind in (*reach.without, (reach.first, reach.first)):
            index = self._unpassed(name, end - 1)
            while index >= max(behind, reach.first):
                self._below[(name, index)] = index - 1
                yield bindings[index]
                index = self._unpassed(name, index - 1)
            end = min(end, first)

    def _unpassed(self, name: int, index: int) -> int:
        """The nearest from an index downwards."""
        start = index
        while (name, index) in self._below:
            index = self._below[(name, index)]
        while start > index:
            self._below[(name, start)], start = index, self._below[(name, start)]
        return index


class Bindings(tuple[Binding, ...]):
    """All bindings of one name in one scope, in order of the text, with an index of their places."""

    @cached_property
    def in_comprehensions(self) -> bool:
        """Whether a comprehension binds the name as well."""
        return any(isinstance(one.node, ComprehensionFor) for one in self)

    @cached_property
    def _starts(self) -> list[int]:
        return [one.start for one in self]

    @cached_property
    def _by_block(self) -> dict[int, list[int]]:
        """The bindings that are always passed where a place is in the same block, by the block's id."""
        found: dict[int, list[int]] = {}
        for index, binding in enumerate(self):
            found.setdefault(_block_of(binding), []).append(index)
        return found

    @cached_property
    def _in_conditions(self) -> list[int]:
        """Those that may be part of an `if` and yet of none of its branches."""
        return [index for index, one in enumerate(self) if isinstance(one.node, NamedExpr)]

    @cached_property
    def _known(self) -> dict[Node, Reach]:
        return {}

    def index_of(self, node: Node, name: Node) -> int | None:
        """Which of them a node makes, or one around the name that is bound."""
        if node in self._by_node:
            return self._by_node[node]
        return next((index for index, one in enumerate(self) if one.node.contains(name)), None)

    @cached_property
    def _by_node(self) -> dict[Node, int]:
        return {one.node: index for index, one in reversed([*enumerate(self)])}

    def reach(self, at: Node) -> Reach:
        """Which of them may hold at a place of the same scope."""
        found = self._known.get(at)
        if found is None:
            found = self._known[at] = self._reach(at)
        return found

    def are_assigned(self, at: Node) -> bool:
        """Whether all that may hold at a place are whole values, given by an assignment."""
        reach = self.reach(at)
        others = self._not_assigned
        places = range(bisect_left(others, reach.first), bisect_left(others, reach.end))
        return not any(others[place] in reach for place in places)

    @cached_property
    def _not_assigned(self) -> list[int]:
        return [
            index
            for index, one in enumerate(self)
            if one.path or not isinstance(one.node, Assign | NamedExpr) or one.node.value is None
        ]

    def reaching(self, at: Node) -> tuple[Binding, ...]:
        """The same as bindings, the nearest first."""
        if len(self) == 1:
            return self
        return tuple(self[index] for index in self.reach(at).indexes)

    def _reach(self, at: Node) -> Reach:
        end = bisect_right(self._starts, at.start)
        # The right side of `x = f(x)` sees the value from before.
        while end and not is_before(self[end - 1], at):
            end -= 1
        if end:
            around = surroundings(at)
            first = max((self._last(block, end, at) for block in around.blocks), default=0)
            without = tuple(self._without(around, first, end))
            if any(True for _ in Reach(first, end, without).indexes):
                return Reach(first, end, without)
        return Reach(0, len(self), (), is_behind=True)

    def _last(self, block: int, end: int, at: Node) -> int:
        """The last of a block before a place; what came before it cannot hold there any more."""
        indexes = self._by_block.get(block, [])
        for place in range(bisect_left(indexes, end) - 1, -1, -1):
            if is_before(self[indexes[place]], at):
                return indexes[place]
        return 0

    def _without(self, around: Surroundings, first: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches in other branches, the last first; what stands in the conditions between them is not one."""
        for one in around.other_branches:
            low, high = max(first, bisect_left(self._starts, one.start)), min(end, bisect_left(self._starts, one.end))
            conditions = self._in_conditions
            for place in range(bisect_left(conditions, high) - 1, bisect_left(conditions, low) - 1, -1):
                if not _is_in_branch(self[conditions[place]].node, one.statement):
                    yield conditions[place] + 1, high
                    high = conditions[place]
            yield low, max(low, high)


def reaching(bindings: Bindings, at: Node) -> tuple[Binding, ...]:
    """Those bindings that may hold where `at` stands in the same scope: the nearest before it, and
    on upwards until one that is always passed; all of them where none stands before."""
    return bindings.reaching(at)


def comes_round(bindings: Bindings, index: int, at: Node) -> bool:
    """Whether one of them may hold where `at` stands by the next turn of a loop around both."""
    loop = _loop_around(bindings[index], at)
    if loop is None:
        return False
    reach = bindings.reach(at)
    if reach.is_behind:
        return not any(loop.start_byte <= one.start and _always_passed(one, at) for one in bindings)
    return not (loop.start_byte <= bindings[reach.first].start and _always_passed(bindings[reach.first], at))


def is_before(binding: Binding, at: Node) -> bool:
    """Whether it is bound where `at` is read: the right side of `x = f(x)` sees the value from before, and so does what
    `with x.begin() as x` enters."""
    return binding.start <= at.start and not (
        isinstance(binding.node, Assign | NamedExpr | WithItem) and binding.node.contains(at)
    )


def surroundings(at: Node) -> Surroundings:
    """Told by one walk up. What another branch binds may come there by the next turn of a loop around the `if`."""
    blocks = [ANYWHERE]
    others: list[OtherBranches] = []
    of_function = 0
    inner, around = at.raw, at.raw.parent
    while around is not None:
        kind = inner.type
        if kind == "block":
            blocks.append(inner.id)
        elif kind in LOOPS:
            del others[of_function:]
        elif kind == "function_definition":
            of_function = len(others)
        if kind in ("elif_clause", "else_clause") and around.type == "if_statement":
            body = around.child_by_field_name("consequence")
            start = around.start_byte if body is None else body.start_byte
            others.append(OtherBranches(around.id, start, inner.start_byte))
        inner, around = around, around.parent
    return Surroundings(tuple(blocks), tuple(others))


def _is_in_branch(node: Node, statement: int) -> bool:
    """Whether a branch of that `if` holds it, not one of its conditions."""
    block = node.raw.parent
    while block is not None:
        around = block.parent
        whole = around.parent if around is not None and around.type == "elif_clause" else around
        if whole is not None and whole.id == statement:
            return block.type == "block"
        block = around
    return True


def _loop_around(binding: Binding, at: Node) -> ts.Node | None:
    """The innermost loop of the function that holds both."""
    around = binding.node.raw.parent
    while around is not None and around.type != "function_definition":
        if around.type in LOOPS and around.start_byte <= at.start < around.end_byte:
            return around
        around = around.parent
    return None


def _block_of(binding: Binding) -> int:
    block = _inside_of(binding)
    while block is not None and block.type not in ("block", "module", "parameters", "lambda_parameters"):
        block = block.parent
    return block.id if block is not None and block.type == "block" else ANYWHERE


def _inside_of(binding: Binding) -> ts.Node | None:
    """What a binding stands in: of a pattern, its own `case`, since no other `case` of the `match` runs then."""
    raw = binding.node.raw
    if raw.type != "case_clause":
        return raw.parent
    return next((one for one in raw.named_children if one.type == "block"), raw.parent)


def _always_passed(binding: Binding, at: Node) -> bool:
    block = _inside_of(binding)
    while block is not None and block.type not in ("block", "module", "parameters", "lambda_parameters"):
        block = block.parent
    if block is None or block.type != "block":
        return True
    return bool(block.start_byte <= at.start < block.end_byte)
